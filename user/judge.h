/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge: facts and the path's timeout in, verdict and reason out. Pure. */
#ifndef SSHIDLE_JUDGE_H
#define SSHIDLE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "policy.h"

/*
 * From here on a silent peer counts as gone. Three retransmission time-outs in a row are R1 of
 * RFC 1122 4.2.3.5 (tcp_retries1), where TCP itself starts to doubt the path; what is retransmitted
 * for loss alone (TLP, RACK) does not count. A second probe goes out only after the first had a
 * whole interval to be answered.
 */
#define DEAD_TIMEOUTS 3
#define DEAD_PROBES 2

#define REASON_SIZE 256

/* In the order of the reports' summaries. */
enum verdict_kind {
	VERDICT_ACTIVE,
	VERDICT_KEPT,
	VERDICT_AT_RISK,
	VERDICT_OVERDUE,
	VERDICT_DEAD,
	VERDICT_KINDS,
};

/* What keeps the path open, the first that is fast enough. */
enum keeper {
	KEEPER_NONE,
	KEEPER_TCP,	 /* this end's armed keepalive timer */
	KEEPER_PEER_TCP, /* keepalive probes of the peer */
	KEEPER_SSH,	 /* an SSH-level keepalive of either end */
};

struct verdict {
	enum verdict_kind kind;
	enum keeper keeper;
	int64_t cut_in; /* ns until the path forgets the flow, 0 when overdue, else UNKNOWN_NS */
};

/* warn: part of the path's timeout after which a session is silent (policy.warn). */
struct verdict judge(const struct facts *facts, const struct path *path, double warn);

/*
 * Whether what was seen every period (ns), and last that age ago, is so late that it is no longer
 * counted on: by more than alike bursts differ (bpf/record.h).
 */
bool judge_is_late(int64_t period, int64_t age);

/* Likewise of a TCP keepalive of the peer: by more than its kernel and the way may make it. */
bool judge_peer_probe_is_late(int64_t period, int64_t age);

/* Whether this end's armed timer keeps a path open that forgets after timeout (ns), also if late.
 */
bool judge_tcp_keeps(const struct facts *facts, int64_t timeout);

/* The verdict in one clause for people, without a full stop; gives buf. */
const char *judge_reason(const struct facts *facts, const struct path *path,
			 const struct verdict *verdict, char *buf, size_t size);

/* "at-risk", as tables and JSON write it. */
const char *verdict_name(enum verdict_kind kind);

/* "at_risk", as a key. */
const char *verdict_key(enum verdict_kind kind);

/* "ok", "warning" or "critical". */
const char *verdict_severity(enum verdict_kind kind);

/* Whether a person should look at it (--at-risk). */
bool verdict_needs_person(enum verdict_kind kind);

#endif
