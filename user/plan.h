/* SPDX-License-Identifier: GPL-2.0-only */
/* Which keepalive a session should get, or why none. Pure. */
#ifndef SSHIDLE_PLAN_H
#define SSHIDLE_PLAN_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/record.h"
#include "judge.h"
#include "pace.h"

#define BUDGET_ENDLESS UINT64_MAX

/* What the user asked for; 0 is "choose". */
struct keepalive_request {
	uint32_t idle_s;
	uint32_t count;
	uint64_t survive_s;
	bool force;
};

/* The first that applies. Those behind REFUSAL_TOO_SLOW give way to force. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_DEAD,	      /* it sends without an answer: no probe can help */
	REFUSAL_CLOSING,      /* one end has closed already */
	REFUSAL_NOT_OURS,     /* there is nothing to undo */
	REFUSAL_TOO_SLOW,     /* the period asked for is over half the path's timeout */
	REFUSAL_PROBES,	      /* probes are outstanding: fewer of them allowed could end it now */
	REFUSAL_UNACKED,      /* data is unacknowledged: the timer would wait for it anyway */
	REFUSAL_SHORTER,      /* the time to survive asked for is shorter than what there was */
	REFUSAL_OVERDUE,      /* the path may have forgotten it: a probe may draw a RST */
	REFUSAL_USER_TIMEOUT, /* the owner set TCP_USER_TIMEOUT: it would replace the count */
	REFUSAL_TIGHTER,      /* the owner has set a keepalive that is as fast */
};

struct plan {
	struct keepalive_options old;
	struct keepalive_options new;
	uint64_t budget_before_s; /* how long an unanswered path was survived; BUDGET_ENDLESS */
	uint64_t budget_s;	  /* how long it will be: the sleep budget */
	enum refusal refusal;
	bool unchanged; /* sshidle set exactly this before */
};

/*
 * Period: as asked, else that of pace_period_s(). Interval is the period too, since the kernel's
 * real period is the larger of the two. Count: as asked, else the least whose budget, idle +
 * interval * count, is no shorter than before, PACE_COUNT_MIN to KEEPALIVE_COUNT_MAX. With
 * survive_s TCP_USER_TIMEOUT decides instead of the count (net/ipv4/tcp_timer.c,
 * tcp_keepalive_timer()).
 */
void plan_set(const struct record_session *record, const struct facts *facts,
	      const struct path *path, const struct verdict *verdict,
	      const struct keepalive_request *request, struct plan *ret);

/*
 * Puts back what was there before sshidle set it, as far as setsockopt() takes it. The dead, the
 * closing, those that sshidle never set, and, without force, those with probes or data outstanding
 * are refused.
 */
void plan_undo(const struct record_session *record, const struct verdict *verdict, bool force,
	       struct plan *ret);

/* Why plan_set() may refuse it: an end has closed; or, without force, something is on its way. */
bool plan_is_closing(const struct record_session *record);
bool plan_is_busy(const struct record_session *record, bool force);

/* The refusal in one clause for people. */
const char *refusal_words(enum refusal refusal);

/*
 * The options in force, and in late_min how long their timer waits beyond idle_s: one that was
 * armed before a sysctl was lowered goes off as it was armed. 0 where a probe is out.
 */
struct keepalive_options keepalive_of(const struct record_session *record);

/* How long a session with these options outlives a path that answers nothing. */
uint64_t keepalive_budget_s(const struct keepalive_options *options);

/* "2h11m", "for ever"; buf of DURATION_TEXT_SIZE. */
const char *budget_format(uint64_t seconds, char *buf, size_t size);

bool keepalive_equal(const struct keepalive_options *a, const struct keepalive_options *b);

/* "off", "116/116/67" (idle/interval/count) or "116/116/67 72h" with a user timeout; gives buf. */
const char *keepalive_format(const struct keepalive_options *options, char *buf, size_t size);
#define KEEPALIVE_TEXT_SIZE 64

#endif
