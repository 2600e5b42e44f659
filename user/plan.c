// SPDX-License-Identifier: GPL-2.0-only
/* Which keepalive a session should get, or why none. Pure. */
#include "plan.h"

#include <stdio.h>

#include "duration.h"

#define TCP_ESTABLISHED 1

#define MS_PER_MIN 60000ULL

struct keepalive_options keepalive_of(const struct record_session *record)
{
	struct keepalive_options options = record->keepalive;
	uint64_t first_ms = facts_old_timer_ms(record), late_min;

	if (!first_ms)
		return options;
	late_min = (first_ms - options.idle_s * 1000ULL + MS_PER_MIN - 1) / MS_PER_MIN;
	options.late_min = late_min > UINT16_MAX ? UINT16_MAX : late_min;
	return options;
}

/* From the last answer. */
static uint64_t first_probe_s(const struct keepalive_options *options)
{
	return options->idle_s + 60ULL * options->late_min;
}

/* The user timeout is looked at when a probe is due, from the second on, not when it has passed. */
static uint64_t intervals_of_user_timeout(const struct keepalive_options *options)
{
	uint64_t first_ms = first_probe_s(options) * 1000,
		 interval_ms = options->interval_s * 1000ULL;
	uint64_t timeout_ms = options->user_timeout_ms;

	if (timeout_ms <= first_ms + interval_ms || !interval_ms)
		return 1;
	return (timeout_ms - first_ms + interval_ms - 1) / interval_ms;
}

uint64_t keepalive_budget_s(const struct keepalive_options *options)
{
	uint64_t intervals = options->count;

	if (!options->enabled)
		return BUDGET_ENDLESS;
	if (options->user_timeout_ms)
		intervals = intervals_of_user_timeout(options);
	return first_probe_s(options) + options->interval_s * intervals;
}

const char *budget_format(uint64_t seconds, char *buf, size_t size)
{
	return seconds == BUDGET_ENDLESS ? "for ever" : duration_format(seconds, buf, size);
}

bool keepalive_equal(const struct keepalive_options *a, const struct keepalive_options *b)
{
	return a->enabled == b->enabled && a->idle_s == b->idle_s &&
	       a->interval_s == b->interval_s && a->count == b->count &&
	       a->user_timeout_ms == b->user_timeout_ms;
}

static uint32_t choose_period(const struct keepalive_request *request, uint64_t timeout_s)
{
	return request->idle_s ? request->idle_s : pace_period_s(timeout_s);
}

static uint8_t choose_count(const struct keepalive_request *request, uint32_t period,
			    uint64_t budget_before_s)
{
	uint64_t count;

	if (request->count)
		return request->count;
	if (budget_before_s == BUDGET_ENDLESS)
		return KEEPALIVE_COUNT_MAX;
	count = pace_count(budget_before_s > period ? budget_before_s - period : 0, period);
	return count > KEEPALIVE_COUNT_MAX ? KEEPALIVE_COUNT_MAX : count;
}

static enum refusal refuse_hopeless(const struct record_session *record,
				    const struct verdict *verdict)
{
	if (verdict->kind == VERDICT_DEAD)
		return REFUSAL_DEAD;
	return plan_is_closing(record) ? REFUSAL_CLOSING : REFUSAL_NONE;
}

static enum refusal refuse_busy(const struct record_session *record)
{
	if (record->probes_out)
		return REFUSAL_PROBES;
	if (record->packets_out || record->unacked_bytes)
		return REFUSAL_UNACKED;
	return REFUSAL_NONE;
}

bool plan_is_closing(const struct record_session *record)
{
	return record->state != TCP_ESTABLISHED;
}

bool plan_is_busy(const struct record_session *record, bool force)
{
	return !force && refuse_busy(record) != REFUSAL_NONE;
}

/* The option may read as fast while the timer still waits for what a sysctl said before. */
static bool is_due_in_time(const struct record_session *record, const struct plan *plan)
{
	return record->flags & SESSION_TIMER_ARMED &&
	       record->timer_left_ms <= plan->new.idle_s * 1000ULL;
}

/* What the owner decided stands, unless sshidle decided it earlier. */
static enum refusal refuse_owner(const struct record_session *record, const struct plan *plan)
{
	if (plan->old.user_timeout_ms)
		return REFUSAL_USER_TIMEOUT;
	if (is_due_in_time(record, plan) && plan->old.enabled &&
	    plan->old.idle_s <= plan->new.idle_s && plan->old.interval_s <= plan->new.interval_s)
		return REFUSAL_TIGHTER;
	return REFUSAL_NONE;
}

/* The kernel holds a user timeout against its own clocks. */
static int64_t silence_ns(const struct record_session *record, const struct facts *facts)
{
	int64_t kernel_ns = facts_kernel_silence_ms(record) * 1000000LL;

	return kernel_ns > facts->idle.wire ? kernel_ns : facts->idle.wire;
}

/*
 * What was asked for must not make the session's life shorter. A user timeout below the silence so
 * far would end it at its first unanswered probe.
 */
static bool survives_less(const struct record_session *record, const struct facts *facts,
			  const struct keepalive_request *request, const struct plan *plan)
{
	int64_t survive_ns = request->survive_s * NSEC_PER_SEC;
	int64_t period_ns = plan->new.idle_s *NSEC_PER_SEC;

	if (!request->survive_s && !request->count)
		return false;
	if (plan->budget_before_s != BUDGET_ENDLESS && plan->budget_s < plan->budget_before_s)
		return true;
	return request->survive_s && survive_ns <= silence_ns(record, facts) + period_ns;
}

static enum refusal refuse(const struct record_session *record, const struct facts *facts,
			   const struct path *path, const struct verdict *verdict,
			   const struct keepalive_request *request, const struct plan *plan)
{
	enum refusal refusal = refuse_hopeless(record, verdict);

	if (!refusal && 2 * plan->new.idle_s * NSEC_PER_SEC > path->timeout_ns &&
	    plan->new.idle_s > 1)
		refusal = REFUSAL_TOO_SLOW;
	if (refusal || request->force)
		return refusal;
	refusal = refuse_busy(record);
	if (!refusal && survives_less(record, facts, request, plan))
		refusal = REFUSAL_SHORTER;
	if (!refusal && verdict->kind == VERDICT_OVERDUE)
		refusal = REFUSAL_OVERDUE;
	if (!refusal && !(record->flags & SESSION_CHANGED))
		refusal = refuse_owner(record, plan);
	return refusal;
}

/* A count at or below the probes outstanding ends the session at the next tick. */
static void outlast_probes(struct keepalive_options *options, uint32_t probes_out)
{
	if (probes_out && options->count <= probes_out)
		options->count = probes_out < KEEPALIVE_COUNT_MAX ? probes_out + 1
								  : KEEPALIVE_COUNT_MAX;
}

void plan_set(const struct record_session *record, const struct facts *facts,
	      const struct path *path, const struct verdict *verdict,
	      const struct keepalive_request *request, struct plan *ret)
{
	bool again = record->flags & SESSION_CHANGED;
	uint32_t period = choose_period(request, path->timeout_ns / NSEC_PER_SEC);
	struct plan plan = {.old = again ? record->keepalive : keepalive_of(record)};

	plan.budget_before_s = keepalive_budget_s(again ? &record->before : &plan.old);
	plan.new = (struct keepalive_options){
		.enabled = 1,
		.idle_s = period,
		.interval_s = period,
		.count = choose_count(request, period, plan.budget_before_s),
		.user_timeout_ms = request->survive_s ? request->survive_s * 1000
						      : record->keepalive.user_timeout_ms,
	};
	outlast_probes(&plan.new, facts->probes);
	plan.budget_s = keepalive_budget_s(&plan.new);
	plan.unchanged = again && is_due_in_time(record, &plan) &&
			 keepalive_equal(&plan.old, &plan.new);
	plan.refusal = plan.unchanged ? REFUSAL_NONE
				      : refuse(record, facts, path, verdict, request, &plan);
	*ret = plan;
}

/* What a sysctl said may be more than setsockopt() takes; the most that it takes is nearest. */
static void clamp(struct keepalive_options *options)
{
	if (options->idle_s > KEEPALIVE_SECONDS_MAX)
		options->idle_s = KEEPALIVE_SECONDS_MAX;
	if (options->interval_s > KEEPALIVE_SECONDS_MAX)
		options->interval_s = KEEPALIVE_SECONDS_MAX;
	if (options->count > KEEPALIVE_COUNT_MAX)
		options->count = KEEPALIVE_COUNT_MAX;
}

void plan_undo(const struct record_session *record, const struct verdict *verdict, bool force,
	       struct plan *ret)
{
	struct plan plan = {.old = record->keepalive, .new = record->before};

	clamp(&plan.new);
	plan.new.late_min = 0; /* the timer is armed anew */
	outlast_probes(&plan.new, record->probes_out);
	plan.budget_before_s = keepalive_budget_s(&plan.old);
	plan.budget_s = keepalive_budget_s(&plan.new);
	plan.refusal = refuse_hopeless(record, verdict);
	if (!plan.refusal && !(record->flags & SESSION_CHANGED))
		plan.refusal = REFUSAL_NOT_OURS;
	if (!plan.refusal && !force)
		plan.refusal = refuse_busy(record);
	*ret = plan;
}

const char *refusal_words(enum refusal refusal)
{
	static const char *const words[] = {
		[REFUSAL_NONE] = "",
		[REFUSAL_DEAD] = "it sends without an answer already: no probe can help it",
		[REFUSAL_CLOSING] = "one end has closed the connection",
		[REFUSAL_NOT_OURS] = "sshidle has not set its keepalive: there is nothing to undo",
		[REFUSAL_TOO_SLOW] = "a period over half the path's timeout would not keep it",
		[REFUSAL_PROBES] = "a keepalive probe is unanswered: a change could end it now",
		[REFUSAL_UNACKED] =
			"data is unacknowledged: until it is, the keepalive timer waits",
		[REFUSAL_SHORTER] =
			"that is no longer than it survives, or has been silent, already",
		[REFUSAL_OVERDUE] =
			"overdue: a probe may draw the RST that proves it gone; --force sends it",
		[REFUSAL_USER_TIMEOUT] =
			"its owner set TCP_USER_TIMEOUT, which decides instead of the count",
		[REFUSAL_TIGHTER] = "its owner set a keepalive that is as fast",
	};

	return words[refusal];
}

const char *keepalive_format(const struct keepalive_options *options, char *buf, size_t size)
{
	char timeout[DURATION_TEXT_SIZE];
	int used;

	if (!options->enabled) {
		snprintf(buf, size, "off");
		return buf;
	}
	used = snprintf(buf, size, "%u/%u/%u", options->idle_s, options->interval_s,
			options->count);
	if (options->user_timeout_ms && used < (int)size)
		snprintf(buf + used, size - used, " %s",
			 duration_format(options->user_timeout_ms / 1e3, timeout, sizeof(timeout)));
	return buf;
}
