// SPDX-License-Identifier: GPL-2.0-only
/* The judge: facts and the path's timeout in, verdict and reason out. Pure. */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>

#include "duration.h"

static const struct {
	const char *name;
	const char *key;
	const char *severity;
} kinds[VERDICT_KINDS] = {
	[VERDICT_ACTIVE] = {"active", "active", "ok"},
	[VERDICT_KEPT] = {"kept", "kept", "ok"},
	[VERDICT_AT_RISK] = {"at-risk", "at_risk", "warning"},
	[VERDICT_OVERDUE] = {"overdue", "overdue", "critical"},
	[VERDICT_DEAD] = {"dead", "dead", "critical"},
};

bool judge_is_late(int64_t period, int64_t age)
{
	return age > period + ALIKE_SILENCE_DIFFER_MS(period / NSEC_PER_MSEC) * NSEC_PER_MSEC;
}

bool judge_peer_probe_is_late(int64_t period, int64_t age)
{
	return age > period + TIMER_LATE_MOST(period) + PROBE_LATE_MS * NSEC_PER_MSEC;
}

static int64_t seconds(int64_t ns)
{
	return ns / (int64_t)NSEC_PER_SEC;
}

/* The silence at the end of which the next probe comes; one that was just sent has come. */
static int64_t tcp_latest(const struct facts *facts)
{
	const struct tcp_keepalive *tcp = &facts->tcp;

	return facts->idle.wire + (tcp->just_sent ? 0 : tcp->next_probe + tcp->next_late);
}

/* Both must hold: the probe that is due comes before the cut, and so will all later ones. */
bool judge_tcp_keeps(const struct facts *facts, int64_t timeout)
{
	const struct tcp_keepalive *tcp = &facts->tcp;

	return tcp->next_probe != UNKNOWN_NS && tcp->period + tcp->late < timeout &&
	       tcp_latest(facts) < timeout;
}

/* Payload begins the peer's timer anew, as it does ours. */
static bool peer_probes_go_on(const struct facts *facts)
{
	return facts->peer_probe_period != UNKNOWN_NS &&
	       !judge_peer_probe_is_late(facts->peer_probe_period, facts->idle.wire);
}

static bool peer_probes_keep(const struct facts *facts, int64_t timeout)
{
	return peer_probes_go_on(facts) &&
	       facts->peer_probe_period + facts->peer_probe_late < timeout;
}

static bool rhythm_goes_on(const struct facts *facts)
{
	return facts->has_rhythm && !judge_is_late(facts->rhythm.period_ns, facts->idle.data);
}

static enum keeper find_keeper(const struct facts *facts, int64_t timeout)
{
	if (judge_tcp_keeps(facts, timeout))
		return KEEPER_TCP;
	if (peer_probes_keep(facts, timeout))
		return KEEPER_PEER_TCP;
	if (rhythm_goes_on(facts) && facts->rhythm.period_ns < timeout)
		return KEEPER_SSH;
	return KEEPER_NONE;
}

static bool is_dead(const struct facts *facts)
{
	return facts->timeouts >= DEAD_TIMEOUTS || facts->probes >= DEAD_PROBES;
}

struct verdict judge(const struct facts *facts, const struct path *path, double warn)
{
	struct verdict verdict = {.cut_in = UNKNOWN_NS};
	int64_t timeout = path->timeout_ns;
	int64_t wire = facts->idle.wire;

	if (is_dead(facts)) {
		verdict.kind = VERDICT_DEAD;
		return verdict;
	}
	if (wire == UNKNOWN_NS)
		return verdict;
	if (wire >= timeout) {
		verdict.kind = VERDICT_OVERDUE;
		verdict.cut_in = 0;
		return verdict;
	}
	verdict.keeper = find_keeper(facts, timeout);
	if (verdict.keeper == KEEPER_NONE)
		verdict.cut_in = timeout - wire;
	if (wire < timeout * warn)
		verdict.kind = VERDICT_ACTIVE;
	else
		verdict.kind = verdict.keeper ? VERDICT_KEPT : VERDICT_AT_RISK;
	return verdict;
}

static int reason_dead(const struct facts *facts, char *buf, size_t size)
{
	if (facts->timeouts < DEAD_TIMEOUTS)
		return snprintf(buf, size, "%u keepalive probes unanswered", facts->probes);
	if (facts->unanswered == UNKNOWN_NS)
		return snprintf(buf, size, "%u retransmissions unanswered", facts->retransmits);
	return snprintf(buf, size, "%u retransmissions unanswered for %" PRId64 " s",
			facts->retransmits, seconds(facts->unanswered));
}

/* last: how long ago it was; where others spoke since, UNKNOWN_NS, as that is no sign of anything.
 */
static int reason_beat(const char *what, int64_t period, int64_t last, int64_t silence, char *buf,
		       size_t size)
{
	if (last != UNKNOWN_NS)
		return snprintf(buf, size, "%s every %" PRId64 " s, last %" PRId64 " s ago", what,
				nearest_second(period), seconds(last));
	return snprintf(buf, size, "%s every %" PRId64 " s, next in %" PRId64 " s", what,
			nearest_second(period), silence < period ? seconds(period - silence) : 0);
}

static int reason_peer_probes(const struct facts *facts, char *buf, size_t size)
{
	int64_t period = facts->peer_probe_period, age = facts->peer_probe_age;

	return reason_beat("the peer's TCP keepalive", period,
			   judge_peer_probe_is_late(period, age) ? UNKNOWN_NS : age,
			   facts->idle.wire, buf, size);
}

static int reason_rhythm(const struct facts *facts, char *buf, size_t size)
{
	const struct rhythm *rhythm = &facts->rhythm;

	return reason_beat(rhythm->from_us ? "SSH keepalive from us"
					   : "SSH keepalive from the peer",
			   rhythm->period_ns, rhythm->run ? facts->idle.data : UNKNOWN_NS,
			   facts->idle.data, buf, size);
}

static int reason_kept(const struct facts *facts, const struct verdict *verdict, char *buf,
		       size_t size)
{
	if (verdict->keeper == KEEPER_TCP)
		return snprintf(buf, size,
				"TCP keepalive every %" PRId64 " s, next probe in %" PRId64 " s",
				seconds(facts->tcp.period), seconds(facts->tcp.next_probe));
	if (verdict->keeper == KEEPER_SSH)
		return reason_rhythm(facts, buf, size);
	return reason_peer_probes(facts, buf, size);
}

/* What is slower than the path forgets, or may be, as the kernel's timers go off late. */
static int reason_too_slow(const char *what, int64_t period_s, int64_t late, int64_t timeout,
			   char *buf, size_t size)
{
	if (period_s >= seconds(timeout))
		return snprintf(buf, size,
				"%s every %" PRId64 " s is slower than the path's %" PRId64 " s",
				what, period_s, seconds(timeout));
	return snprintf(buf, size,
			"%s every %" PRId64 " s may come %" PRId64
			" s late, too slow for the path's %" PRId64 " s",
			what, period_s, nearest_second(late), seconds(timeout));
}

/* What only the kernel's own lateness keeps from being in time. */
static bool may_come_too_late(const struct facts *facts, int64_t timeout)
{
	const struct tcp_keepalive *tcp = &facts->tcp;

	return tcp->period + tcp->late >= timeout ||
	       (facts->idle.wire + tcp->next_probe < timeout && tcp_latest(facts) >= timeout);
}

static int reason_own_too_slow(const struct tcp_keepalive *tcp, int64_t timeout, char *buf,
			       size_t size)
{
	if (tcp->period + tcp->late >= timeout)
		return reason_too_slow("TCP keepalive", seconds(tcp->period), tcp->late, timeout,
				       buf, size);
	return snprintf(buf, size,
			"the next TCP keepalive, in %" PRId64 " s, may come %" PRId64
			" s late, too late for the path's %" PRId64 " s",
			seconds(tcp->next_probe), nearest_second(tcp->next_late), seconds(timeout));
}

/* Whether the peer's next probe is due before ours. */
static bool peer_is_first(const struct facts *facts)
{
	int64_t next_probe = facts->tcp.next_probe;

	return peer_probes_go_on(facts) &&
	       (next_probe == UNKNOWN_NS ||
		facts->peer_probe_period - facts->idle.wire < next_probe);
}

static int reason_unkept(const struct facts *facts, int64_t timeout, char *buf, size_t size)
{
	const struct tcp_keepalive *tcp = &facts->tcp;
	int64_t peer_period = facts->peer_probe_period;

	if (rhythm_goes_on(facts))
		return reason_too_slow("SSH keepalive", nearest_second(facts->rhythm.period_ns), 0,
				       timeout, buf, size);
	if (peer_is_first(facts))
		return reason_too_slow("the peer's TCP keepalive", nearest_second(peer_period),
				       facts->peer_probe_late, timeout, buf, size);
	if (tcp->next_probe != UNKNOWN_NS && may_come_too_late(facts, timeout))
		return reason_own_too_slow(tcp, timeout, buf, size);
	return snprintf(buf, size, "nothing would keep the path open beyond its %" PRId64 " s",
			seconds(timeout));
}

/*
 * A probe that comes in time, but whose like comes too late the next time, is no more than slow,
 * and so are a keepalive of SSH and of the peer: they are due, after the cut.
 */
static int reason_at_risk(const struct facts *facts, int64_t timeout, char *buf, size_t size)
{
	int64_t next_probe = facts->tcp.next_probe;

	if (rhythm_goes_on(facts) || peer_is_first(facts))
		return reason_unkept(facts, timeout, buf, size);
	if (next_probe == UNKNOWN_NS)
		return snprintf(buf, size, "no packet is due, the path forgets after %" PRId64 " s",
				seconds(timeout));
	if (facts->idle.wire + next_probe < timeout)
		return reason_unkept(facts, timeout, buf, size);
	return snprintf(buf, size,
			"no packet is due for %" PRId64 " s, the path forgets after %" PRId64 " s",
			seconds(next_probe), seconds(timeout));
}

static int reason_plain(const struct facts *facts, const struct path *path,
			const struct verdict *verdict, char *buf, size_t size)
{
	int64_t forgets_s = seconds(path->timeout_ns);

	switch (verdict->kind) {
	case VERDICT_DEAD:
		return reason_dead(facts, buf, size);
	case VERDICT_OVERDUE:
		return snprintf(buf, size,
				"silent for %" PRId64 " s, the path forgets after %" PRId64 " s",
				seconds(facts->idle.wire), forgets_s);
	case VERDICT_AT_RISK:
		return reason_at_risk(facts, path->timeout_ns, buf, size);
	default:
		return verdict->keeper ? reason_kept(facts, verdict, buf, size)
				       : reason_unkept(facts, path->timeout_ns, buf, size);
	}
}

/* What the verdict rests on where that is less than certain. */
const char *judge_reason(const struct facts *facts, const struct path *path,
			 const struct verdict *verdict, char *buf, size_t size)
{
	size_t used = reason_plain(facts, path, verdict, buf, size);
	bool rests_on_path = verdict->kind != VERDICT_DEAD && !verdict->keeper;

	if (rests_on_path && path->source >= PATH_LEARNED && used < size)
		used += snprintf(buf + used, size - used, " (%s)", path_source_name(path->source));
	if (verdict->kind >= VERDICT_AT_RISK && rests_on_path && path->let_pass_times &&
	    used < size)
		used += snprintf(buf + used, size - used,
				 "; yet it let %" PRId64 " s pass, and more than %" PRId64
				 " s %u times",
				 seconds(path->let_pass_ns), seconds(path->timeout_ns),
				 path->let_pass_times);
	if (verdict->kind >= VERDICT_AT_RISK && rests_on_path && !facts->idle.wire_seen &&
	    used < size)
		snprintf(buf + used, size - used,
			 "; silence is at most this: unseen by a recorder");
	return buf;
}

const char *verdict_name(enum verdict_kind kind)
{
	return kinds[kind].name;
}

const char *verdict_key(enum verdict_kind kind)
{
	return kinds[kind].key;
}

const char *verdict_severity(enum verdict_kind kind)
{
	return kinds[kind].severity;
}

bool verdict_needs_person(enum verdict_kind kind)
{
	return kind >= VERDICT_AT_RISK;
}
