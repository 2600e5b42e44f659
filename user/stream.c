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

/* EAGAIN: the iterator skipped a million files without a record (MAX_ITER_OBJECTS), go on. */
static int read_all(int fd, union record **ret_records, size_t *ret_bytes)
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
	}
	*ret_records = records;
	*ret_bytes = bytes;
	records = NULL;
	return 0;
}

static bool head_is(const struct record_head *head, enum record_kind kind)
{
	return head->magic == RECORD_MAGIC && head->abi == RECORD_ABI &&
	       head->size == sizeof(union record) && head->kind == kind;
}

static bool start_is_sound(const struct record_start *start)
{
	return head_is(&start->head, RECORD_START) && start->n_ports <= WATCHED_PORTS_MAX &&
	       start->now_ns <= INT64_MAX && start->lost <= INT64_MAX &&
	       memchr(start->host, 0, sizeof(start->host)) &&
	       memchr(start->kernel, 0, sizeof(start->kernel));
}

static bool session_is_sound(const struct record_session *session)
{
	const struct flow_history *history = &session->history;

	return head_is(&session->head, RECORD_SESSION) &&
	       (session->family == 4 || session->family == 6) &&
	       memchr(session->comm, 0, sizeof(session->comm)) && session->now_ns <= INT64_MAX &&
	       session->bytes_received <= INT64_MAX && session->bytes_sent <= INT64_MAX &&
	       history->burst_count <= BURSTS_MAX && history->burst_next < BURSTS_MAX;
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
	if (bytes % sizeof(*records) || !start_is_sound(&records->start))
		return -EBADMSG;
	for (size_t i = 1; i < n; i++)
		if (!session_is_sound(&records[i].session))
			return -EBADMSG;
	return 0;
}

int stream_read(int fd, struct stream *ret, unsigned int *ret_abi)
{
	CLEANUP_FREE union record *records = NULL;
	size_t bytes = 0;
	int err;

	err = read_all(fd, &records, &bytes);
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

void stream_free(struct stream *stream)
{
	free(stream->records);
	*stream = (struct stream){};
}

const struct record_start *stream_start(const struct stream *stream)
{
	return &stream->records[0].start;
}
