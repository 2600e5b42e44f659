// SPDX-License-Identifier: GPL-2.0-only
/* What a record says of a session, in the units and terms that the judge thinks in. */
#include "facts.h"

#include <math.h>

#include "duration.h"

#define TCP_ESTABLISHED 1

#define PROBE_ANSWER_NS (2 * (int64_t)NSEC_PER_SEC)

static int64_t s(uint32_t value)
{
	return value * (int64_t)NSEC_PER_SEC;
}

static int64_t ms(uint32_t value)
{
	return value * NSEC_PER_MSEC;
}

static int64_t least(int64_t a, int64_t b)
{
	if (a == UNKNOWN_NS || b == UNKNOWN_NS)
		return a == UNKNOWN_NS ? b : a;
	return a < b ? a : b;
}

/* A segment may come between two reads of the clock: never younger than now. */
static int64_t age_at(uint64_t now, uint64_t then)
{
	if (!then)
		return UNKNOWN_NS;
	return now > then ? (int64_t)(now - then) : 0;
}

uint32_t facts_kernel_silence_ms(const struct record_session *record)
{
	return record->rx_ack_age_ms < record->rx_data_age_ms ? record->rx_ack_age_ms
							      : record->rx_data_age_ms;
}

/*
 * The kernel's own stamps start at the handshake, so a payload's age is known only once there was
 * one. They are younger than the handshake's segments at most, and miss the peer's keepalive
 * probes (out of window, they never reach tcp_ack()).
 */
static void clocks_from_kernel(const struct record_session *record, struct clocks *idle)
{
	idle->wire_seen = false;
	idle->wire = ms(facts_kernel_silence_ms(record));
	if (record->bytes_received)
		idle->rx_data = ms(record->rx_data_age_ms);
	if (record->bytes_sent)
		idle->tx_data = ms(record->tx_data_age_ms);
}

/*
 * tcp_probe fires in ESTABLISHED only, so a half-closed flow is better known to the kernel. A
 * seeded flow carries the kernel's stamps until its first segment.
 */
static void clocks_from_history(const struct record_session *record, struct clocks *idle)
{
	const struct flow_history *history = &record->history;

	idle->wire = age_at(record->now_ns, history->rx_ns);
	idle->rx_data = age_at(record->now_ns, history->rx_data_ns);
	idle->tx_data = age_at(record->now_ns, history->tx_acked_ns);
	idle->wire_seen = history->segments > 0;
	if (history->origin != ORIGIN_SEEDED) {
		idle->age = age_at(record->now_ns, history->first_seen_ns);
		return;
	}
	/* A segment between attach and the seeding makes a history that knows of no payload. */
	if (idle->rx_data == UNKNOWN_NS && record->bytes_received)
		idle->rx_data = ms(record->rx_data_age_ms);
	if (idle->tx_data == UNKNOWN_NS && record->bytes_sent)
		idle->tx_data = ms(record->tx_data_age_ms);
}

static void fill_clocks(const struct record_session *record, struct clocks *idle)
{
	*idle = (struct clocks){.age = UNKNOWN_NS,
				.wire = UNKNOWN_NS,
				.rx_data = UNKNOWN_NS,
				.tx_data = UNKNOWN_NS};
	if (record->flags & SESSION_HISTORY)
		clocks_from_history(record, idle);
	if (idle->wire == UNKNOWN_NS || record->state != TCP_ESTABLISHED)
		clocks_from_kernel(record, idle);
	idle->data = least(idle->rx_data, idle->tx_data);
}

static int64_t period_of(const struct record_session *record)
{
	return s(keepalive_period_s(&record->keepalive));
}

static int64_t late_of(const struct record_session *record)
{
	return period_of(record) / KEEPALIVE_LATE_PARTS * record->keepalive_late;
}

/* While anything is unanswered the timer begins anew each time that it goes off. */
static bool is_answered(const struct record_session *record)
{
	return !record->probes_out && !record->packets_out && !record->unacked_bytes;
}

uint64_t facts_old_timer_ms(const struct record_session *record)
{
	uint64_t silence_ms = is_answered(record) ? facts_kernel_silence_ms(record) : 0;
	uint64_t first_ms = silence_ms + record->timer_left_ms;
	uint64_t longest = period_of(record) + late_of(record) + NSEC_PER_SEC;

	if (!(record->flags & SESSION_TIMER_ARMED))
		return 0;
	return first_ms * NSEC_PER_MSEC >= longest ? first_ms : 0;
}

/* Its answer is still on the way: the timer has begun to wait for it. */
static bool probe_was_sent_just_now(const struct record_session *record)
{
	int64_t since = s(record->keepalive.interval_s) - ms(record->timer_left_ms);

	return record->probes_out == 1 && since >= 0 && since < PROBE_ANSWER_NS;
}

/*
 * tcp_keepalive_timer() (net/ipv4/tcp_timer.c): when the timer fires and the silence, by the
 * kernel's clocks, is shorter than the idle option, it only re-arms itself for the rest. So the
 * armed timer may be earlier than the probe, and never later.
 */
static void fill_keepalive(const struct record_session *record, struct tcp_keepalive *tcp)
{
	int64_t idle = s(record->keepalive.idle_s);
	int64_t silence = ms(facts_kernel_silence_ms(record));
	int64_t timer = ms(record->timer_left_ms);

	tcp->enabled = record->keepalive.enabled;
	tcp->period = period_of(record);
	tcp->late = late_of(record);
	tcp->next_probe = UNKNOWN_NS;
	tcp->just_sent = false;
	tcp->next_late = tcp->late;
	tcp->old_timer = facts_old_timer_ms(record);
	if (!tcp->enabled || !(record->flags & SESSION_TIMER_ARMED))
		return;
	tcp->next_probe = timer;
	tcp->just_sent = probe_was_sent_just_now(record);
	if (!record->probes_out && idle - silence > timer)
		tcp->next_probe = idle - silence;
	else if (record->timer_due_ms >= record->timer_left_ms)
		tcp->next_late = ms(record->timer_due_ms) - timer;
}

static void fill_unanswered(const struct record_session *record, struct facts *facts)
{
	facts->timeouts = record->retransmits;
	facts->retransmits = record->retransmits;
	facts->probes = record->probes_out;
	facts->unanswered = UNKNOWN_NS;
	if (record->flags & SESSION_HISTORY && record->history.retransmits) {
		if (facts->retransmits < record->history.retransmits)
			facts->retransmits = record->history.retransmits;
		facts->unanswered = age_at(record->now_ns, record->history.retransmit_ns);
	}
}

/* As the last gap was, so will be the next; after anything else the peer's timer may be late. */
static bool is_steady(const struct flow_history *history)
{
	const uint8_t marks = MARK_STEADY | MARK_FOLLOWED;

	return (history->marks & (marks | MARK_ODD)) == marks &&
	       history->rx_probe_ns >= history->rx_data_ns &&
	       history->rx_probe_ns >= history->tx_acked_ns;
}

/*
 * The least silence before a first probe is no shorter than the peer's timer, which is late by its
 * slot at most. Where the period is longer than that, it is the interval, of which no more is
 * known.
 */
static int64_t peer_probe_late(const struct flow_history *history, int64_t period)
{
	int64_t first = ms(history->rx_probe_min_ms), latest = first + TIMER_LATE_MOST(first);

	if (is_steady(history))
		return 0;
	return latest > period ? latest - period : TIMER_LATE_MOST(period);
}

static void fill_observed(const struct record_session *record, struct facts *facts)
{
	const struct flow_history *history = &record->history;

	facts->peer_probe_period = UNKNOWN_NS;
	facts->peer_probe_late = 0;
	facts->peer_probe_age = UNKNOWN_NS;
	facts->longest_survived = UNKNOWN_NS;
	facts->has_rhythm = false;
	if (!(record->flags & SESSION_HISTORY))
		return;
	facts->longest_survived = ms(history->longest_ms);
	facts->peer_probe_age = age_at(record->now_ns, history->rx_probe_ns);
	if (history->rx_probe_gap_ms) {
		facts->peer_probe_period = ms(history->rx_probe_gap_ms);
		facts->peer_probe_late = peer_probe_late(history, facts->peer_probe_period);
	}
	facts->has_rhythm = rhythm_find(history, facts->role == ROLE_SERVER, &facts->rhythm);
}

/*
 * The user's last payload came before the rhythm's first silence. Where the rhythm has filled the
 * ring, the recorder remembers the last burst that was unlike the one before it: that was the
 * rhythm's first, so one period more.
 */
static void fill_user_idle(const struct record_session *record, struct facts *facts)
{
	const struct flow_history *history = &record->history;

	facts->idle.user = facts->idle.data;
	if (!facts->has_rhythm)
		return;
	if (facts->rhythm.run < history->burst_count)
		facts->idle.user = facts->idle.data + facts->rhythm.run_ns;
	else
		facts->idle.user =
			age_at(record->now_ns, history->unlike_ns) + facts->rhythm.period_ns;
}

enum role role_of(unsigned int flags, enum flow_origin origin, uint16_t local_port,
		  uint16_t peer_port)
{
	bool local = flags & SESSION_LOCAL_WATCHED;
	bool peer = flags & SESSION_PEER_WATCHED;

	if (local != peer)
		return local ? ROLE_SERVER : ROLE_CLIENT;
	if (origin != ORIGIN_SEEDED)
		return origin == ORIGIN_ACCEPTED ? ROLE_SERVER : ROLE_CLIENT;
	if (flags & SESSION_BOUND)
		return ROLE_CLIENT;
	return local_port <= peer_port ? ROLE_SERVER : ROLE_CLIENT;
}

enum role facts_role(const struct record_session *record)
{
	bool has_history = record->flags & SESSION_HISTORY;

	return role_of(record->flags, has_history ? record->history.origin : ORIGIN_SEEDED,
		       record->local_port, record->peer_port);
}

void facts_from_record(const struct record_session *record, struct facts *ret)
{
	ret->role = facts_role(record);
	fill_clocks(record, &ret->idle);
	fill_keepalive(record, &ret->tcp);
	fill_unanswered(record, ret);
	fill_observed(record, ret);
	fill_user_idle(record, ret);
}

const char *role_name(enum role role)
{
	return role == ROLE_SERVER ? "server" : "client";
}

double ns_to_seconds(int64_t ns)
{
	return ns == UNKNOWN_NS ? NAN : ns / 1e9;
}
