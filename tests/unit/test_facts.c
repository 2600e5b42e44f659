// SPDX-License-Identifier: GPL-2.0-only
/* What a record means: role, clocks, the keepalive timer, what stays unanswered. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "../../user/duration.h"
#include "../../user/facts.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((int64_t)((seconds) * (double)NSEC_PER_SEC))
#define NOW ((uint64_t)S(100000))
#define AGO(seconds) (NOW - (uint64_t)S(seconds))
#define MS_MAX 0xffffffffU
#define NONE UNKNOWN_NS

/* enum tcp_state of the kernel */
enum { ESTABLISHED = 1, FIN_WAIT1 = 4, FIN_WAIT2 = 5, CLOSE_WAIT = 8, LAST_ACK = 9, CLOSING = 11 };

/* Without history: the last acknowledgement came 10 s ago, payload 20 s and went 30 s ago. */
static struct record_session kernel_record(void)
{
	return (struct record_session){
		.now_ns = NOW,
		.bytes_received = 1000,
		.bytes_sent = 2000,
		.local_port = 22,
		.peer_port = 40000,
		.rx_ack_age_ms = 10000,
		.rx_data_age_ms = 20000,
		.tx_data_age_ms = 30000,
		.keepalive = {.idle_s = 7200, .interval_s = 75, .count = 9},
		.family = 4,
		.state = ESTABLISHED,
		.flags = SESSION_LOCAL_WATCHED,
	};
}

/* With history: accepted 1000 s ago, the last segment came 1 s ago, payload 2 s and went 3 s. */
static struct record_session recorded(void)
{
	struct record_session record = kernel_record();

	record.flags |= SESSION_HISTORY;
	record.history = (struct flow_history){
		.first_seen_ns = AGO(1000),
		.rx_ns = AGO(1),
		.rx_data_ns = AGO(2),
		.tx_acked_ns = AGO(3),
		.segments = 7,
		.longest_ms = 12345,
		.origin = ORIGIN_ACCEPTED,
	};
	return record;
}

static struct facts facts_of(const struct record_session *record)
{
	struct facts facts;

	facts_from_record(record, &facts);
	return facts;
}

static void assert_ns(int64_t ns, int64_t expected)
{
	if (ns != expected)
		print_error("%.9f s, not %.9f s\n", ns_to_seconds(ns), ns_to_seconds(expected));
	assert_true(ns == expected);
}

static void role_of_one_watched_end(void **state)
{
	struct record_session record = recorded();

	(void)state;
	/* the watched port is the server's, whatever else speaks against it */
	for (int origin = ORIGIN_SEEDED; origin <= ORIGIN_CONNECTED; origin++) {
		for (int bound = 0; bound <= SESSION_BOUND; bound += SESSION_BOUND) {
			record.history.origin = origin;
			record.flags = SESSION_HISTORY | SESSION_LOCAL_WATCHED | bound;
			record.local_port = 2222;
			record.peer_port = 1024;
			assert_int_equal(facts_role(&record), ROLE_SERVER);
			record.flags = SESSION_HISTORY | SESSION_PEER_WATCHED | bound;
			record.local_port = 1024;
			record.peer_port = 2222;
			assert_int_equal(facts_role(&record), ROLE_CLIENT);
		}
	}
}

static void role_of_two_watched_ends(void **state)
{
	static const struct row {
		bool history;
		enum flow_origin origin;
		bool bound;
		uint16_t local_port, peer_port;
		enum role role;
	} rows[] = {
		/* the handshake knows best */
		{true, ORIGIN_ACCEPTED, false, 22, 2222, ROLE_SERVER},
		{true, ORIGIN_ACCEPTED, false, 2222, 22, ROLE_SERVER},
		{true, ORIGIN_ACCEPTED, true, 2222, 22, ROLE_SERVER},
		{true, ORIGIN_CONNECTED, false, 22, 2222, ROLE_CLIENT},
		{true, ORIGIN_CONNECTED, false, 2222, 22, ROLE_CLIENT},
		{true, ORIGIN_CONNECTED, true, 22, 2222, ROLE_CLIENT},
		/* then who bound its port: nobody accepted that socket */
		{true, ORIGIN_SEEDED, true, 22, 2222, ROLE_CLIENT},
		{true, ORIGIN_SEEDED, true, 2222, 22, ROLE_CLIENT},
		{false, ORIGIN_SEEDED, true, 22, 22, ROLE_CLIENT},
		/* no history: its bytes mean nothing */
		{false, ORIGIN_ACCEPTED, true, 22, 2222, ROLE_CLIENT},
		{false, ORIGIN_CONNECTED, false, 22, 2222, ROLE_SERVER},
		/* then the lower port, and of equal ones this end */
		{true, ORIGIN_SEEDED, false, 22, 2222, ROLE_SERVER},
		{true, ORIGIN_SEEDED, false, 2222, 22, ROLE_CLIENT},
		{true, ORIGIN_SEEDED, false, 22, 22, ROLE_SERVER},
		{false, ORIGIN_SEEDED, false, 22, 23, ROLE_SERVER},
		{false, ORIGIN_SEEDED, false, 23, 22, ROLE_CLIENT},
		{false, ORIGIN_SEEDED, false, 22, 22, ROLE_SERVER},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();

		print_message("row %td\n", row - rows);
		record.flags = SESSION_LOCAL_WATCHED | SESSION_PEER_WATCHED;
		record.flags |= row->history ? SESSION_HISTORY : 0;
		record.flags |= row->bound ? SESSION_BOUND : 0;
		record.history.origin = row->origin;
		record.local_port = row->local_port;
		record.peer_port = row->peer_port;
		assert_int_equal(facts_role(&record), row->role);
		assert_int_equal(facts_of(&record).role, row->role);
	}
	assert_string_equal(role_name(ROLE_SERVER), "server");
	assert_string_equal(role_name(ROLE_CLIENT), "client");
}

static void clocks_of_the_kernel(void **state)
{
	static const struct row {
		uint32_t ack_ms, rx_ms, tx_ms;
		uint64_t received, sent;
		int64_t wire, rx, tx, data;
	} rows[] = {
		{10000, 20000, 30000, 1, 1, S(10), S(20), S(30), S(20)},
		{20000, 10000, 30000, 1, 1, S(10), S(10), S(30), S(10)},
		{30000, 20000, 10000, 1, 1, S(20), S(20), S(10), S(10)},
		{0, 0, 0, 1, 1, 0, 0, 0, 0},
		{1, 2, 3, 1, 1, 1000000, 2000000, 3000000, 2000000},
		/* no payload yet: the stamps are the handshake's */
		{10000, 20000, 30000, 0, 1, S(10), NONE, S(30), S(30)},
		{10000, 20000, 30000, 1, 0, S(10), S(20), NONE, S(20)},
		{10000, 20000, 30000, 0, 0, S(10), NONE, NONE, NONE},
		/* saturated: 49 days, and no overflow on the way */
		{MS_MAX, MS_MAX, MS_MAX, 1, 1, S(4294967.295), S(4294967.295), S(4294967.295),
		 S(4294967.295)},
		{MS_MAX, 0, MS_MAX, UINT64_MAX, UINT64_MAX, 0, 0, S(4294967.295), 0},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = kernel_record();
		struct facts facts;

		print_message("row %td\n", row - rows);
		record.rx_ack_age_ms = row->ack_ms;
		record.rx_data_age_ms = row->rx_ms;
		record.tx_data_age_ms = row->tx_ms;
		record.bytes_received = row->received;
		record.bytes_sent = row->sent;
		facts = facts_of(&record);
		assert_ns(facts.idle.wire, row->wire);
		assert_ns(facts.idle.rx_data, row->rx);
		assert_ns(facts.idle.tx_data, row->tx);
		assert_ns(facts.idle.data, row->data);
		assert_ns(facts.idle.user, row->data);
		assert_ns(facts.idle.age, NONE);
		assert_false(facts.idle.wire_seen);
	}
}

/* Bytes where a history would be are none of ours without SESSION_HISTORY. */
static void no_history_is_not_looked_at(void **state)
{
	struct record_session record = recorded();
	struct facts facts;

	(void)state;
	record.flags &= ~SESSION_HISTORY;
	record.history.retransmits = 9;
	record.history.rx_probe_gap_ms = 9;
	record.history.rx_probe_ns = AGO(5);
	facts = facts_of(&record);
	assert_ns(facts.idle.wire, S(10));
	assert_ns(facts.idle.age, NONE);
	assert_false(facts.idle.wire_seen);
	assert_int_equal(facts.retransmits, 0);
	assert_ns(facts.unanswered, NONE);
	assert_ns(facts.peer_probe_age, NONE);
	assert_ns(facts.peer_probe_period, NONE);
	assert_ns(facts.longest_survived, NONE);
}

/* A segment came between attach and the seeding: the kernel knows of the payload before it. */
static void seeded_payload_is_as_old_as_the_kernel_says(void **state)
{
	struct record_session record = recorded();

	(void)state;
	record.history.origin = ORIGIN_SEEDED;
	record.history.rx_data_ns = record.history.tx_acked_ns = 0;
	assert_ns(facts_of(&record).idle.rx_data, S(20));
	assert_ns(facts_of(&record).idle.tx_data, S(30));
	record.history.rx_data_ns = AGO(2);
	assert_ns(facts_of(&record).idle.rx_data, S(2));
	record.bytes_sent = 0;
	assert_ns(facts_of(&record).idle.tx_data, NONE);
}

static void clocks_of_the_recorder(void **state)
{
	struct record_session record = recorded();
	struct facts facts = facts_of(&record);

	(void)state;
	assert_ns(facts.idle.wire, S(1));
	assert_ns(facts.idle.rx_data, S(2));
	assert_ns(facts.idle.tx_data, S(3));
	assert_ns(facts.idle.data, S(2));
	assert_ns(facts.idle.user, S(2));
	assert_ns(facts.idle.age, S(1000));
	assert_true(facts.idle.wire_seen);

	record.history.tx_acked_ns = AGO(1);
	assert_ns(facts_of(&record).idle.data, S(1));
	record.history.rx_data_ns = 0;
	assert_ns(facts_of(&record).idle.rx_data, NONE);
	assert_ns(facts_of(&record).idle.data, S(1));
	record.history.tx_acked_ns = 0;
	assert_ns(facts_of(&record).idle.tx_data, NONE);
	assert_ns(facts_of(&record).idle.data, NONE);
	assert_ns(facts_of(&record).idle.user, NONE);
	assert_ns(facts_of(&record).idle.wire, S(1));
}

static void age_is_known_of_what_was_seen_to_open(void **state)
{
	static const struct row {
		enum flow_origin origin;
		int64_t age;
	} rows[] = {
		{ORIGIN_SEEDED, NONE},
		{ORIGIN_ACCEPTED, S(1000)},
		{ORIGIN_CONNECTED, S(1000)},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();

		record.history.origin = row->origin;
		assert_ns(facts_of(&record).idle.age, row->age);
		assert_ns(facts_of(&record).idle.wire, S(1));
	}
}

/* A seeded flow holds the kernel's stamps until its first segment: an upper bound till then. */
static void seeded_wire_is_a_bound_until_a_segment(void **state)
{
	struct record_session record = recorded();

	(void)state;
	record.history.origin = ORIGIN_SEEDED;
	record.history.segments = 0;
	assert_false(facts_of(&record).idle.wire_seen);
	assert_ns(facts_of(&record).idle.wire, S(1));
	record.history.segments = 1;
	assert_true(facts_of(&record).idle.wire_seen);
}

/* The recorder runs on other processors while the snapshot reads. */
static void segments_of_the_future_are_now(void **state)
{
	struct record_session record = recorded();
	struct facts facts;

	(void)state;
	record.history.first_seen_ns = NOW + 1;
	record.history.rx_ns = NOW + 1;
	record.history.rx_data_ns = NOW + (uint64_t)S(1);
	record.history.tx_acked_ns = UINT64_MAX;
	record.history.rx_probe_ns = NOW + 5;
	record.history.retransmits = 1;
	record.history.retransmit_ns = NOW + 5;
	facts = facts_of(&record);
	assert_ns(facts.idle.age, 0);
	assert_ns(facts.idle.wire, 0);
	assert_ns(facts.idle.rx_data, 0);
	assert_ns(facts.idle.tx_data, 0);
	assert_ns(facts.peer_probe_age, 0);
	assert_ns(facts.unanswered, 0);
	record.history.rx_ns = NOW;
	assert_ns(facts_of(&record).idle.wire, 0);
	record.history.rx_ns = NOW - 1;
	assert_ns(facts_of(&record).idle.wire, 1);
}

/* tcp_probe is silent outside ESTABLISHED. */
static void half_closed_flows_are_known_to_the_kernel(void **state)
{
	static const int states[] = {FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING};

	(void)state;
	for (const int *half = states; half < ARRAY_END(states); half++) {
		struct record_session record = recorded();
		struct facts facts;

		print_message("state %d\n", *half);
		record.state = *half;
		record.rx_ack_age_ms = 500;
		record.history.rx_ns = AGO(60);
		record.history.rx_data_ns = AGO(61);
		record.history.tx_acked_ns = AGO(62);
		facts = facts_of(&record);
		assert_ns(facts.idle.wire, S(0.5));
		assert_ns(facts.idle.rx_data, S(20));
		assert_ns(facts.idle.tx_data, S(30));
		assert_ns(facts.idle.data, S(20));
		assert_ns(facts.idle.age, S(1000));
		assert_ns(facts.longest_survived, S(12.345));
	}
}

/* Nobody sees the peer's probes there: the silence is an upper bound again (design 4). */
static void half_closed_wire_is_a_bound(void **state)
{
	struct record_session record = recorded();

	(void)state;
	record.state = FIN_WAIT2;
	assert_false(facts_of(&record).idle.wire_seen);
}

static void keepalive_tells_the_next_probe(void **state)
{
	static const struct row {
		uint32_t idle_s, interval_s, timer_ms, ack_ms, rx_ms;
		uint8_t probes_out;
		bool enabled;
		uint16_t flags;
		int64_t period, next_probe;
	} rows[] = {
#define ARMED true, SESSION_TIMER_ARMED
		{7200, 75, 6988000, 212000, 212000, 0, ARMED, S(7200), S(6988)},
		/* the timer is early, and will only re-arm itself for the rest */
		{7200, 75, 1000, 212000, 300000, 0, ARMED, S(7200), S(6988)},
		{7200, 75, 1000, 300000, 212000, 0, ARMED, S(7200), S(6988)},
		{60, 75, 0, 1000, 1000, 0, ARMED, S(75), S(59)},
		{60, 75, 58999, 1000, 1000, 0, ARMED, S(75), S(59)},
		{60, 75, 59000, 1000, 1000, 0, ARMED, S(75), S(59)},
		/* the timer is later: it decides */
		{60, 75, 59001, 1000, 1000, 0, ARMED, S(75), S(59.001)},
		{60, 75, 7000000, 1000, 1000, 0, ARMED, S(75), S(7000)},
		/* probes are out: the interval runs, however short the silence */
		{60, 10, 4000, 1000, 1000, 1, ARMED, S(60), S(4)},
		{60, 10, 4000, 90000, 90000, 3, ARMED, S(60), S(4)},
		/* the silence is over the idle option already */
		{60, 10, 4000, 90000, 90000, 0, ARMED, S(60), S(4)},
		{60, 10, 0, 60000, 60000, 0, ARMED, S(60), 0},
		/* the slower of both is the period */
		{60, 60, 1000, 59000, 59000, 0, ARMED, S(60), S(1)},
		{60, 600, 1000, 59000, 59000, 0, ARMED, S(600), S(1)},
		{32767, 32767, MS_MAX, MS_MAX, MS_MAX, 0, ARMED, S(32767), S(4294967.295)},
		{UINT32_MAX, 1, 0, 0, 0, 0, ARMED, S(4294967295), S(4294967295)},
		{0, 0, 0, 0, 0, 0, ARMED, 0, 0},
		/* options alone promise nothing */
		{60, 75, 1000, 1000, 1000, 0, false, 0, S(75), NONE},
		{60, 75, 1000, 1000, 1000, 0, true, 0, S(75), NONE},
		{60, 75, 1000, 1000, 1000, 0, false, SESSION_TIMER_ARMED, S(75), NONE},
		{60, 75, 1000, 1000, 1000, 1, true, 0, S(75), NONE},
#undef ARMED
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();
		struct facts facts;

		print_message("row %td\n", row - rows);
		record.keepalive.idle_s = row->idle_s;
		record.keepalive.interval_s = row->interval_s;
		record.keepalive.enabled = row->enabled;
		record.timer_left_ms = row->timer_ms;
		record.rx_ack_age_ms = row->ack_ms;
		record.rx_data_age_ms = row->rx_ms;
		record.probes_out = row->probes_out;
		record.flags |= row->flags;
		facts = facts_of(&record);
		assert_int_equal(facts.tcp.enabled, row->enabled);
		assert_ns(facts.tcp.period, row->period);
		assert_ns(facts.tcp.next_probe, row->next_probe);
	}
}

/* Its timer, of 60 s, is at most a sixteenth late. */
static struct record_session timed(uint32_t silent_ms, uint32_t left_ms, uint32_t due_ms)
{
	struct record_session record = recorded();

	record.keepalive = (struct keepalive_options){
		.enabled = 1, .idle_s = 60, .interval_s = 60, .count = 9};
	record.keepalive_late = KEEPALIVE_LATE_PARTS / 16;
	record.flags |= SESSION_TIMER_ARMED;
	record.rx_ack_age_ms = record.rx_data_age_ms = silent_ms;
	record.timer_left_ms = left_ms;
	record.timer_due_ms = due_ms;
	return record;
}

/* Its answer may be on the way. */
static void a_probe_that_was_just_sent_is_known(void **state)
{
	static const struct row {
		uint32_t left_ms;
		uint8_t probes_out;
		bool just_sent;
	} rows[] = {
		{10000, 1, true},  {8001, 1, true},   {8000, 1, false}, {10000, 2, false},
		{10000, 0, false}, {10001, 1, false}, /* the timer is not that of this interval */
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = timed(60000, row->left_ms, row->left_ms);
		struct facts facts;

		print_message("row %td\n", row - rows);
		record.keepalive.interval_s = 10;
		record.probes_out = row->probes_out;
		facts = facts_of(&record);
		assert_int_equal(facts.tcp.just_sent, row->just_sent);
		assert_ns(facts.tcp.next_probe, row->left_ms * NSEC_PER_MSEC);
	}
}

/* The wheel's slot tells when the timer goes off, and so how late that is. */
static void next_probe_is_as_late_as_its_timer(void **state)
{
	static const struct row {
		uint32_t silent_ms, left_ms, due_ms;
		int64_t next_late;
	} rows[] = {
		{10000, 50000, 51500, S(1.5)},
		{10000, 50000, 50000, 0},
		{60000, 0, 700, S(0.7)},
		{60000, 0, 0, 0},
		/* nobody told: the most that one of this period is */
		{10000, 50000, 0, S(3.75)},
		/* it will only arm itself for the rest */
		{10000, 40000, 40900, S(3.75)},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = timed(row->silent_ms, row->left_ms, row->due_ms);
		struct facts facts;

		print_message("row %td\n", row - rows);
		facts = facts_of(&record);
		assert_ns(facts.tcp.late, S(3.75));
		assert_ns(facts.tcp.next_late, row->next_late);
	}
}

/* One that the options explain, late as the kernel may be, is not old. */
static void old_timer_is_one_that_nothing_else_explains(void **state)
{
	static const struct row {
		uint32_t idle_s, interval_s, left_ms, packets_out, unacked;
		uint8_t late, probes;
		uint16_t flags;
		uint64_t old_ms;
	} rows[] = {
#define OLD(late) 0, 0, late, 0, SESSION_TIMER_ARMED
		{60, 60, 7000000, OLD(0), 7010000},
		{60, 60, 51000, OLD(0), 61000},
		{60, 60, 50999, OLD(0), 0},
		{60, 60, 58499, OLD(32), 0},
		{60, 60, 58500, OLD(32), 68500},
		{5, 60, 50000, OLD(0), 0},
		{5, 60, 51000, OLD(0), 61000},
#undef OLD
		/* what is unanswered keeps it off, but by no more than a period */
		{60, 60, 60000, 1, 0, 0, 0, SESSION_TIMER_ARMED, 0},
		{60, 60, 60000, 0, 1, 0, 0, SESSION_TIMER_ARMED, 0},
		{60, 60, 60000, 0, 0, 0, 1, SESSION_TIMER_ARMED, 0},
		{60, 60, 7000000, 1, 0, 0, 0, SESSION_TIMER_ARMED, 7000000},
		{60, 60, 7000000, 0, 1, 0, 0, SESSION_TIMER_ARMED, 7000000},
		{60, 60, 7000000, 0, 0, 0, 1, SESSION_TIMER_ARMED, 7000000},
		{60, 60, 7000000, 0, 0, 0, 0, 0, 0},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();

		print_message("row %td\n", row - rows);
		record.keepalive.idle_s = row->idle_s;
		record.keepalive.interval_s = row->interval_s;
		record.keepalive.enabled = 1;
		record.keepalive_late = row->late;
		record.rx_ack_age_ms = record.rx_data_age_ms = 10000;
		record.timer_left_ms = row->left_ms;
		record.packets_out = row->packets_out;
		record.unacked_bytes = row->unacked;
		record.probes_out = row->probes;
		record.flags |= row->flags;
		assert_int_equal(facts_old_timer_ms(&record), row->old_ms);
		assert_int_equal(facts_of(&record).tcp.old_timer, row->old_ms != 0);
	}
}

static void peer_probes_have_a_period_from_the_second(void **state)
{
	static const struct row {
		uint32_t gap_ms;
		uint64_t probe_ns;
		int64_t period, age;
	} rows[] = {
		{0, 0, NONE, NONE},
		{0, AGO(7), NONE, S(7)},
		{60000, AGO(7), S(60), S(7)},
		{75500, AGO(0), S(75.5), 0},
		{MS_MAX, AGO(1), S(4294967.295), S(1)},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();

		print_message("row %td\n", row - rows);
		record.history.rx_probe_gap_ms = row->gap_ms;
		record.history.rx_probe_ns = row->probe_ns;
		assert_ns(facts_of(&record).peer_probe_period, row->period);
		assert_ns(facts_of(&record).peer_probe_age, row->age);
	}
}

/* From probe to probe a timer of the kernel comes to be always as late, and after all else not. */
static void peer_probe_is_late_unless_its_timer_is_steady(void **state)
{
	struct record_session record = recorded();

	(void)state;
	record.history.rx_probe_gap_ms = 63000;
	record.history.rx_probe_ns = AGO(7);
	record.history.rx_data_ns = record.history.tx_acked_ns = AGO(80);
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	record.history.marks = MARK_STEADY;
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	record.history.marks = MARK_STEADY | MARK_FOLLOWED | MARK_ODD;
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	record.history.marks = MARK_STEADY | MARK_FOLLOWED;
	assert_ns(facts_of(&record).peer_probe_late, 0);
	record.history.tx_acked_ns = AGO(6);
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	record.history.tx_acked_ns = AGO(80);
	record.history.rx_data_ns = AGO(6);
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	/* Its timer is no longer than the least silence that it ended. */
	record.history.rx_probe_min_ms = 63000;
	assert_ns(facts_of(&record).peer_probe_late, S(8));
	record.history.rx_probe_min_ms = 56700;
	assert_ns(facts_of(&record).peer_probe_late, S(0.9));
	/* That is the shorter of idle and interval, and this the longer. */
	record.history.rx_probe_min_ms = 31500;
	assert_ns(facts_of(&record).peer_probe_late, S(8));
}

/* Bursts of a keepalive every 5 s, the last 2 s ago; a user's, 3 s apart, fill the ring. */
static struct record_session beating(unsigned int n)
{
	struct record_session record = recorded();
	struct flow_history *history = &record.history;

	for (unsigned int i = 0; i < BURSTS_MAX; i++)
		history->bursts[i] = (struct burst){3000, 1000, 2000};
	for (unsigned int i = 0; i < n; i++)
		history->bursts[i] = (struct burst){5000, 68, 28};
	history->burst_next = n % BURSTS_MAX;
	history->burst_count = BURSTS_MAX;
	history->unlike_ns = AGO(100);
	return record;
}

static void user_is_idle_since_before_the_rhythm(void **state)
{
	static const struct row {
		unsigned int beats;
		bool seen;
		int64_t user;
	} rows[] = {
		{0, false, S(2)},
		{2, false, S(2)},
		{3, true, S(17)},
		{7, true, S(37)},
		/* the ring is full: one period before the first that was unlike */
		{8, true, S(105)},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = beating(row->beats);
		struct facts facts = facts_of(&record);

		print_message("%u beats\n", row->beats);
		assert_int_equal(facts.has_rhythm, row->seen);
		assert_ns(facts.idle.data, S(2));
		assert_ns(facts.idle.user, row->user);
		if (row->seen)
			assert_ns(facts.rhythm.period_ns, S(5));
		record.flags &= ~SESSION_HISTORY;
		facts = facts_of(&record);
		assert_false(facts.has_rhythm);
		assert_ns(facts.idle.user, S(20));
	}
}

/* What came between two keepalives was the user's; a server's output is never one. */
static void user_is_idle_since_what_was_no_keepalive(void **state)
{
	struct record_session record = beating(7);
	struct facts facts;

	(void)state;
	record.history.bursts[4] = (struct burst){3000, 1000, 2000};
	facts = facts_of(&record);
	assert_true(facts.has_rhythm);
	assert_int_equal(facts.rhythm.n, 6);
	assert_ns(facts.idle.user, S(12));
	record.history.bursts[6] = (struct burst){3000, 1000, 2000};
	facts = facts_of(&record);
	assert_true(facts.has_rhythm);
	assert_ns(facts.idle.user, S(2));
	for (unsigned int i = 0; i < BURSTS_MAX; i++)
		record.history.bursts[i] = (struct burst){5000, 0, 68};
	record.history.burst_first_us = 0xff;
	assert_false(facts_of(&record).has_rhythm);
	record.flags = SESSION_HISTORY | SESSION_PEER_WATCHED;
	assert_true(facts_of(&record).has_rhythm);
}

static void survival_is_the_longest_silence(void **state)
{
	struct record_session record = recorded();

	(void)state;
	assert_ns(facts_of(&record).longest_survived, S(12.345));
	record.history.longest_ms = 0;
	assert_ns(facts_of(&record).longest_survived, 0);
	record.history.longest_ms = MS_MAX;
	assert_ns(facts_of(&record).longest_survived, S(4294967.295));
}

static void unanswered_is_what_the_recorder_or_the_kernel_counts(void **state)
{
	static const struct row {
		bool history;
		uint8_t kernel_retransmits, probes_out;
		uint32_t retransmits;
		uint64_t retransmit_ns;
		uint32_t expected;
		int64_t since;
	} rows[] = {
		{true, 0, 0, 0, 0, 0, NONE},	   {true, 2, 0, 0, 0, 2, NONE},
		{true, 2, 1, 5, AGO(9), 5, S(9)},  {true, 0, 9, 1, AGO(0), 1, 0},
		{false, 4, 3, 5, AGO(9), 4, NONE}, {false, 255, 255, 0, 0, 255, NONE},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct record_session record = recorded();
		struct facts facts;

		print_message("row %td\n", row - rows);
		record.flags &= row->history ? ~0 : ~SESSION_HISTORY;
		record.retransmits = row->kernel_retransmits;
		record.probes_out = row->probes_out;
		record.history.retransmits = row->retransmits;
		record.history.retransmit_ns = row->retransmit_ns;
		facts = facts_of(&record);
		assert_int_equal(facts.retransmits, row->expected);
		assert_int_equal(facts.probes, row->probes_out);
		assert_ns(facts.unanswered, row->since);
	}
}

/* A recorder that came into the middle of an outage has seen the fewer, and nothing inbound. */
static void unanswered_is_no_less_than_the_kernel_counts(void **state)
{
	struct record_session record = recorded();

	(void)state;
	record.history.origin = ORIGIN_SEEDED;
	record.history.segments = 0;
	record.retransmits = 6;
	record.history.retransmits = 1;
	record.history.retransmit_ns = AGO(9);
	assert_int_equal(facts_of(&record).retransmits, 6);
	assert_ns(facts_of(&record).unanswered, S(9));
}

static void seconds_are_for_people(void **state)
{
	(void)state;
	assert_true(isnan(ns_to_seconds(UNKNOWN_NS)));
	assert_true(ns_to_seconds(0) == 0);
	assert_true(ns_to_seconds(1500000000) == 1.5);
	assert_true(ns_to_seconds(S(4294967295)) == 4294967295.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(role_of_one_watched_end),
		cmocka_unit_test(role_of_two_watched_ends),
		cmocka_unit_test(clocks_of_the_kernel),
		cmocka_unit_test(no_history_is_not_looked_at),
		cmocka_unit_test(clocks_of_the_recorder),
		cmocka_unit_test(seeded_payload_is_as_old_as_the_kernel_says),
		cmocka_unit_test(age_is_known_of_what_was_seen_to_open),
		cmocka_unit_test(seeded_wire_is_a_bound_until_a_segment),
		cmocka_unit_test(segments_of_the_future_are_now),
		cmocka_unit_test(half_closed_flows_are_known_to_the_kernel),
		cmocka_unit_test(half_closed_wire_is_a_bound),
		cmocka_unit_test(keepalive_tells_the_next_probe),
		cmocka_unit_test(a_probe_that_was_just_sent_is_known),
		cmocka_unit_test(next_probe_is_as_late_as_its_timer),
		cmocka_unit_test(old_timer_is_one_that_nothing_else_explains),
		cmocka_unit_test(peer_probes_have_a_period_from_the_second),
		cmocka_unit_test(peer_probe_is_late_unless_its_timer_is_steady),
		cmocka_unit_test(user_is_idle_since_before_the_rhythm),
		cmocka_unit_test(user_is_idle_since_what_was_no_keepalive),
		cmocka_unit_test(survival_is_the_longest_silence),
		cmocka_unit_test(unanswered_is_what_the_recorder_or_the_kernel_counts),
		cmocka_unit_test(unanswered_is_no_less_than_the_kernel_counts),
		cmocka_unit_test(seconds_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
