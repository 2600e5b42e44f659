// SPDX-License-Identifier: GPL-2.0-only
/* Which keepalive a session gets, and when it gets none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/duration.h"
#include "../../user/plan.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((seconds)*NSEC_PER_SEC)
#define ESTABLISHED 1
#define CLOSE_WAIT 8
#define DEFAULT_BUDGET_S 7875 /* 7200 + 75 * 9 */

static const struct keepalive_options DEFAULTS = {
	.idle_s = 7200, .interval_s = 75, .count = 9, .enabled = 1};

/* Everything plan_set() looks at; the start is what sshd sets, on a path of 350 s. */
struct scene {
	struct record_session record;
	struct facts facts;
	struct path path;
	struct verdict verdict;
	struct keepalive_request request;
};

static struct scene scene(void)
{
	return (struct scene){
		.record = {.state = ESTABLISHED,
			   .flags = SESSION_TIMER_ARMED,
			   .keepalive = DEFAULTS},
		.path = {.timeout_ns = S(350)},
		.verdict = {.kind = VERDICT_AT_RISK},
	};
}

static struct plan plan_of(const struct scene *scene)
{
	struct plan plan;

	memset(&plan, 0xa5, sizeof(plan));
	plan_set(&scene->record, &scene->facts, &scene->path, &scene->verdict, &scene->request,
		 &plan);
	return plan;
}

static struct plan undo_of(const struct scene *scene)
{
	struct plan plan;

	memset(&plan, 0xa5, sizeof(plan));
	plan_undo(&scene->record, &scene->verdict, scene->request.force, &plan);
	return plan;
}

static void assert_options(const struct keepalive_options *options, const char *text,
			   uint32_t user_timeout_ms)
{
	struct keepalive_options plain = *options;
	char buf[KEEPALIVE_TEXT_SIZE];

	plain.user_timeout_ms = 0;
	assert_string_equal(keepalive_format(&plain, buf, sizeof(buf)), text);
	assert_int_equal(options->user_timeout_ms, user_timeout_ms);
}

static void period_is_a_third_within_bounds(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		uint32_t period_s;
	} rows[] = {
		{350, 116},	{300, 100},	{20, 6},
		{18, 6},	{17, 5},	{15, 5},
		{14, 5},	{12, 5},	{10, 5},
		{9, 4},		{8, 4},		{7, 3},
		{5, 2},		{4, 2},		{3, 1},
		{2, 1},		{1, 1},		{98300, 32766},
		{98301, 32767}, {98304, 32767}, {DURATION_MAX_S, 32767},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct scene here = scene();
		struct plan plan;

		here.path.timeout_ns = S(row->timeout_s);
		plan = plan_of(&here);
		assert_int_equal(plan.new.idle_s, row->period_s);
		assert_int_equal(plan.new.interval_s, row->period_s);
		assert_int_equal(plan.new.enabled, 1);
		assert_true(plan.refusal != REFUSAL_TOO_SLOW);
	}
}

static void period_asked_for_is_taken_up_to_half(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		uint32_t idle_s;
		enum refusal refusal;
	} rows[] = {
		{350, 1, REFUSAL_NONE},
		{350, 174, REFUSAL_NONE},
		{350, 175, REFUSAL_NONE},
		{350, 176, REFUSAL_TOO_SLOW},
		{350, 32767, REFUSAL_TOO_SLOW},
		{351, 175, REFUSAL_NONE},
		{351, 176, REFUSAL_TOO_SLOW},
		{3, 1, REFUSAL_NONE},
		{3, 2, REFUSAL_TOO_SLOW},
		{2, 1, REFUSAL_NONE},
		/* Nothing shorter than a second can be set. */
		{1, 1, REFUSAL_NONE},
		{1, 2, REFUSAL_TOO_SLOW},
		{DURATION_MAX_S, 32767, REFUSAL_TIGHTER},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct scene here = scene();
		struct plan plan;

		here.path.timeout_ns = S(row->timeout_s);
		here.request.idle_s = row->idle_s;
		plan = plan_of(&here);
		assert_int_equal(plan.new.idle_s, row->idle_s);
		assert_int_equal(plan.new.interval_s, row->idle_s);
		assert_int_equal(plan.refusal, row->refusal);
		here.request.force = true;
		assert_int_equal(plan_of(&here).refusal, row->refusal == REFUSAL_TOO_SLOW
								 ? REFUSAL_TOO_SLOW
								 : REFUSAL_NONE);
	}
}

/* The path forgets after three periods. */
static void count_is_the_least_that_survives_as_long(void **state)
{
	static const struct row {
		uint32_t idle_s, interval_s;
		uint8_t before;
		uint32_t period_s;
		uint8_t count;
		uint64_t budget_s;
	} rows[] = {
		{7200, 75, 9, 116, 67, 7888},
		{7200, 75, 9, 100, 78, 7900},
		/* 699, 700, 701 */
		{99, 100, 6, 100, 6, 700},
		{100, 100, 6, 100, 6, 700},
		{101, 100, 6, 100, 7, 800},
		/* two may always be lost */
		{2, 2, 2, 100, 3, 400},
		{199, 1, 1, 100, 3, 400},
		{399, 1, 1, 100, 3, 400},
		{400, 1, 1, 100, 4, 500},
		/* 126, 127 and what would take 128 */
		{1269, 1, 1, 10, 126, 1270},
		{1270, 1, 1, 10, 127, 1280},
		{1279, 1, 1, 10, 127, 1280},
		{1280, 1, 1, 10, 127, 1280},
		{7200, 75, 9, 5, 127, 640},
		{32767, 32767, 127, 1, 127, 128},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct scene here = scene();
		struct plan plan;

		here.record.keepalive.idle_s = row->idle_s;
		here.record.keepalive.interval_s = row->interval_s;
		here.record.keepalive.count = row->before;
		here.request.idle_s = row->period_s;
		plan = plan_of(&here);
		assert_int_equal(plan.budget_before_s,
				 row->idle_s + (uint64_t)row->interval_s * row->before);
		assert_int_equal(plan.new.count, row->count);
		assert_int_equal(plan.budget_s, row->budget_s);
	}
}

/* What sshidle set before, on the path of 350 s. */
static struct scene changed_scene(void)
{
	struct scene here = scene();

	here.record.before = DEFAULTS;
	here.record.flags |= SESSION_CHANGED;
	here.record.keepalive = (struct keepalive_options){
		.idle_s = 116, .interval_s = 116, .count = 67, .enabled = 1};
	return here;
}

/* A timer that was armed before a sysctl was lowered goes off as it was armed. */
static void a_late_timer_is_part_of_the_budget(void **state)
{
	static const struct row {
		uint32_t silent_ms, left_ms;
		uint8_t probes;
		uint16_t late_min;
		uint64_t budget_s;
	} rows[] = {
		{200000, 7000000, 0, 119, 7260}, {200000, 7000000, 1, 116, 7080},
		{200000, 10000, 1, 0, 120},	 {50000, 10999, 0, 0, 120},
		{50000, 11000, 0, 1, 180},	 {50000, 70000, 0, 1, 180},
		{50000, 70001, 0, 2, 240},	 {UINT32_MAX, UINT32_MAX, 0, UINT16_MAX, 3932220},
	};
	struct scene here = scene();
	struct plan plan;

	(void)state;
	here.record.keepalive = (struct keepalive_options){
		.idle_s = 60, .interval_s = 10, .count = 6, .enabled = 1};
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		here.record.rx_ack_age_ms = here.record.rx_data_age_ms = row->silent_ms;
		here.record.timer_left_ms = row->left_ms;
		here.record.probes_out = row->probes;
		plan = plan_of(&here);
		assert_int_equal(plan.old.late_min, row->late_min);
		assert_int_equal(plan.budget_before_s, row->budget_s);
	}
	here.record.flags = 0;
	assert_int_equal(plan_of(&here).old.late_min, 0);
}

/* What the timer was is kept with the rest, and not put back: no option could. */
static void a_late_timer_is_remembered(void **state)
{
	struct scene here = changed_scene();
	struct plan plan;

	(void)state;
	here.record.before = (struct keepalive_options){
		.idle_s = 60, .interval_s = 10, .count = 6, .enabled = 1, .late_min = 119};
	plan = plan_of(&here);
	assert_int_equal(plan.budget_before_s, 7260);
	assert_options(&plan.new, "116/116/62", 0);
	plan = undo_of(&here);
	assert_options(&plan.new, "60/10/6", 0);
	assert_int_equal(plan.budget_s, 120);
}

static void count_asked_for_is_taken(void **state)
{
	struct scene here = scene();

	(void)state;
	for (here.request.count = 1; here.request.count <= KEEPALIVE_COUNT_MAX;
	     here.request.count += 63) {
		struct plan plan = plan_of(&here);

		assert_int_equal(plan.new.count, here.request.count);
		assert_int_equal(plan.budget_s, 116 * (here.request.count + 1));
	}
}

/* Such a count would end the session at the next tick of the timer. */
static void count_is_above_the_probes_outstanding(void **state)
{
	struct scene here = scene();

	(void)state;
	here.request = (struct keepalive_request){.count = 1, .force = true};
	here.facts.probes = here.record.probes_out = 1;
	assert_int_equal(plan_of(&here).new.count, 2);
	here.request.count = 2;
	assert_int_equal(plan_of(&here).new.count, 2);
	here.request.count = 3;
	assert_int_equal(plan_of(&here).new.count, 3);
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
}

static void budget_is_what_the_kernel_does(void **state)
{
	struct keepalive_options options = DEFAULTS;

	(void)state;
	assert_int_equal(keepalive_budget_s(&options), DEFAULT_BUDGET_S);
	/* Seen with 3/2/n on a path that drops: 1 s and 4 s ended it after 5 s, 9.5 s after 11. */
	options.user_timeout_ms = 30000;
	assert_int_equal(keepalive_budget_s(&options), 7275);
	options.user_timeout_ms = 7275000;
	assert_int_equal(keepalive_budget_s(&options), 7275);
	options.user_timeout_ms = 7275001;
	assert_int_equal(keepalive_budget_s(&options), 7350);
	options.interval_s = 0;
	assert_int_equal(keepalive_budget_s(&options), 7200);
	options.enabled = 0;
	assert_int_equal(keepalive_budget_s(&options), BUDGET_ENDLESS);
	options = (struct keepalive_options){
		.idle_s = 32767, .interval_s = 32767, .count = 127, .enabled = 1};
	assert_int_equal(keepalive_budget_s(&options), 32767 * 128);
	options.idle_s = options.interval_s = UINT32_MAX;
	assert_int_equal(keepalive_budget_s(&options), UINT32_MAX * 128ULL);
}

static void without_keepalive_before_it_was_endless(void **state)
{
	struct scene here = scene();
	struct plan plan;

	(void)state;
	here.record.keepalive.enabled = 0;
	here.record.flags = 0;
	plan = plan_of(&here);
	assert_int_equal(plan.budget_before_s, BUDGET_ENDLESS);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_options(&plan.new, "116/116/127", 0);
	assert_int_equal(plan.budget_s, 116 * 128);
	assert_int_equal(plan.old.enabled, 0);
	/* No time to survive is as long as endless, so it is not refused for being shorter. */
	here.request.survive_s = 3600;
	plan = plan_of(&here);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_int_equal(plan.budget_s, 116 * 32);
}

static void user_timeout_is_the_budget_before(void **state)
{
	struct scene here = scene();
	struct plan plan;

	(void)state;
	here.record.keepalive.user_timeout_ms = 1000 * 1000;
	here.request.force = true;
	plan = plan_of(&here);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_int_equal(plan.budget_before_s, 7275);
	/* ceil((7275 - 116) / 116); and it stays, as nobody asked for another. */
	assert_options(&plan.new, "116/116/62", 1000 * 1000);
	assert_int_equal(plan.budget_s, 116 * 9);
}

static void survive_is_a_user_timeout(void **state)
{
	struct scene here = scene();
	struct plan plan;

	(void)state;
	here.request.survive_s = 72 * 60 * 60;
	plan = plan_of(&here);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_options(&plan.new, "116/116/67", 259200 * 1000);
	assert_int_equal(plan.budget_s, 259260);
	/* The longest that the command takes fits. */
	here.request.survive_s = INT32_MAX / 1000;
	plan = plan_of(&here);
	assert_options(&plan.new, "116/116/67", 2147483000);
	assert_int_equal(plan.budget_s, 116 * (INT32_MAX / 1000 / 116 + 1));
}

static void survive_shorter_than_before_is_refused(void **state)
{
	struct scene here = scene();

	(void)state;
	here.request.survive_s = 67 * 116; /* the 67th probe would be the last: before 7875 s */
	assert_int_equal(plan_of(&here).refusal, REFUSAL_SHORTER);
	here.request.force = true;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
	here.request.force = false;
	here.request.survive_s = 67 * 116 + 1;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
}

/* facts.md: a user timeout below the present silence lets one unanswered probe kill. */
static void survive_below_the_present_silence_is_refused(void **state)
{
	struct scene here = scene();

	(void)state;
	here.record.keepalive.enabled = 0;
	here.record.flags = 0;
	here.path.timeout_ns = S(432000);
	here.facts.idle.wire = S(7200);
	here.record.rx_ack_age_ms = here.record.rx_data_age_ms = 7200 * 1000;
	here.request.survive_s = 3600;
	assert_true(plan_of(&here).refusal != REFUSAL_NONE);
	here.request.force = true;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
}

/* Which refusal: from the first that applies to the last. Each step adds one cause. */
static void refusals_come_in_their_order(void **state)
{
	static const enum refusal order[] = {
		REFUSAL_NONE,	 REFUSAL_TIGHTER, REFUSAL_USER_TIMEOUT, REFUSAL_OVERDUE,
		REFUSAL_SHORTER, REFUSAL_UNACKED, REFUSAL_PROBES,
	};
	struct scene here = scene();

	(void)state;
	here.request.survive_s = 8000;
	for (const enum refusal *refusal = order; refusal < ARRAY_END(order); refusal++) {
		switch (*refusal) {
		case REFUSAL_TIGHTER:
			here.record.keepalive.idle_s = here.record.keepalive.interval_s = 100;
			break;
		case REFUSAL_USER_TIMEOUT:
			here.record.keepalive.user_timeout_ms = 7000 * 1000;
			break;
		case REFUSAL_OVERDUE:
			here.verdict.kind = VERDICT_OVERDUE;
			break;
		case REFUSAL_SHORTER:
			here.request.survive_s = 6900;
			break;
		case REFUSAL_UNACKED:
			here.record.packets_out = 1;
			break;
		case REFUSAL_PROBES:
			here.record.probes_out = here.facts.probes = 1;
			break;
		default:
			break;
		}
		here.request.force = false;
		assert_int_equal(plan_of(&here).refusal, *refusal);
		here.request.force = true;
		assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
	}
	/* From here on force does not help. */
	here.request.idle_s = 176;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_TOO_SLOW);
	here.record.state = CLOSE_WAIT;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_CLOSING);
	here.verdict.kind = VERDICT_DEAD;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_DEAD);
}

static void data_in_flight_or_waiting_is_refused(void **state)
{
	struct scene here = scene();

	(void)state;
	here.record.packets_out = 1;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_UNACKED);
	here.record.packets_out = 0;
	here.record.unacked_bytes = 1; /* behind a window that is closed */
	assert_int_equal(plan_of(&here).refusal, REFUSAL_UNACKED);
	here.record.unacked_bytes = 0;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
}

static void only_what_is_as_fast_and_armed_is_tighter(void **state)
{
	static const struct row {
		uint32_t idle_s, interval_s;
		bool armed, enabled;
		uint32_t timer_left_s;
		enum refusal refusal;
	} rows[] = {
		{116, 116, true, true, 116, REFUSAL_TIGHTER},
		{1, 1, true, true, 0, REFUSAL_TIGHTER},
		{117, 116, true, true, 0, REFUSAL_NONE},
		{116, 117, true, true, 0, REFUSAL_NONE}, /* the period is the larger of the two */
		{60, 600, true, true, 0, REFUSAL_NONE},
		{60, 60, false, true, 0, REFUSAL_NONE},
		{60, 60, true, false, 0, REFUSAL_NONE},
		/* A lowered sysctl reads as fast, while the timer still waits for the old one. */
		{60, 60, true, true, 7000, REFUSAL_NONE},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct scene here = scene();

		here.record.keepalive.idle_s = row->idle_s;
		here.record.keepalive.interval_s = row->interval_s;
		here.record.keepalive.enabled = row->enabled;
		here.record.flags = row->armed ? SESSION_TIMER_ARMED : 0;
		here.record.timer_left_ms = row->timer_left_s * 1000;
		assert_int_equal(plan_of(&here).refusal, row->refusal);
		here.request.force = true;
		assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
	}
}

static void same_again_is_unchanged(void **state)
{
	struct scene here = changed_scene();
	struct plan plan = plan_of(&here);

	(void)state;
	assert_true(plan.unchanged);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_true(keepalive_equal(&plan.old, &plan.new));
	here.record.probes_out = here.facts.probes = 1;
	here.verdict.kind = VERDICT_OVERDUE;
	assert_true(plan_of(&here).unchanged);
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
}

static void unchanged_needs_us_and_the_timer(void **state)
{
	struct scene here = changed_scene();

	(void)state;
	here.record.flags = SESSION_CHANGED;
	assert_false(plan_of(&here).unchanged);
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
	here.record.flags = SESSION_TIMER_ARMED;
	assert_false(plan_of(&here).unchanged);
	assert_int_equal(plan_of(&here).refusal, REFUSAL_TIGHTER);
}

/* Each run counts from what the owner had: budgets neither shrink nor grow from run to run. */
static void again_counts_from_what_was_before(void **state)
{
	struct scene here = changed_scene();
	struct plan plan;

	(void)state;
	here.record.before.count = 1;	   /* 7275 */
	here.record.keepalive.count = 127; /* 14848 */
	here.request.idle_s = 100;
	plan = plan_of(&here);
	assert_false(plan.unchanged);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_int_equal(plan.budget_before_s, 7275);
	assert_options(&plan.old, "116/116/127", 0);
	assert_options(&plan.new, "100/100/72", 0);
	assert_int_equal(plan.budget_s, 7300);
	/* What the owner had decides also whether survive would be shorter. */
	here.request.survive_s = 7200;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_SHORTER);
	here.request.survive_s = 7201;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_NONE);
	here.record.before.enabled = 0;
	assert_int_equal(plan_of(&here).budget_before_s, BUDGET_ENDLESS);
}

static void again_may_be_slower_and_keeps_survive(void **state)
{
	struct scene here = changed_scene();
	struct plan plan;

	(void)state;
	here.record.keepalive.user_timeout_ms = 259200 * 1000;
	here.record.keepalive.idle_s = here.record.keepalive.interval_s = 5;
	plan = plan_of(&here);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	/* What was promised stays: 72 h are not taken away by a second run that does not ask. */
	assert_options(&plan.new, "116/116/67", 259200 * 1000);
	assert_int_equal(plan.budget_s, 259260);
}

/* Whatever sshidle decided earlier, what hurts now is refused. */
static void again_refuses_what_hurts(void **state)
{
	struct scene here = changed_scene();

	(void)state;
	here.request.idle_s = 50;
	here.verdict.kind = VERDICT_OVERDUE;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_OVERDUE);
	here.record.unacked_bytes = 1;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_UNACKED);
	here.record.probes_out = 1;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_PROBES);
	here.verdict.kind = VERDICT_DEAD;
	here.request.force = true;
	assert_int_equal(plan_of(&here).refusal, REFUSAL_DEAD);
}

static void undo_puts_back_what_was_before(void **state)
{
	struct scene here = changed_scene();
	struct plan plan;

	(void)state;
	here.record.before.user_timeout_ms = 5000;
	plan = undo_of(&here);
	assert_int_equal(plan.refusal, REFUSAL_NONE);
	assert_false(plan.unchanged);
	assert_true(keepalive_equal(&plan.old, &here.record.keepalive));
	assert_true(keepalive_equal(&plan.new, &here.record.before));
	assert_int_equal(plan.budget_before_s, 7888);
	assert_int_equal(plan.budget_s, 7275);
	here.record.before.enabled = 0;
	plan = undo_of(&here);
	assert_int_equal(plan.new.enabled, 0);
	assert_int_equal(plan.budget_s, BUDGET_ENDLESS);
}

static void undo_refuses(void **state)
{
	struct scene here = changed_scene();

	(void)state;
	here.verdict.kind = VERDICT_OVERDUE; /* no obstacle: nothing is sent */
	assert_int_equal(undo_of(&here).refusal, REFUSAL_NONE);
	here.record.packets_out = 1;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_UNACKED);
	here.record.packets_out = 0;
	here.record.unacked_bytes = 1;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_UNACKED);
	here.record.probes_out = 1;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_PROBES);
	here.request.force = true;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_NONE);
	here.record.flags = SESSION_TIMER_ARMED;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_NOT_OURS);
	here.record.state = CLOSE_WAIT;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_CLOSING);
	here.verdict.kind = VERDICT_DEAD;
	assert_int_equal(undo_of(&here).refusal, REFUSAL_DEAD);
}

static void equal_looks_at_every_option(void **state)
{
	struct keepalive_options other = DEFAULTS;

	(void)state;
	assert_true(keepalive_equal(&DEFAULTS, &other));
	other.idle_s++;
	assert_false(keepalive_equal(&DEFAULTS, &other));
	other = DEFAULTS;
	other.interval_s++;
	assert_false(keepalive_equal(&DEFAULTS, &other));
	other = DEFAULTS;
	other.count++;
	assert_false(keepalive_equal(&DEFAULTS, &other));
	other = DEFAULTS;
	other.enabled = 0;
	assert_false(keepalive_equal(&DEFAULTS, &other));
	other = DEFAULTS;
	other.user_timeout_ms++;
	assert_false(keepalive_equal(&DEFAULTS, &other));
}

static void words_are_there_for_every_refusal(void **state)
{
	(void)state;
	assert_string_equal(refusal_words(REFUSAL_NONE), "");
	for (int a = REFUSAL_NONE + 1; a <= REFUSAL_TIGHTER; a++)
		for (int b = REFUSAL_NONE; b < a; b++)
			assert_string_not_equal(refusal_words(a), refusal_words(b));
	assert_non_null(strstr(refusal_words(REFUSAL_OVERDUE), "a probe may draw the RST"));
	assert_non_null(strstr(refusal_words(REFUSAL_OVERDUE), "--force"));
}

static void format_shows_what_is_in_force(void **state)
{
	struct keepalive_options options = DEFAULTS;
	char buf[KEEPALIVE_TEXT_SIZE];

	(void)state;
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)), "7200/75/9");
	options.user_timeout_ms = 90 * 1000;
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)), "7200/75/9 1m30s");
	options.user_timeout_ms = 500;
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)), "7200/75/9 0.5s");
	options.user_timeout_ms = 259200 * 1000;
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)), "7200/75/9 3d00h");
	options.enabled = 0;
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)), "off");
	options = (struct keepalive_options){.idle_s = UINT32_MAX,
					     .interval_s = UINT32_MAX,
					     .count = 255,
					     .user_timeout_ms = UINT32_MAX,
					     .enabled = 1};
	assert_string_equal(keepalive_format(&options, buf, sizeof(buf)),
			    "4294967295/4294967295/255 49d17h");
}

static void format_keeps_to_the_buffer(void **state)
{
	struct keepalive_options options = DEFAULTS;
	char buf[16];

	(void)state;
	options.user_timeout_ms = 90 * 1000;
	for (size_t size = 1; size <= 12; size++) {
		memset(buf, '#', sizeof(buf));
		keepalive_format(&options, buf, size);
		assert_true(strlen(buf) < size);
		assert_int_equal(buf[size], '#');
		assert_int_equal(strncmp("7200/75/9 1m30s", buf, strlen(buf)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(period_is_a_third_within_bounds),
		cmocka_unit_test(period_asked_for_is_taken_up_to_half),
		cmocka_unit_test(count_is_the_least_that_survives_as_long),
		cmocka_unit_test(a_late_timer_is_part_of_the_budget),
		cmocka_unit_test(a_late_timer_is_remembered),
		cmocka_unit_test(count_asked_for_is_taken),
		cmocka_unit_test(count_is_above_the_probes_outstanding),
		cmocka_unit_test(budget_is_what_the_kernel_does),
		cmocka_unit_test(without_keepalive_before_it_was_endless),
		cmocka_unit_test(user_timeout_is_the_budget_before),
		cmocka_unit_test(survive_is_a_user_timeout),
		cmocka_unit_test(survive_shorter_than_before_is_refused),
		cmocka_unit_test(survive_below_the_present_silence_is_refused),
		cmocka_unit_test(refusals_come_in_their_order),
		cmocka_unit_test(data_in_flight_or_waiting_is_refused),
		cmocka_unit_test(only_what_is_as_fast_and_armed_is_tighter),
		cmocka_unit_test(same_again_is_unchanged),
		cmocka_unit_test(unchanged_needs_us_and_the_timer),
		cmocka_unit_test(again_counts_from_what_was_before),
		cmocka_unit_test(again_may_be_slower_and_keeps_survive),
		cmocka_unit_test(again_refuses_what_hurts),
		cmocka_unit_test(undo_puts_back_what_was_before),
		cmocka_unit_test(undo_refuses),
		cmocka_unit_test(equal_looks_at_every_option),
		cmocka_unit_test(words_are_there_for_every_refusal),
		cmocka_unit_test(format_shows_what_is_in_force),
		cmocka_unit_test(format_keeps_to_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
