// SPDX-License-Identifier: GPL-2.0-only
/* Verdict and reason at every boundary. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../user/duration.h"
#include "../../user/judge.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((int64_t)((seconds) * (double)NSEC_PER_SEC))
#define WARN 0.5
#define NONE UNKNOWN_NS
#define WHEEL_LATE(ns) ((ns) / 63 * 8)

static const struct path path_350 = {.timeout_ns = S(350), .source = PATH_CONFIG};
static const struct path path_assumed = {.timeout_ns = S(300), .source = PATH_ASSUMED};

/* Seen by the recorder, silent for wire, and nothing at work that could keep it. */
static struct facts silent_for(int64_t wire)
{
	return (struct facts){
		.role = ROLE_SERVER,
		.idle = {.age = NONE,
			 .wire = wire,
			 .data = wire,
			 .user = wire,
			 .rx_data = wire,
			 .tx_data = wire,
			 .wire_seen = true},
		.tcp = {.enabled = false, .period = S(7200), .next_probe = NONE},
		.peer_probe_period = NONE,
		.peer_probe_age = NONE,
		.longest_survived = NONE,
		.unanswered = NONE,
	};
}

static void arm(struct facts *facts, int64_t period, int64_t next_probe)
{
	facts->tcp.enabled = true;
	facts->tcp.period = period;
	facts->tcp.next_probe = next_probe;
}

static void peer_probes(struct facts *facts, int64_t period, int64_t age)
{
	facts->peer_probe_period = period;
	facts->peer_probe_late = period == NONE ? 0 : WHEEL_LATE(period);
	facts->peer_probe_age = age;
}

static void assert_verdict(struct verdict verdict, enum verdict_kind kind, enum keeper keeper,
			   int64_t cut_in)
{
	assert_string_equal(verdict_name(verdict.kind), verdict_name(kind));
	assert_int_equal(verdict.keeper, keeper);
	assert_true(verdict.cut_in == cut_in);
}

static void assert_reason(const struct facts *facts, const struct path *path, const char *reason)
{
	struct verdict verdict = judge(facts, path, WARN);
	char buf[REASON_SIZE];

	assert_ptr_equal(judge_reason(facts, path, &verdict, buf, sizeof(buf)), buf);
	assert_string_equal(buf, reason);
}

static void silence_is_judged_by_the_path(void **state)
{
	static const struct row {
		int64_t wire, timeout;
		double warn;
		enum verdict_kind kind;
		int64_t cut_in;
	} rows[] = {
		{0, S(350), 0.5, VERDICT_ACTIVE, S(350)},
		{S(175) - 1, S(350), 0.5, VERDICT_ACTIVE, S(175) + 1},
		{S(175), S(350), 0.5, VERDICT_AT_RISK, S(175)},
		{S(175) + 1, S(350), 0.5, VERDICT_AT_RISK, S(175) - 1},
		{S(212), S(350), 0.5, VERDICT_AT_RISK, S(138)},
		{S(350) - 1, S(350), 0.5, VERDICT_AT_RISK, 1},
		{S(350), S(350), 0.5, VERDICT_OVERDUE, 0},
		{S(350) + 1, S(350), 0.5, VERDICT_OVERDUE, 0},
		{S(86400), S(350), 0.5, VERDICT_OVERDUE, 0},
		{S(315) - 1, S(350), 0.9, VERDICT_ACTIVE, S(35) + 1},
		{S(315), S(350), 0.9, VERDICT_AT_RISK, S(35)},
		{S(3.5) - 1, S(350), 0.01, VERDICT_ACTIVE, S(346.5) + 1},
		{S(3.5), S(350), 0.01, VERDICT_AT_RISK, S(346.5)},
		{S(0.5) - 1, S(1), 0.5, VERDICT_ACTIVE, S(0.5) + 1},
		{S(0.5), S(1), 0.5, VERDICT_AT_RISK, S(0.5)},
		{S(1), S(1), 0.5, VERDICT_OVERDUE, 0},
		{S(DURATION_MAX_S) - 1, S(DURATION_MAX_S), 0.5, VERDICT_AT_RISK, 1},
		{S(DURATION_MAX_S), S(DURATION_MAX_S), 0.5, VERDICT_OVERDUE, 0},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = silent_for(row->wire);
		struct path path = {.timeout_ns = row->timeout, .source = PATH_OPTION};

		print_message("silent for %" PRId64 " ns of %" PRId64 "\n", row->wire,
			      row->timeout);
		assert_verdict(judge(&facts, &path, row->warn), row->kind, KEEPER_NONE,
			       row->cut_in);
	}
}

/* Facts are a moment's: the path they came from changes nothing but the number. */
static void source_of_the_path_changes_no_verdict(void **state)
{
	struct facts facts = silent_for(S(212));
	struct path path = path_350;

	(void)state;
	for (int source = PATH_OPTION; source <= PATH_ASSUMED; source++) {
		path.source = source;
		assert_verdict(judge(&facts, &path, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(138));
	}
}

static void own_keepalive_keeps_if_it_is_in_time(void **state)
{
	static const struct row {
		int64_t wire, period, next_probe;
		enum verdict_kind kind;
		enum keeper keeper;
		int64_t cut_in;
	} rows[] = {
		/* the next probe, before, at and after the cut */
		{S(212), S(250), S(138) - 1, VERDICT_KEPT, KEEPER_TCP, NONE},
		{S(212), S(250), S(138), VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		{S(212), S(250), S(138) + 1, VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		{S(212), S(250), 0, VERDICT_KEPT, KEEPER_TCP, NONE},
		/* the period, faster than the path, as slow, slower */
		{S(212), S(350) - 1, S(100), VERDICT_KEPT, KEEPER_TCP, NONE},
		{S(212), S(350), S(100), VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		{S(212), S(350) + 1, S(100), VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		{S(212), S(7200), S(6988), VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		/* options without an armed timer promise nothing */
		{S(212), S(60), NONE, VERDICT_AT_RISK, KEEPER_NONE, S(138)},
		/* what spoke recently is active, and still kept */
		{S(175) - 1, S(60), S(30), VERDICT_ACTIVE, KEEPER_TCP, NONE},
		{S(175), S(60), S(30), VERDICT_KEPT, KEEPER_TCP, NONE},
		{S(10), S(60), NONE, VERDICT_ACTIVE, KEEPER_NONE, S(340)},
		/* too late: a keeper proves nothing of a path that may be gone */
		{S(350) - 1, S(60), 0, VERDICT_KEPT, KEEPER_TCP, NONE},
		{S(350), S(60), 0, VERDICT_OVERDUE, KEEPER_NONE, 0},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = silent_for(row->wire);

		print_message("row %td\n", row - rows);
		arm(&facts, row->period, row->next_probe);
		assert_verdict(judge(&facts, &path_350, WARN), row->kind, row->keeper, row->cut_in);
	}
}

/* The kernel's timers are never early, and up to an eighth late. */
static void own_keepalive_keeps_if_it_is_in_time_when_late(void **state)
{
	static const struct row {
		int64_t period, next_probe, late, next_late;
		enum keeper keeper;
	} rows[] = {
		{S(340), S(128), S(10) - 1, 0, KEEPER_TCP},
		{S(340), S(128), S(10), 0, KEEPER_NONE},
		{S(300), S(128), S(10), S(10), KEEPER_NONE},
		{S(300), S(128), S(10), S(10) - 1, KEEPER_TCP},
		/* it is due, and late already */
		{S(200), 0, S(140), 0, KEEPER_TCP},
		/* it was armed for longer than the option says */
		{S(60), S(100), S(2), S(38), KEEPER_NONE},
		{S(60), S(100), S(2), S(38) - 1, KEEPER_TCP},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = silent_for(S(212));
		struct verdict verdict;

		print_message("row %td\n", row - rows);
		arm(&facts, row->period, row->next_probe);
		facts.tcp.late = row->late;
		facts.tcp.next_late = row->next_late;
		verdict = judge(&facts, &path_350, WARN);
		assert_int_equal(verdict.keeper, row->keeper);
		assert_int_equal(verdict.kind, row->keeper ? VERDICT_KEPT : VERDICT_AT_RISK);
	}
}

/* Its answer comes, or does not: until then there is no silence that nothing ends. */
static void a_probe_on_its_way_keeps(void **state)
{
	struct facts facts = silent_for(S(300.05));

	(void)state;
	arm(&facts, S(300), S(299.95));
	facts.probes = 1;
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(49.95));
	facts.tcp.just_sent = true;
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_TCP, NONE);
	facts.tcp.late = S(50);
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(49.95));
}

static void peer_probes_keep_while_they_come(void **state)
{
	static const struct row {
		int64_t wire, period, age;
		enum verdict_kind kind;
		enum keeper keeper;
		int64_t cut_in;
	} rows[] = {
		{S(200), S(200), S(200), VERDICT_KEPT, KEEPER_PEER_TCP, NONE},
		{S(20), S(200), S(20), VERDICT_ACTIVE, KEEPER_PEER_TCP, NONE},
		/* late by an eighth of the period and half a second at most */
		{S(200.5) + WHEEL_LATE(S(200)), S(200), S(213), VERDICT_KEPT, KEEPER_PEER_TCP,
		 NONE},
		{S(200.5) + WHEEL_LATE(S(200)) + 1, S(200), S(213), VERDICT_AT_RISK, KEEPER_NONE,
		 S(149.5) - WHEEL_LATE(S(200)) - 1},
		/* none is due while others speak */
		{S(200), S(200), S(3600), VERDICT_KEPT, KEEPER_PEER_TCP, NONE},
		{S(20), S(200), S(3600), VERDICT_ACTIVE, KEEPER_PEER_TCP, NONE},
		/* faster than the path even when late, or not */
		{S(200), S(310), S(200), VERDICT_KEPT, KEEPER_PEER_TCP, NONE},
		{S(200), S(311), S(200), VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		{S(200), S(350) + 1, S(200), VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		/* one probe is no rhythm */
		{S(200), NONE, S(200), VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		{S(350), S(200), S(350), VERDICT_OVERDUE, KEEPER_NONE, 0},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = silent_for(row->wire);

		print_message("row %td\n", row - rows);
		peer_probes(&facts, row->period, row->age);
		assert_verdict(judge(&facts, &path_350, WARN), row->kind, row->keeper, row->cut_in);
	}
}

static void peer_probes_keep_if_they_are_steady(void **state)
{
	struct facts facts = silent_for(S(200));

	(void)state;
	peer_probes(&facts, S(350) - 1, S(200));
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(150));
	facts.peer_probe_late = 0;
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_PEER_TCP, NONE);
	facts.peer_probe_period++;
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(150));
}

static void ssh_keepalive_keeps_while_it_beats(void **state)
{
	static const struct row {
		bool seen;
		int64_t wire, data, period;
		enum verdict_kind kind;
		enum keeper keeper;
		int64_t cut_in;
	} rows[] = {
		{true, S(200), S(200), S(200), VERDICT_KEPT, KEEPER_SSH, NONE},
		{true, S(20), S(20), S(200), VERDICT_ACTIVE, KEEPER_SSH, NONE},
		{false, S(200), S(200), S(200), VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		/* late by a sixteenth at most, by its payload: other segments are no beat */
		{true, S(210), S(213), S(200), VERDICT_KEPT, KEEPER_SSH, NONE},
		{true, S(210), S(213) + 1, S(200), VERDICT_AT_RISK, KEEPER_NONE, S(140)},
		{true, S(20), S(213) + 1, S(200), VERDICT_ACTIVE, KEEPER_NONE, S(330)},
		/* faster than the path, as slow, slower */
		{true, S(200), S(200), S(350) - 1, VERDICT_KEPT, KEEPER_SSH, NONE},
		{true, S(200), S(200), S(350), VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		{true, S(200), S(200), S(350) + 1, VERDICT_AT_RISK, KEEPER_NONE, S(150)},
		{true, S(350), S(200), S(200), VERDICT_OVERDUE, KEEPER_NONE, 0},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = silent_for(row->wire);

		print_message("row %td\n", row - rows);
		facts.idle.data = row->data;
		facts.has_rhythm = row->seen;
		facts.rhythm.period_ns = row->period;
		assert_verdict(judge(&facts, &path_350, WARN), row->kind, row->keeper, row->cut_in);
	}
}

static void own_keepalive_is_named_first(void **state)
{
	struct facts facts = silent_for(S(200));

	(void)state;
	peer_probes(&facts, S(200), S(230));
	arm(&facts, S(60), S(10));
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_TCP, NONE);
	facts.has_rhythm = true;
	facts.rhythm.period_ns = S(210);
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_TCP, NONE);
	arm(&facts, S(7200), S(10));
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_PEER_TCP, NONE);
	peer_probes(&facts, S(170), S(230));
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_KEPT, KEEPER_SSH, NONE);
}

static void dead_counts_from_a_threshold(void **state)
{
	static const struct row {
		uint32_t timeouts, probes;
		enum verdict_kind at_10_s, at_200_s, at_400_s;
	} rows[] = {
		{0, 0, VERDICT_ACTIVE, VERDICT_KEPT, VERDICT_OVERDUE},
		{2, 0, VERDICT_ACTIVE, VERDICT_KEPT, VERDICT_OVERDUE},
		{3, 0, VERDICT_DEAD, VERDICT_DEAD, VERDICT_DEAD},
		{UINT32_MAX, 0, VERDICT_DEAD, VERDICT_DEAD, VERDICT_DEAD},
		{0, 1, VERDICT_ACTIVE, VERDICT_KEPT, VERDICT_OVERDUE},
		{0, 2, VERDICT_DEAD, VERDICT_DEAD, VERDICT_DEAD},
		{0, 255, VERDICT_DEAD, VERDICT_DEAD, VERDICT_DEAD},
		{2, 1, VERDICT_ACTIVE, VERDICT_KEPT, VERDICT_OVERDUE},
		{3, 2, VERDICT_DEAD, VERDICT_DEAD, VERDICT_DEAD},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		const int64_t silences[] = {S(10), S(200), S(400)};
		const enum verdict_kind kinds[] = {row->at_10_s, row->at_200_s, row->at_400_s};

		print_message("%u time-outs, %u probes\n", row->timeouts, row->probes);
		for (int i = 0; i < 3; i++) {
			struct facts facts = silent_for(silences[i]);
			struct verdict verdict;

			arm(&facts, S(60), S(10));
			facts.timeouts = row->timeouts;
			facts.retransmits = UINT32_MAX; /* sent for loss alone: no sign of death */
			facts.probes = row->probes;
			verdict = judge(&facts, &path_350, WARN);
			assert_int_equal(verdict.kind, kinds[i]);
			if (kinds[i] == VERDICT_DEAD)
				assert_verdict(verdict, VERDICT_DEAD, KEEPER_NONE, NONE);
		}
	}
}

/* "Every duration may be unknown" (facts.h): then there is no countdown, and nothing overflows. */
static void unknown_silence_counts_nothing_down(void **state)
{
	struct facts facts = silent_for(NONE);

	(void)state;
	assert_true(judge(&facts, &path_350, WARN).cut_in == NONE);
	arm(&facts, S(60), S(30));
	assert_true(judge(&facts, &path_350, WARN).cut_in == NONE);
}

static void reasons_of_silence(void **state)
{
	struct facts facts = silent_for(S(212));

	(void)state;
	assert_reason(&facts, &path_350, "no packet is due, the path forgets after 350 s");
	arm(&facts, S(7200), S(6988));
	assert_reason(&facts, &path_350,
		      "no packet is due for 6988 s, the path forgets after 350 s");
	arm(&facts, S(200), S(138));
	assert_reason(&facts, &path_350,
		      "no packet is due for 138 s, the path forgets after 350 s");

	facts = silent_for(S(400));
	assert_reason(&facts, &path_350, "silent for 400 s, the path forgets after 350 s");
	arm(&facts, S(60), S(0));
	assert_reason(&facts, &path_350, "silent for 400 s, the path forgets after 350 s");

	facts = silent_for(S(10));
	assert_reason(&facts, &path_350, "nothing would keep the path open beyond its 350 s");
	arm(&facts, S(7200), NONE);
	assert_reason(&facts, &path_350, "nothing would keep the path open beyond its 350 s");
	arm(&facts, S(7200), S(7190));
	assert_reason(&facts, &path_350,
		      "TCP keepalive every 7200 s is slower than the path's 350 s");
}

/* A probe comes before the cut, but the one after it will not: "no packet is due" is not true. */
static void reason_tells_of_a_slow_keepalive_that_is_due(void **state)
{
	struct facts facts = silent_for(S(212));

	(void)state;
	arm(&facts, S(7200), S(50));
	assert_verdict(judge(&facts, &path_350, WARN), VERDICT_AT_RISK, KEEPER_NONE, S(138));
	assert_reason(&facts, &path_350,
		      "TCP keepalive every 7200 s is slower than the path's 350 s");
	arm(&facts, S(340), S(128));
	facts.tcp.late = S(33);
	assert_reason(&facts, &path_350,
		      "TCP keepalive every 340 s may come 33 s late, too slow for the path's "
		      "350 s");
	arm(&facts, S(300), S(128));
	facts.tcp.late = facts.tcp.next_late = S(33);
	assert_reason(&facts, &path_350,
		      "the next TCP keepalive, in 128 s, may come 33 s late, too late for the "
		      "path's 350 s");
	/* its timer is another than the option says */
	arm(&facts, S(60), S(100));
	facts.tcp.late = S(2);
	facts.tcp.next_late = S(38);
	facts.tcp.old_timer = true;
	assert_reason(&facts, &path_350,
		      "the next TCP keepalive, in 100 s, may come 38 s late, too late for the "
		      "path's 350 s");
}

/* What the peer sends is due, too, and where it is first it is what is too slow. */
static void reason_tells_of_a_slow_keepalive_of_the_peer(void **state)
{
	static const char slow[] =
		"the peer's TCP keepalive every 400 s is slower than the path's 350 s";
	struct facts facts = silent_for(S(200));

	(void)state;
	peer_probes(&facts, S(400), S(200));
	assert_reason(&facts, &path_350, slow);
	arm(&facts, S(7200), S(6800));
	assert_reason(&facts, &path_350, slow);
	facts.idle.wire = S(10);
	assert_reason(&facts, &path_350, slow);
	arm(&facts, S(360), S(350));
	assert_reason(&facts, &path_350,
		      "TCP keepalive every 360 s is slower than the path's 350 s");
	arm(&facts, S(7200), S(6800));
	peer_probes(&facts, S(320), S(200));
	assert_reason(&facts, &path_350,
		      "the peer's TCP keepalive every 320 s may come 41 s late, too slow for the "
		      "path's 350 s");
	/* It has stopped. */
	facts.idle.wire = S(300);
	peer_probes(&facts, S(260), S(300));
	assert_reason(&facts, &path_350,
		      "no packet is due for 6800 s, the path forgets after 350 s");
}

static void reasons_of_being_kept(void **state)
{
	struct facts facts = silent_for(S(212));

	(void)state;
	arm(&facts, S(250), S(38.9));
	assert_reason(&facts, &path_350, "TCP keepalive every 250 s, next probe in 38 s");
	facts.idle.wire = S(10);
	assert_reason(&facts, &path_350, "TCP keepalive every 250 s, next probe in 38 s");
	facts = silent_for(S(200));
	peer_probes(&facts, S(210), S(200.9));
	assert_reason(&facts, &path_350, "the peer's TCP keepalive every 210 s, last 200 s ago");
	facts.idle.wire = S(10);
	assert_reason(&facts, &path_350, "the peer's TCP keepalive every 210 s, last 200 s ago");
	peer_probes(&facts, S(210), S(3600));
	assert_reason(&facts, &path_350, "the peer's TCP keepalive every 210 s, next in 200 s");
}

static void reasons_of_an_ssh_keepalive(void **state)
{
	struct facts facts = silent_for(S(200.9));

	(void)state;
	facts.has_rhythm = true;
	facts.rhythm.period_ns = S(209.6);
	facts.rhythm.run = 8;
	assert_reason(&facts, &path_350, "SSH keepalive from the peer every 210 s, last 200 s ago");
	facts.rhythm.from_us = true;
	facts.rhythm.period_ns = S(210.4);
	assert_reason(&facts, &path_assumed, "SSH keepalive from us every 210 s, last 200 s ago");
	/* the user spoke after it, nobody knows for how long */
	facts.idle.data = S(150);
	facts.rhythm.run = 0;
	assert_reason(&facts, &path_350, "SSH keepalive from us every 210 s, next in 60 s");
	facts.idle.data = S(211);
	assert_reason(&facts, &path_350, "SSH keepalive from us every 210 s, next in 0 s");
	facts = silent_for(S(10));
	facts.has_rhythm = true;
	facts.rhythm.period_ns = S(599.5);
	assert_reason(&facts, &path_350,
		      "SSH keepalive every 600 s is slower than the path's 350 s");
	assert_reason(&facts, &path_assumed,
		      "SSH keepalive every 600 s is slower than the path's 300 s (assumed)");
	/* It is still what is due next when the session has come to be at risk. */
	facts.idle.wire = facts.idle.data = S(212);
	assert_reason(&facts, &path_350,
		      "SSH keepalive every 600 s is slower than the path's 350 s");
	facts.tcp.next_probe = S(6988);
	facts.tcp.period = S(7200);
	assert_reason(&facts, &path_350,
		      "SSH keepalive every 600 s is slower than the path's 350 s");
}

static void reasons_of_death(void **state)
{
	struct facts facts = silent_for(S(10));

	(void)state;
	facts.probes = 2;
	assert_reason(&facts, &path_350, "2 keepalive probes unanswered");
	facts.timeouts = 2;
	facts.retransmits = 9;
	assert_reason(&facts, &path_350, "2 keepalive probes unanswered");
	facts.timeouts = 3;
	assert_reason(&facts, &path_350, "9 retransmissions unanswered");
	facts.unanswered = S(7.9);
	assert_reason(&facts, &path_350, "9 retransmissions unanswered for 7 s");
	facts.idle.wire = S(400);
	facts.idle.wire_seen = false;
	assert_reason(&facts, &path_assumed, "9 retransmissions unanswered for 7 s");
}

/* A path that was seen to be more patient than the operator says: a hint, no other verdict. */
static void reason_tells_what_the_path_let_pass(void **state)
{
	struct facts facts = silent_for(S(200));
	struct path path = {.timeout_ns = S(350),
			    .source = PATH_CONFIG,
			    .let_pass_ns = S(2460),
			    .let_pass_times = 12};

	(void)state;
	assert_reason(&facts, &path,
		      "no packet is due, the path forgets after 350 s; yet it let 2460 s pass, and "
		      "more than 350 s 12 times");
	facts.idle.wire = S(350);
	assert_reason(&facts, &path,
		      "silent for 350 s, the path forgets after 350 s; yet it let 2460 s pass, and "
		      "more than 350 s 12 times");
	facts.idle.wire = S(10);
	assert_reason(&facts, &path, "nothing would keep the path open beyond its 350 s");
}

/* What rests on an assumption says so; what does not depend on the path does not. */
static void reason_tells_an_assumed_path(void **state)
{
	struct facts facts = silent_for(S(200));
	struct path learned = {.timeout_ns = S(300), .source = PATH_LEARNED},
		    option = {.timeout_ns = S(300), .source = PATH_OPTION};

	(void)state;
	assert_reason(&facts, &path_assumed,
		      "no packet is due, the path forgets after 300 s (assumed)");
	assert_reason(&facts, &learned, "no packet is due, the path forgets after 300 s (learned)");
	assert_reason(&facts, &option, "no packet is due, the path forgets after 300 s");
	facts.idle.wire = S(300);
	assert_reason(&facts, &path_assumed,
		      "silent for 300 s, the path forgets after 300 s (assumed)");
	facts.idle.wire = S(10);
	assert_reason(&facts, &path_assumed,
		      "nothing would keep the path open beyond its 300 s (assumed)");
	arm(&facts, S(7200), S(7190));
	assert_reason(&facts, &path_assumed,
		      "TCP keepalive every 7200 s is slower than the path's 300 s (assumed)");
	arm(&facts, S(60), S(50));
	assert_reason(&facts, &path_assumed, "TCP keepalive every 60 s, next probe in 50 s");
}

static void reason_tells_an_upper_bound(void **state)
{
	static const char bound[] = "; silence is at most this: unseen by a recorder";
	struct facts facts = silent_for(S(212));
	char expected[REASON_SIZE];

	(void)state;
	facts.idle.wire_seen = false;
	snprintf(expected, sizeof(expected), "no packet is due, the path forgets after 350 s%s",
		 bound);
	assert_reason(&facts, &path_350, expected);
	snprintf(expected, sizeof(expected),
		 "no packet is due, the path forgets after 300 s (assumed)%s", bound);
	assert_reason(&facts, &path_assumed, expected);
	facts.idle.wire = S(350);
	snprintf(expected, sizeof(expected), "silent for 350 s, the path forgets after 350 s%s",
		 bound);
	assert_reason(&facts, &path_350, expected);
	facts.idle.wire = S(10);
	assert_reason(&facts, &path_350, "nothing would keep the path open beyond its 350 s");
	facts.idle.wire = S(212);
	arm(&facts, S(60), S(10));
	assert_reason(&facts, &path_350, "TCP keepalive every 60 s, next probe in 10 s");
}

static void assert_reason_fits(const struct facts *facts, const struct path *path)
{
	struct verdict verdict = judge(facts, path, WARN);
	char whole[4 * REASON_SIZE], buf[REASON_SIZE + 8];

	judge_reason(facts, path, &verdict, whole, sizeof(whole));
	assert_in_range(strlen(whole), 1, REASON_SIZE - 1);
	for (size_t size = 1; size <= REASON_SIZE; size++) {
		memset(buf, 'x', sizeof(buf));
		judge_reason(facts, path, &verdict, buf, size);
		assert_true(strlen(buf) < size);
		assert_memory_equal(buf, whole, strlen(buf));
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 'x');
	}
}

static void reason_keeps_to_its_buffer(void **state)
{
	static const struct path longest = {.timeout_ns = S(DURATION_MAX_S),
					    .source = PATH_ASSUMED};
	struct facts facts = silent_for(S(DURATION_MAX_S) - 1);

	(void)state;
	facts.idle.wire_seen = false;
	arm(&facts, INT64_MAX, INT64_MAX / 2);
	assert_reason_fits(&facts, &longest);
	facts.idle.wire = INT64_MAX;
	assert_reason_fits(&facts, &longest);
	facts.idle.wire = 0;
	assert_reason_fits(&facts, &longest);
	arm(&facts, S(DURATION_MAX_S) - 1, S(DURATION_MAX_S) - 1);
	assert_reason_fits(&facts, &longest);
	arm(&facts, INT64_MAX, NONE);
	peer_probes(&facts, S(DURATION_MAX_S) - 1, S(DURATION_MAX_S));
	assert_reason_fits(&facts, &longest);
	facts.has_rhythm = true;
	facts.rhythm.period_ns = S(DURATION_MAX_S) - 1;
	assert_reason_fits(&facts, &longest);
	facts.probes = UINT32_MAX;
	assert_reason_fits(&facts, &longest);
	facts.timeouts = UINT32_MAX;
	facts.retransmits = UINT32_MAX;
	facts.unanswered = INT64_MAX;
	assert_reason_fits(&facts, &longest);
}

static void words_are_those_of_the_schema(void **state)
{
	static const struct row {
		enum verdict_kind kind;
		const char *name, *key, *severity;
		bool needs_person;
	} rows[] = {
		{VERDICT_ACTIVE, "active", "active", "ok", false},
		{VERDICT_KEPT, "kept", "kept", "ok", false},
		{VERDICT_AT_RISK, "at-risk", "at_risk", "warning", true},
		{VERDICT_OVERDUE, "overdue", "overdue", "critical", true},
		{VERDICT_DEAD, "dead", "dead", "critical", true},
	};
	const struct row *row;

	(void)state;
	assert_int_equal(ARRAY_END(rows) - rows, VERDICT_KINDS);
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_string_equal(verdict_name(row->kind), row->name);
		assert_string_equal(verdict_key(row->kind), row->key);
		assert_string_equal(verdict_severity(row->kind), row->severity);
		assert_int_equal(verdict_needs_person(row->kind), row->needs_person);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_judged_by_the_path),
		cmocka_unit_test(source_of_the_path_changes_no_verdict),
		cmocka_unit_test(own_keepalive_keeps_if_it_is_in_time),
		cmocka_unit_test(own_keepalive_keeps_if_it_is_in_time_when_late),
		cmocka_unit_test(a_probe_on_its_way_keeps),
		cmocka_unit_test(peer_probes_keep_while_they_come),
		cmocka_unit_test(peer_probes_keep_if_they_are_steady),
		cmocka_unit_test(ssh_keepalive_keeps_while_it_beats),
		cmocka_unit_test(own_keepalive_is_named_first),
		cmocka_unit_test(dead_counts_from_a_threshold),
		cmocka_unit_test(reasons_of_silence),
		cmocka_unit_test(reason_tells_of_a_slow_keepalive_that_is_due),
		cmocka_unit_test(reason_tells_of_a_slow_keepalive_of_the_peer),
		cmocka_unit_test(reasons_of_being_kept),
		cmocka_unit_test(reasons_of_an_ssh_keepalive),
		cmocka_unit_test(reasons_of_death),
		cmocka_unit_test(reason_tells_what_the_path_let_pass),
		cmocka_unit_test(reason_tells_an_assumed_path),
		cmocka_unit_test(reason_tells_an_upper_bound),
		cmocka_unit_test(reason_keeps_to_its_buffer),
		cmocka_unit_test(words_are_those_of_the_schema),
		cmocka_unit_test(unknown_silence_counts_nothing_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
