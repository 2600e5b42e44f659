// SPDX-License-Identifier: GPL-2.0-only
/* What a check measures, and what comes of it. Pure. */
#include "check.h"

#include <math.h>

void survey_init(struct survey *survey)
{
	*survey = (struct survey){};
	for (int i = 0; i < SUBJECTS; i++)
		survey->extremes[i].ns = UNKNOWN_NS;
}

static void keep_longest(struct survey *survey, enum subject subject, int64_t ns, size_t index)
{
	if (ns > survey->extremes[subject].ns) /* UNKNOWN_NS is the least of all */
		survey->extremes[subject] = (struct extreme){ns, index};
}

static void keep_soonest(struct survey *survey, enum subject subject, int64_t ns, size_t index)
{
	struct extreme *extreme = &survey->extremes[subject];

	if (ns != UNKNOWN_NS && (extreme->ns == UNKNOWN_NS || ns < extreme->ns))
		*extreme = (struct extreme){ns, index};
}

void survey_add(struct survey *survey, const struct facts *facts, const struct verdict *verdict,
		size_t index)
{
	survey->total++;
	survey->counts[verdict->kind]++;
	survey->needy += verdict_needs_person(verdict->kind);
	keep_soonest(survey, SUBJECT_NEXT_CUT, verdict->cut_in, index);
	keep_longest(survey, SUBJECT_USER_IDLE, facts->idle.user, index);
	if (verdict->kind == VERDICT_AT_RISK)
		keep_soonest(survey, SUBJECT_AT_RISK, verdict->cut_in, index);
	if (verdict->kind == VERDICT_OVERDUE)
		keep_longest(survey, SUBJECT_OVERDUE, facts->idle.wire, index);
	if (verdict->kind != VERDICT_DEAD)
		return;
	/* The first is named even if nobody's time is known. */
	if (survey->counts[VERDICT_DEAD] == 1)
		survey->extremes[SUBJECT_DEAD].index = index;
	keep_longest(survey, SUBJECT_DEAD, facts->unanswered, index);
}

double survey_measure(const struct survey *survey, enum measure measure)
{
	switch (measure) {
	case MEASURE_SESSIONS:
		return survey->total;
	case MEASURE_NEEDY:
		return survey->needy;
	case MEASURE_AT_RISK:
		return survey->counts[VERDICT_AT_RISK];
	case MEASURE_OVERDUE:
		return survey->counts[VERDICT_OVERDUE];
	case MEASURE_DEAD:
		return survey->counts[VERDICT_DEAD];
	case MEASURE_CUT_IN:
		return ns_to_seconds(survey->extremes[SUBJECT_NEXT_CUT].ns);
	case MEASURE_USER_IDLE:
		return ns_to_seconds(survey->extremes[SUBJECT_USER_IDLE].ns);
	default:
		return NAN;
	}
}

void thresholds_init(struct thresholds *thresholds, bool own_warning, bool own_critical)
{
	*thresholds = (struct thresholds){};
	for (int i = MEASURE_AT_RISK; i <= MEASURE_DEAD; i++) {
		thresholds->of[i].has_warning = !own_warning;
		thresholds->of[i].has_critical = !own_critical && i != MEASURE_AT_RISK;
	}
}

static enum outcome threshold_judge(const struct threshold *threshold, double value)
{
	if (isnan(value))
		return OUTCOME_DONE;
	if (threshold->has_critical && range_alerts(&threshold->critical, value))
		return OUTCOME_CRITICAL;
	if (threshold->has_warning && range_alerts(&threshold->warning, value))
		return OUTCOME_WARNING;
	return OUTCOME_DONE;
}

/* Who can still be saved comes before those that are lost already. */
static enum subject find_subject(const struct survey *survey, enum measure why)
{
	if (why == MEASURE_USER_IDLE)
		return SUBJECT_USER_IDLE;
	if (why == MEASURE_CUT_IN && !survey->counts[VERDICT_OVERDUE])
		return SUBJECT_NEXT_CUT;
	if (survey->counts[VERDICT_AT_RISK])
		return SUBJECT_AT_RISK;
	if (survey->counts[VERDICT_OVERDUE])
		return SUBJECT_OVERDUE;
	if (survey->counts[VERDICT_DEAD])
		return SUBJECT_DEAD;
	return SUBJECT_NONE;
}

enum outcome check_judge(const struct survey *survey, const struct thresholds *thresholds,
			 enum subject *ret_subject)
{
	enum outcome worst = OUTCOME_DONE;
	enum measure why = MEASURE_SESSIONS;

	for (int i = 0; i < MEASURES; i++) {
		enum outcome outcome =
			threshold_judge(&thresholds->of[i], survey_measure(survey, i));

		if (outcome > worst) {
			worst = outcome;
			why = i;
		}
	}
	*ret_subject = find_subject(survey, why);
	return worst;
}

bool check_concerns(const struct thresholds *thresholds, const struct facts *facts,
		    const struct verdict *verdict)
{
	return verdict_needs_person(verdict->kind) ||
	       threshold_judge(&thresholds->of[MEASURE_CUT_IN], ns_to_seconds(verdict->cut_in)) !=
		       OUTCOME_DONE ||
	       threshold_judge(&thresholds->of[MEASURE_USER_IDLE],
			       ns_to_seconds(facts->idle.user)) != OUTCOME_DONE;
}
