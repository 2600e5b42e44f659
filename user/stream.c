// SPDX-License-Identifier: GPL-2.0-only
/* Reads a stream of records: from a pinned iterator or from a copy of one. */
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

/* The kernel hands out at most 32 KiB a read (bpf_seq_read()); a copy on disk any amount. */
#define FIRST_CAPACITY 1024
#define READ_AT_LEAST 256

#define ADDRESS_LENGTH 128

static int grow(union record **records, size_t *capacity)
{
	size_t wider = *capacity ? *capacity * 2 : FIRST_CAPACITY;
	union record *moved = reallocarray(*records, wider, sizeof(*moved));

	if (!moved)
		return -ENOMEM;
	*records = moved;
	*capacity = wider;
	return 0;
}

static bool ends_there(const union record *records, size_t bytes)
{
	size_t n = bytes / sizeof(*records);

	return n && bytes % sizeof(*records) == 0 && records[n - 1].head.kind == RECORD_END;
}

/* EAGAIN: the iterator skipped a million files without a record (MAX_ITER_OBJECTS), go on. */
static int read_all(int fd, bool is_view, union record **ret_records, size_t *ret_bytes)
{
	CLEANUP_FREE union record *records = NULL;
	size_t capacity = 0, bytes = 0;
	ssize_t got;

	for (;;) {
		if (capacity - bytes / sizeof(*records) < READ_AT_LEAST) {
			int err = grow(&records, &capacity);

			if (err)
				return err;
		}
		got = read(fd, (char *)records + bytes, capacity * sizeof(*records) - bytes);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		bytes += got;
		if (bytes >= sizeof(struct record_head) && records->head.magic != RECORD_MAGIC)
			return -EBADMSG; /* whatever it is, it need not be read to its end */
		if (is_view && ends_there(records, bytes))
			break;
	}
	*ret_records = records;
	*ret_bytes = bytes;
	records = NULL;
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
		if (path->lesson.fatals[i].cause >= END_CAUSES ||
		    path->lesson.fatals[i].speaker > SPEAKER_US)
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

static int check(const union record *records, size_t bytes, unsigned int *ret_abi)
{
	const struct record_head *head = &records->head;
	size_t n = bytes / sizeof(*records);

	if (bytes < sizeof(*head) || head->magic != RECORD_MAGIC)
		return -EBADMSG;
	if (head->abi != RECORD_ABI) {
		*ret_abi = head->abi;
		return -EPROTO;
	}
	if (bytes % sizeof(*records) || head->kind != RECORD_START)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++)
		if (!record_is_sound(&records[i]))
			return -EBADMSG;
	return 0;
}

static int read_stream(int fd, bool is_view, struct stream *ret, unsigned int *ret_abi)
{
	CLEANUP_FREE union record *records = NULL;
	size_t bytes = 0;
	int err;

	err = read_all(fd, is_view, &records, &bytes);
	if (err)
		return err;
	err = check(records, bytes, ret_abi);
	if (err)
		return err;
	ret->records = records;
	ret->n = bytes / sizeof(*records);
	records = NULL;
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
	free(stream->records);
	*stream = (struct stream){};
}

const struct record_start *stream_start(const struct stream *stream)
{
	return &stream->records[0].start;
}
