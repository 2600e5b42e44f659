// SPDX-License-Identifier: GPL-2.0-only
/* Reads a stream of records: from a pinned iterator or from a copy of one. */
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"

#define BLOCK_ROOM (BLOCK_RECORDS * sizeof(union record)) /* what a block is filled with */

#define ADDRESS_LENGTH 128
#define PID_NAMESPACE_FIRST 0xEFFFFFFCU /* PROC_PID_INIT_INO */

static void cleanup_stream(struct stream *stream)
{
	stream_free(stream);
}

/* The first block is mostly empty: a huge page would be more than the rest of the program. */
static int add_block(struct stream *stream)
{
	union record **blocks =
		reallocarray(stream->blocks, stream->n_blocks + 1, sizeof(*stream->blocks));
	union record *block;

	if (!blocks)
		return -ENOMEM;
	stream->blocks = blocks;
	block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
	if (!block)
		return -ENOMEM;
	if (stream->n_blocks)
		madvise(block, BLOCK_BYTES, MADV_HUGEPAGE); /* where there are any */
	stream->blocks[stream->n_blocks++] = block;
	return 0;
}

/* Reads behind the bytes that are there. How many came, 0 at the end, or -errno. */
static ssize_t read_more(int fd, struct stream *stream, size_t bytes)
{
	size_t used = bytes % BLOCK_ROOM;
	ssize_t got;

	if (bytes == stream->n_blocks * BLOCK_ROOM) {
		int err = add_block(stream);

		if (err)
			return err;
	}
	got = read(fd, (char *)stream->blocks[stream->n_blocks - 1] + used, BLOCK_ROOM - used);
	return got < 0 ? -errno : got;
}

static bool ends_there(const struct stream *stream, size_t bytes)
{
	size_t n = bytes / sizeof(union record);

	return n && bytes % sizeof(union record) == 0 &&
	       stream_record(stream, n - 1)->head.kind == RECORD_END;
}

/* EAGAIN: the iterator skipped a million files without a record (MAX_ITER_OBJECTS), go on. */
static int read_all(int fd, bool is_view, struct stream *stream, size_t *ret_bytes)
{
	size_t bytes = 0;
	ssize_t got;

	for (;;) {
		got = read_more(fd, stream, bytes);
		if (got == -EAGAIN || got == -EINTR)
			continue;
		if (got < 0)
			return got;
		if (got == 0)
			break;
		bytes += got;
		if (bytes >= sizeof(struct record_head) &&
		    stream_record(stream, 0)->head.magic != RECORD_MAGIC)
			return -EBADMSG; /* whatever it is, it need not be read to its end */
		if (is_view && ends_there(stream, bytes))
			break;
	}
	*ret_bytes = bytes;
	return 0;
}

static bool start_is_sound(const struct record_start *start)
{
	for (int i = 0; i < COUNTERS; i++)
		if (start->counters[i] > INT64_MAX)
			return false;
	return start->n_ports <= WATCHED_PORTS_MAX && start->now_ns <= INT64_MAX &&
	       start->prefix4 <= ADDRESS_LENGTH && start->prefix6 <= ADDRESS_LENGTH &&
	       memchr(start->host, 0, sizeof(start->host)) &&
	       memchr(start->kernel, 0, sizeof(start->kernel));
}

static bool session_is_sound(const struct record_session *session)
{
	const struct flow_history *history = &session->history;

	return (session->family == 4 || session->family == 6) &&
	       memchr(session->comm, 0, sizeof(session->comm)) && session->now_ns <= INT64_MAX &&
	       session->bytes_received <= INT64_MAX && session->bytes_sent <= INT64_MAX &&
	       history->burst_count <= BURSTS_MAX && history->burst_next < BURSTS_MAX;
}

static bool death_is_sound(const struct death *death)
{
	return (death->family == 4 || death->family == 6) && death->cause < END_CAUSES &&
	       death->speaker <= SPEAKER_US && death->number <= INT64_MAX &&
	       death->closed_ns <= INT64_MAX && death->opened_ns <= death->closed_ns;
}

static bool path_is_sound(const struct record_path *path)
{
	for (int i = 0; i < PATH_FATALS; i++)
		if (path->lesson.fatals[i].expiry >= EXPIRIES)
			return false;
	return path->key.length <= ADDRESS_LENGTH;
}

static bool record_is_sound(const union record *record)
{
	const struct record_head *head = &record->head;

	if (head->magic != RECORD_MAGIC || head->abi != RECORD_ABI ||
	    head->size != sizeof(union record))
		return false;
	switch (head->kind) {
	case RECORD_START:
		return start_is_sound(&record->start);
	case RECORD_SESSION:
		return session_is_sound(&record->session);
	case RECORD_DEATH:
		return death_is_sound(&record->death.death);
	case RECORD_PATH:
		return path_is_sound(&record->path);
	case RECORD_END:
		return true;
	default:
		return false;
	}
}

static int check(const struct stream *stream, size_t bytes, unsigned int *ret_abi)
{
	const struct record_head *head = &stream_record(stream, 0)->head;

	if (bytes < sizeof(*head) || head->magic != RECORD_MAGIC)
		return -EBADMSG;
	if (head->abi != RECORD_ABI) {
		*ret_abi = head->abi;
		return -EPROTO;
	}
	if (bytes % sizeof(union record) || head->kind != RECORD_START)
		return -EBADMSG;
	for (size_t i = 0; i < stream->n; i++)
		if (!record_is_sound(stream_record(stream, i)))
			return -EBADMSG;
	return 0;
}

static int read_stream(int fd, bool is_view, struct stream *ret, unsigned int *ret_abi)
{
	CLEANUP(cleanup_stream) struct stream stream = {};
	size_t bytes;
	int err;

	err = read_all(fd, is_view, &stream, &bytes);
	if (err)
		return err;
	stream.n = bytes / sizeof(union record);
	err = check(&stream, bytes, ret_abi);
	if (err)
		return err;
	*ret = stream;
	stream = (struct stream){};
	return 0;
}

int stream_read(int fd, struct stream *ret, unsigned int *ret_abi)
{
	return read_stream(fd, false, ret, ret_abi);
}

int stream_read_view(int fd, struct stream *ret, unsigned int *ret_abi)
{
	return read_stream(fd, true, ret, ret_abi);
}

void stream_free(struct stream *stream)
{
	for (size_t i = 0; i < stream->n_blocks; i++)
		free(stream->blocks[i]);
	free(stream->blocks);
	*stream = (struct stream){};
}

size_t stream_count(const struct stream *stream, enum record_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < stream->n; i++)
		count += stream_record(stream, i)->head.kind == kind;
	return count;
}

bool stream_lacks(const struct stream *stream, enum record_kind kind)
{
	static const enum record_kind kinds[] = {RECORD_SESSION, RECORD_DEATH, RECORD_PATH};
	size_t others = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		others += kinds[i] != kind && stream_count(stream, kinds[i]);
	return !stream_count(stream, kind) && stream_count(stream, RECORD_START) <= others;
}

const struct record_start *stream_start(const struct stream *stream)
{
	return &stream_record(stream, 0)->start;
}

bool stream_has_own_pids(const struct record_start *start)
{
	return start->pid_namespace == PID_NAMESPACE_FIRST;
}

bool stream_is_from_outside(const struct record_start *start)
{
	return !stream_has_own_pids(start) && start->loader_pid_namespace != start->pid_namespace;
}
