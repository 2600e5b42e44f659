/* SPDX-License-Identifier: GPL-2.0-only */
/* What each program should be told so that a path stays open. Pure. */
#ifndef SSHIDLE_ADVICE_H
#define SSHIDLE_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "sshd_version.h"

/* What the kernel does where nobody sets more than SO_KEEPALIVE, as sshd and ssh do: tcp(7). */
#define TCP_DEFAULT_IDLE_S 7200
#define TCP_DEFAULT_INTERVAL_S 75
#define TCP_DEFAULT_COUNT 9
#define TCP_DEFAULT_BUDGET_S (TCP_DEFAULT_IDLE_S + TCP_DEFAULT_INTERVAL_S * TCP_DEFAULT_COUNT)

/* ClientAliveInterval and ClientAliveCountMax of sshd_config(5). */
struct advice_sshd {
	bool known; /* the version, which is not set otherwise */
	struct sshd_version version;
	bool halved;	     /* the interval, since this version does, or may, send at twice that */
	uint32_t interval_s; /* 0: none is short enough for the path */
	uint32_t period_s;   /* between two messages, the longer one where it may be either */
	uint32_t count;
};

/* The sysctls net.ipv4.tcp_keepalive_time, _intvl and _probes. */
struct advice_tcp {
	uint32_t idle_s;
	uint32_t interval_s;
	uint32_t count;
	uint32_t budget_s; /* how long a peer that answers nothing is borne */
};

struct advice {
	struct path path;
	const char *peer; /* as text, borrowed; NULL: no path in particular */
	uint64_t timeout_s;
	uint32_t period_s; /* between two messages or probes, where nothing below says else */
	uint32_t count;	   /* of messages of SSH that may stay unanswered */
	struct advice_sshd sshd;
	struct advice_tcp tcp;
};

/*
 * Periods are those of pace_period_s(); an idle time of TCP is no longer than the kernel's own.
 * Counts are the least that bear an unresponsive peer for TCP_DEFAULT_BUDGET_S, at least
 * PACE_COUNT_MIN, and for TCP at most KEEPALIVE_COUNT_MAX. Of sshd NULL, an unknown version, the
 * interval is right for every version. -ERANGE: the path forgets in less than
 * PACE_TIMEOUT_MIN_S.
 */
int advice_make(const struct path *path, const char *peer, const struct sshd_version *sshd,
		struct advice *ret);

#endif
