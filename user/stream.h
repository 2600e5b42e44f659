/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a stream of records: from a pinned iterator, from a copy of one, or of several. */
#ifndef SSHIDLE_STREAM_H
#define SSHIDLE_STREAM_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "../bpf/record.h"

/*
 * Records are kept in blocks of the size of a huge page, so that a million of them are neither
 * moved while they are read nor faulted in by 4 KiB each.
 */
#ifndef BLOCK_BYTES /* tests have small ones, to meet their ends */
#define BLOCK_BYTES ((size_t)2 << 20)
#endif
#define BLOCK_RECORDS (BLOCK_BYTES / sizeof(union record))

struct stream {
	union record **blocks; /* owned, as is each; all but the last hold BLOCK_RECORDS */
	size_t n_blocks;
	size_t n; /* records, at least 1; the first is a RECORD_START, the rest of any kind */
};

/*
 * Reads fd to its end. 0 or -errno: -EPROTO records of another version (its number goes to
 * *ret_abi), -EBADMSG not records at all, or cut short. *ret is untouched on failure; on success
 * stream_free() releases it. Every record returned has passed the checks of its head, and its
 * strings end.
 */
int stream_read(int fd, struct stream *ret, unsigned int *ret_abi);

/* As stream_read(), from one of the recorder's views: a RECORD_END is the end. */
int stream_read_view(int fd, struct stream *ret, unsigned int *ret_abi);
void stream_free(struct stream *stream);

/* Record i of a stream that was read, 0..n-1. */
static inline union record *stream_record(const struct stream *stream, size_t i)
{
	return &stream->blocks[i / BLOCK_RECORDS][i % BLOCK_RECORDS];
}

/* How many of them are of that kind. */
size_t stream_count(const struct stream *stream, enum record_kind kind);

/*
 * Whether no view with records of that kind is among those that the stream is of: each of its
 * starts is that of another. Of a view without records that cannot be told, and is taken for there.
 */
bool stream_lacks(const struct stream *stream, enum record_kind kind);

/* The first of them. */
const struct record_start *stream_start(const struct stream *stream);

/* Whether a container reads what was attached outside of it, of which it sees its own part. */
bool stream_is_from_outside(const struct record_start *start);

/* Whether the pids of the records, which are the host's, are those that the reader knows. */
bool stream_has_own_pids(const struct record_start *start);

#endif
