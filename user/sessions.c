// SPDX-License-Identifier: GPL-2.0-only
/* The sessions in a stream of records: one for each socket, however many owners hold it. */
#include "sessions.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"

static int compare(const void *a, const void *b)
{
	const struct record_session *left = *(const struct record_session *const *)a;
	const struct record_session *right = *(const struct record_session *const *)b;

	if (left->cookie != right->cookie)
		return left->cookie < right->cookie ? -1 : 1;
	if (left->owner_pid != right->owner_pid)
		return left->owner_pid < right->owner_pid ? -1 : 1;
	if (left->owner_fd != right->owner_fd)
		return left->owner_fd < right->owner_fd ? -1 : 1;
	return 0;
}

static size_t group(const struct record_session **by_cookie, size_t n_records, struct session *list)
{
	size_t n = 0;

	for (size_t i = 0; i < n_records; i++) {
		if (!n || list[n - 1].record->cookie != by_cookie[i]->cookie)
			list[n++] = (struct session){.record = by_cookie[i], .first = i};
		list[n - 1].n_owners++;
	}
	return n;
}

int sessions_merge(struct stream *stream, struct sessions *ret)
{
	size_t n_records = 0;
	CLEANUP_FREE const struct record_session **by_cookie = NULL;
	CLEANUP_FREE struct session *list = NULL;

	by_cookie = calloc(stream->n, sizeof(*by_cookie));
	list = calloc(stream->n, sizeof(*list));
	if (!by_cookie || !list)
		return -ENOMEM;
	for (size_t i = 0; i < stream->n; i++)
		if (stream_record(stream, i)->head.kind == RECORD_SESSION)
			by_cookie[n_records++] = &stream_record(stream, i)->session;
	qsort(by_cookie, n_records, sizeof(*by_cookie), compare);
	ret->n_records = n_records;
	ret->n = group(by_cookie, n_records, list);
	ret->stream = *stream;
	ret->by_cookie = by_cookie;
	ret->list = list;
	*stream = (struct stream){};
	by_cookie = NULL;
	list = NULL;
	return 0;
}

void sessions_free(struct sessions *sessions)
{
	stream_free(&sessions->stream);
	free(sessions->by_cookie);
	free(sessions->list);
	*sessions = (struct sessions){};
}

void sessions_filter(struct sessions *sessions,
		     bool (*keep)(const struct session *session, const void *data),
		     const void *data)
{
	size_t n = 0;

	for (size_t i = 0; i < sessions->n; i++)
		if (keep(&sessions->list[i], data))
			sessions->list[n++] = sessions->list[i];
	sessions->n = n;
}

const struct record_session *sessions_find(const struct sessions *sessions, uint64_t cookie)
{
	size_t low = 0, high = sessions->n_records;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sessions->by_cookie[middle]->cookie < cookie)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == sessions->n_records || sessions->by_cookie[low]->cookie != cookie)
		return NULL;
	return sessions->by_cookie[low];
}

const struct record_session *session_owner(const struct sessions *sessions,
					   const struct session *session, uint32_t i)
{
	return sessions->by_cookie[session->first + i];
}
