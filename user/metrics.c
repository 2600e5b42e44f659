// SPDX-License-Identifier: GPL-2.0-only
/* What metrics tells of the sessions and paths of a report. Pure. */
#include "metrics.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96 /* in front of an IPv4 address */

const uint32_t metrics_bounds_s[METRICS_BUCKETS] = {10,	 30,  60,   120,  240,	300,   350,
						    600, 900, 1800, 3600, 7440, 86400, 432000};

static size_t find_bucket(double seconds)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && seconds > metrics_bounds_s[i])
		i++;
	return i;
}

static void add_session(const struct row *row, size_t index, struct metrics *metrics)
{
	double wire_s = ns_to_seconds(row->facts.idle.wire);

	survey_add(&metrics->survey, &row->facts, &row->verdict, index);
	metrics->counts[row->facts.role][row->verdict.kind]++;
	metrics->keepalives_set += (row->record->flags & SESSION_CHANGED) != 0;
	metrics->tracked += (row->record->flags & SESSION_HISTORY) != 0;
	if (row->facts.idle.wire == UNKNOWN_NS)
		return;
	metrics->wire_idle[find_bucket(wire_s)]++;
	metrics->wire_idle_sum_s += wire_s;
}

/* The prefixes are those that the recorder tells paths apart by; without one, the policy's. */
static struct prefix prefix_of(const struct report *report, const uint8_t peer[16])
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	bool ipv4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)peer);
	struct prefix prefix;

	if (start->attached_ns)
		prefix.len = ipv4 ? start->prefix4 : start->prefix6;
	else
		prefix.len = ipv4 ? MAPPED_BITS + report->policy->prefix4 : report->policy->prefix6;
	memcpy(prefix.addr, peer, sizeof(prefix.addr));
	prefix_mask(prefix.addr, prefix.len);
	return prefix;
}

static struct path_metrics of_session(const struct report *report, const struct row *row)
{
	struct path_metrics path = {.prefix = prefix_of(report, row->record->peer_addr),
				    .timeout_ns = row->path.timeout_ns,
				    .source = row->path.source,
				    .sessions = 1};

	path.counts[row->verdict.kind] = 1;
	return path;
}

static struct path_metrics of_lesson(const struct report *report, const struct taught_path *taught)
{
	struct path path = policy_path(report->policy, taught->prefix.addr, 0, &taught->learned);
	struct path_metrics metrics = {.prefix = taught->prefix,
				       .timeout_ns = path.timeout_ns,
				       .source = path.source,
				       .cut = taught->lesson.cut,
				       .began_s = taught->lesson.began_s};

	for (int cause = 0; cause < END_CAUSES; cause++)
		metrics.ended[cause] = taught->lesson.ended[cause];
	return metrics;
}

static int by_prefix(const void *a, const void *b)
{
	const struct path_metrics *left = a, *right = b;

	return prefix_compare(&left->prefix, &right->prefix);
}

static int more(size_t a, size_t b)
{
	return a > b ? -1 : a < b;
}

static int by_cuts(const void *a, const void *b)
{
	const struct path_metrics *left = a, *right = b;
	int order = more(left->cut, right->cut) ?: more(left->sessions, right->sessions);

	return order ?: by_prefix(a, b);
}

static int by_sessions(const void *a, const void *b)
{
	const struct path_metrics *left = a, *right = b;

	return more(left->sessions, right->sessions) ?: by_cuts(a, b);
}

/* That of sessions, the shortest: a rule may hold for a part of the prefix, where there is none. */
static bool has_its_timeout(const struct path_metrics *path, const struct path_metrics *other)
{
	if (!path->sessions != !other->sessions)
		return other->sessions;
	return other->timeout_ns < path->timeout_ns;
}

static void merge_into(struct path_metrics *path, const struct path_metrics *other)
{
	if (has_its_timeout(path, other)) {
		path->timeout_ns = other->timeout_ns;
		path->source = other->source;
	}
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		path->counts[kind] += other->counts[kind];
	for (int cause = 0; cause < END_CAUSES; cause++)
		path->ended[cause] += other->ended[cause];
	path->sessions += other->sessions;
	path->cut += other->cut;
	if (!path->began_s) /* at most one of them is a lesson */
		path->began_s = other->began_s;
}

/* Sorts, and makes one of all that have a prefix in common; gives how many are left. */
static size_t merge(struct path_metrics *paths, size_t n)
{
	size_t merged = 0;

	qsort(paths, n, sizeof(*paths), by_prefix);
	for (size_t i = 0; i < n; i++) {
		if (merged && !by_prefix(&paths[merged - 1], &paths[i]))
			merge_into(&paths[merged - 1], &paths[i]);
		else
			paths[merged++] = paths[i];
	}
	return merged;
}

/* Half are those with cuts: what cut its last sessions is not to vanish before anybody saw it. */
static void leave_out(struct metrics *metrics)
{
	const size_t cuts = METRICS_PATHS_MAX / 2;

	if (metrics->n_paths <= METRICS_PATHS_MAX)
		return;
	qsort(metrics->paths, metrics->n_paths, sizeof(*metrics->paths), by_cuts);
	qsort(&metrics->paths[cuts], metrics->n_paths - cuts, sizeof(*metrics->paths), by_sessions);
	metrics->paths_left_out = metrics->n_paths - METRICS_PATHS_MAX;
	metrics->n_paths = METRICS_PATHS_MAX;
	qsort(metrics->paths, metrics->n_paths, sizeof(*metrics->paths), by_prefix);
}

static size_t count_taught(const struct paths *paths)
{
	size_t n = 0;

	while (paths_at(paths, n))
		n++;
	return n;
}

int metrics_make(const struct report *report, struct metrics *ret)
{
	size_t n_sessions = report->sessions.n, n_taught = count_taught(report->paths);
	struct metrics metrics = {};
	struct row row;

	survey_init(&metrics.survey);
	metrics.paths = calloc(n_sessions + n_taught + 1, sizeof(*metrics.paths));
	if (!metrics.paths)
		return -ENOMEM;
	for (size_t i = 0; i < n_sessions; i++) {
		report_row(report, i, &row);
		add_session(&row, i, &metrics);
		metrics.paths[i] = of_session(report, &row);
	}
	for (size_t i = 0; i < n_taught; i++)
		metrics.paths[n_sessions + i] = of_lesson(report, paths_at(report->paths, i));
	metrics.n_paths = merge(metrics.paths, n_sessions + n_taught);
	leave_out(&metrics);
	*ret = metrics;
	return 0;
}

void metrics_free(struct metrics *metrics)
{
	free(metrics->paths);
	*metrics = (struct metrics){};
}
