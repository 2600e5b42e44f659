/* SPDX-License-Identifier: GPL-2.0-only */
/* What a check measures, and what comes of it. Pure. */
#ifndef SSHIDLE_CHECK_H
#define SSHIDLE_CHECK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge.h"
#include "options.h"
#include "range.h"

/* In the order of the performance data. */
enum measure {
	MEASURE_SESSIONS,
	MEASURE_NEEDY,	 /* sessions that need a person: at-risk, overdue, dead */
	MEASURE_AT_RISK, /* sessions of that verdict */
	MEASURE_OVERDUE,
	MEASURE_DEAD,
	MEASURE_CUT_IN,	   /* seconds: the least of all sessions, 0 while one is overdue */
	MEASURE_USER_IDLE, /* seconds: the longest of all sessions */
	MEASURES,
};

/* The sessions that a status line may name. */
enum subject {
	SUBJECT_AT_RISK,   /* the soonest of the at-risk that will be cut */
	SUBJECT_NEXT_CUT,  /* the soonest of all that will be cut */
	SUBJECT_OVERDUE,   /* the longest silent of the overdue */
	SUBJECT_DEAD,	   /* the longest unanswered of the dead */
	SUBJECT_USER_IDLE, /* the longest without its user */
	SUBJECTS,
	SUBJECT_NONE = SUBJECTS,
};

struct extreme {
	int64_t ns; /* UNKNOWN_NS: there is no such session, or its time is unknown */
	size_t index;
};

/* What one pass over the sessions gathers. */
struct survey {
	size_t counts[VERDICT_KINDS];
	size_t needy;
	size_t total;
	bool contained; /* only what a container sees; set by the caller */
	struct extreme extremes[SUBJECTS];
};

/* The ranges of one measure. */
struct threshold {
	bool has_warning, has_critical;
	struct range warning, critical;
};

struct thresholds {
	struct threshold of[MEASURES];
};

void survey_init(struct survey *survey);

/* Adds one judged session; index is what extremes name it by. */
void survey_add(struct survey *survey, const struct facts *facts, const struct verdict *verdict,
		size_t index);

/* In the unit of the measure; NAN: unknown. */
double survey_measure(const struct survey *survey, enum measure measure);

/*
 * Any session that needs a person is a warning, unless own_warning says that the caller has a
 * range for their number instead; any that is overdue or dead is critical, unless own_critical.
 */
void thresholds_init(struct thresholds *thresholds, bool own_warning, bool own_critical);

/*
 * OUTCOME_CRITICAL or OUTCOME_WARNING if a measure raises it, else OUTCOME_DONE. *ret_subject: the
 * session that tells most about it.
 */
enum outcome check_judge(const struct survey *survey, const struct thresholds *thresholds,
			 enum subject *ret_subject);

/* Whether a person should look at this session, by its verdict or by its own part of a measure. */
bool check_concerns(const struct thresholds *thresholds, const struct facts *facts,
		    const struct verdict *verdict);

#endif
