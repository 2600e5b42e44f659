/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a stream of records: from a pinned iterator, from a copy of one, or of several. */
#ifndef SSHIDLE_STREAM_H
#define SSHIDLE_STREAM_H

#include <linux/types.h>
#include <stddef.h>

#include "../bpf/record.h"

struct stream {
	union record *records; /* owned; the first is a RECORD_START, the rest of any kind */
	size_t n;	       /* at least 1 */
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

/* The start record of a stream that was read. */
const struct record_start *stream_start(const struct stream *stream);

#endif
