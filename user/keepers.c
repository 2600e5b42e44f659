// SPDX-License-Identifier: GPL-2.0-only
/* What speaks on a session by itself, measured against what is configured. Pure. */
#include "keepers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "limit.h"

/* A period is measured from one end, and timers of whole seconds come late: a tenth is the same. */
#define SAME_PART 10
#define SAME_NS 1500000000LL

#define LAST_SIZE 64

static bool is_same(int64_t a, int64_t b)
{
	return llabs(a - b) <= SAME_NS + (a < b ? a : b) / SAME_PART;
}

static struct keeping *add(struct keepers *keepers, const char *name, const char *from)
{
	struct keeping *keeping = &keepers->list[keepers->n++];

	*keeping = (struct keeping){
		.name = name, .from = from, .period = UNKNOWN_NS, .configured = UNKNOWN_NS};
	return keeping;
}

/* As the judge has it; who is overdue already is asked for the times to come. */
static bool own_is_in_time(const struct facts *facts, int64_t timeout)
{
	if (facts->idle.wire < timeout)
		return judge_tcp_keeps(facts, timeout);
	return facts->tcp.period + facts->tcp.late < timeout;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_tcp(const struct row *row, struct keepers *keepers)
{
	const struct tcp_keepalive *tcp = &row->facts.tcp;
	int64_t timeout = row->path.timeout_ns, wire = row->facts.idle.wire;
	bool old = tcp->old_timer && wire != UNKNOWN_NS;
	struct keeping *keeping;

	if (!tcp->enabled)
		return;
	keeping = add(keepers, "TCP keepalive", "us");
	keeping->configured = tcp->period;
	if (tcp->next_probe == UNKNOWN_NS) {
		snprintf(keeping->note, sizeof(keeping->note), "its timer is not armed");
		return;
	}
	keeping->period = old ? longer(tcp->period, wire + tcp->next_probe) : tcp->period;
	if (keeping->period < timeout && !own_is_in_time(&row->facts, timeout)) {
		keeping->slack = longer(tcp->late, tcp->next_late);
		keeping->late = keeping->period + keeping->slack < timeout;
		if (keeping->late) /* its last is unanswered, and the next comes after the cut */
			keeping->slack = 0;
	}
	snprintf(keeping->note, sizeof(keeping->note), "%s %" PRId64 " s",
		 old ? "armed for longer than its option says: the next probe is in"
		     : "next probe in",
		 tcp->next_probe / (int64_t)NSEC_PER_SEC);
}

static void add_peer_tcp(const struct row *row, struct keepers *keepers)
{
	int64_t period = row->facts.peer_probe_period, timeout = row->path.timeout_ns;
	struct keeping *keeping;

	if (row->facts.peer_probe_age == UNKNOWN_NS)
		return;
	keeping = add(keepers, "TCP keepalive", "peer");
	if (period != UNKNOWN_NS) {
		keeping->period = period;
		if (period < timeout && period + row->facts.peer_probe_late >= timeout)
			keeping->slack = row->facts.peer_probe_late;
		keeping->late = judge_peer_probe_is_late(period, row->facts.idle.wire);
	}
	snprintf(keeping->note, sizeof(keeping->note), "last probe %" PRId64 " s ago",
		 row->facts.peer_probe_age / (int64_t)NSEC_PER_SEC);
}

/* What our own end of the SSH connection is configured to send, 0: nothing, or unknown. */
static uint64_t configured_s(const struct row *row, const struct evidence *evidence)
{
	if (row->facts.role == ROLE_CLIENT)
		return evidence->ssh.options.server_alive_s;
	return evidence->sshd.settings.client_alive_s;
}

static const char *setting_name(const struct row *row)
{
	return row->facts.role == ROLE_CLIENT ? "ServerAliveInterval" : "ClientAliveInterval";
}

/* Configured and seen differ: say why, where that is known. */
static void compare(const struct row *row, const struct evidence *evidence, struct keeping *keeping)
{
	int64_t seen = keeping->period, wanted = keeping->configured;
	bool doubled = row->facts.role == ROLE_SERVER && is_same(seen, 2 * wanted) &&
		       evidence->sshd.has_version &&
		       sshd_doubles_client_alive(&evidence->sshd.version);

	if (is_same(seen, wanted) && !doubled)
		return;
	snprintf(keeping->note, sizeof(keeping->note),
		 "%s is %" PRId64 " s, seen every %" PRId64 " s%s", setting_name(row),
		 nearest_second(wanted), nearest_second(seen),
		 doubled ? ": OpenSSH 9.2 to 9.4 doubles ClientAliveInterval" : "");
}

static void add_rhythm(const struct row *row, const struct evidence *evidence,
		       struct keepers *keepers)
{
	const struct rhythm *rhythm = &row->facts.rhythm;
	uint64_t configured = rhythm->from_us ? configured_s(row, evidence) : 0;
	struct keeping *keeping = add(keepers, "SSH keepalive", rhythm->from_us ? "us" : "peer");
	char last[LAST_SIZE] = "";

	keeping->period = rhythm->period_ns;
	keeping->late = judge_is_late(keeping->period, row->facts.idle.data);
	if (rhythm->run)
		snprintf(last, sizeof(last), "last %" PRId64 " s ago, ",
			 row->facts.idle.data / (int64_t)NSEC_PER_SEC);
	snprintf(keeping->note, sizeof(keeping->note), "%s%s, jitter %.1f s", last,
		 rhythm->replied ? "answered" : "one way", rhythm->jitter_ns / 1e9);
	if (!configured)
		return;
	keeping->configured = configured * NSEC_PER_SEC;
	compare(row, evidence, keeping);
}

static void add_unseen(const struct row *row, const struct evidence *evidence,
		       struct keepers *keepers)
{
	struct keeping *keeping = add(keepers, "SSH keepalive", "us");
	uint64_t configured = configured_s(row, evidence), period = configured;

	if (row->facts.role == ROLE_SERVER)
		period = client_alive_period_s(&evidence->sshd);
	keeping->configured = configured * NSEC_PER_SEC;
	snprintf(keeping->note, sizeof(keeping->note),
		 "%s is %" PRIu64 " s, not seen yet: it takes %d in a row%s", setting_name(row),
		 configured, RHYTHM_BURSTS_MIN,
		 period == configured ? ""
				      : "; OpenSSH 9.2 to 9.4 will send at twice that interval");
}

void keepers_find(const struct row *row, const struct evidence *evidence, struct keepers *ret)
{
	bool ours = row->facts.has_rhythm && row->facts.rhythm.from_us;

	ret->n = 0;
	add_tcp(row, ret);
	add_peer_tcp(row, ret);
	if (row->facts.has_rhythm)
		add_rhythm(row, evidence, ret);
	if (!ours && configured_s(row, evidence))
		add_unseen(row, evidence, ret);
	for (struct keeping *keeping = ret->list; keeping < ret->list + ret->n; keeping++)
		keeping->in_time = keeping->period != UNKNOWN_NS && !keeping->late &&
				   !keeping->slack &&
				   keeping->period < (int64_t)row->path.timeout_ns;
}
