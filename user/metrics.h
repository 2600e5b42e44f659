/* SPDX-License-Identifier: GPL-2.0-only */
/* What metrics tells of the sessions and paths of a report. Pure. */
#ifndef SSHIDLE_METRICS_H
#define SSHIDLE_METRICS_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"
#include "report.h"

#define ROLES 2 /* enum role */

/*
 * Upper bounds of wire idle in seconds: the time-outs that most boxes have (path-timeouts.tsv), so
 * that each bucket tells how many sessions a box of its bound would have forgotten.
 */
#define METRICS_BUCKETS 14
extern const uint32_t metrics_bounds_s[METRICS_BUCKETS];

/* More paths than this are no metric but a table; half of them are those with the most cuts. */
#define METRICS_PATHS_MAX 100

/* What all peers of one prefix have in common. */
struct path_metrics {
	struct prefix prefix;
	uint64_t timeout_ns; /* the shortest of its sessions' */
	enum path_source source;
	size_t counts[VERDICT_KINDS]; /* live sessions */
	size_t sessions;
	uint64_t cut;		    /* after a silence, as the recorder counted */
	uint64_t ended[END_CAUSES]; /* sessions, as it counted */
	uint64_t began_s; /* CLOCK_REALTIME, from when on it counted; 0: it has not begun */
};

struct metrics {
	struct survey survey;
	size_t counts[ROLES][VERDICT_KINDS];
	uint64_t
		wire_idle[METRICS_BUCKETS + 1]; /* sessions above the bound before, up to its own */
	double wire_idle_sum_s;
	size_t keepalives_set;
	size_t tracked;		    /* sessions with a history of the recorder's */
	struct path_metrics *paths; /* owned; in the order of their prefixes */
	size_t n_paths;
	size_t paths_left_out;
};

/* 0 or -ENOMEM. Release with metrics_free(). */
int metrics_make(const struct report *report, struct metrics *ret);
void metrics_free(struct metrics *metrics);

#endif
