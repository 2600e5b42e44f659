// SPDX-License-Identifier: GPL-2.0-only
/* The obituaries of flows: read, put into order, chosen. */
#include "deaths.h"

#include <errno.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const struct death *left = *(const struct death *const *)a;
	const struct death *right = *(const struct death *const *)b;

	return left->number < right->number ? 1 : left->number > right->number ? -1 : 0;
}

/* A slot that was written over while it was read holds parts of two deaths. */
static bool is_whole(const union record *record)
{
	return record->head.kind == RECORD_DEATH && record->death.death.number &&
	       record->death.death.number == record->death.number_after;
}

int deaths_make(const struct stream *stream, struct deaths *ret)
{
	uint64_t total = stream_start(stream)->counters[COUNTER_DEATHS];
	const struct death **list = calloc(stream->n, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < stream->n; i++)
		if (is_whole(stream_record(stream, i)))
			list[n++] = &stream_record(stream, i)->death.death;
	qsort(list, n, sizeof(*list), compare);
	*ret = (struct deaths){.list = list, .n = n, .missed = total > n ? total - n : 0};
	return 0;
}

void deaths_free(struct deaths *deaths)
{
	free(deaths->list);
	*deaths = (struct deaths){};
}

void deaths_filter(struct deaths *deaths, uint64_t closed_ns, bool cuts)
{
	size_t n = 0;

	for (size_t i = 0; i < deaths->n; i++) {
		const struct death *death = deaths->list[i];

		if (death->closed_ns >= closed_ns && (!cuts || cause_is_cut(death->cause)))
			deaths->list[n++] = death;
	}
	deaths->n = n;
}

bool cause_is_cut(enum end_cause cause)
{
	return cause >= END_FIRST_CUT;
}

bool cause_is_orderly(enum end_cause cause)
{
	return cause == END_FIN_US || cause == END_FIN_PEER;
}

const char *cause_name(enum end_cause cause)
{
	static const char *const names[END_CAUSES] = {
		[END_FIN_US] = "fin-us",
		[END_FIN_PEER] = "fin-peer",
		[END_RESET_SENT] = "rst-sent",
		[END_RESET_RECEIVED] = "rst-received",
		[END_KEEPALIVE_TIMEOUT] = "keepalive-timeout",
		[END_RETRANSMISSION_TIMEOUT] = "retransmission-timeout",
		[END_UNREACHABLE] = "unreachable",
	};

	return names[cause];
}
