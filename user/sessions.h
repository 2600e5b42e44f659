/* SPDX-License-Identifier: GPL-2.0-only */
/* The sessions in a stream of records: one for each socket, however many owners hold it. */
#ifndef SSHIDLE_SESSIONS_H
#define SSHIDLE_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "stream.h"

struct session {
	const struct record_session *record; /* of the first owner, borrowed from the stream */
	uint32_t first;			     /* where its owners start in sessions.by_cookie */
	uint32_t n_owners;
};

struct sessions {
	struct stream stream;			 /* owned */
	const struct record_session **by_cookie; /* owned; its session records, by cookie */
	size_t n_records;			 /* of these */
	struct session *list;			 /* owned */
	size_t n;
};

/*
 * Merges the stream's records by cookie. Takes the stream over, leaving *stream empty.
 * 0 or -ENOMEM (then the stream stays the caller's). Release with sessions_free().
 */
int sessions_merge(struct stream *stream, struct sessions *ret);
void sessions_free(struct sessions *sessions);

/* Keeps the sessions for which keep() is true, in their order. */
void sessions_filter(struct sessions *sessions,
		     bool (*keep)(const struct session *session, const void *data),
		     const void *data);

/* The first record of the socket with that cookie, NULL: none. */
const struct record_session *sessions_find(const struct sessions *sessions, uint64_t cookie);

/* Owner i of a session, 0..n_owners-1. */
const struct record_session *session_owner(const struct sessions *sessions,
					   const struct session *session, uint32_t i);

#endif
