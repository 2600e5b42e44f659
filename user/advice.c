// SPDX-License-Identifier: GPL-2.0-only
/* What each program should be told so that a path stays open. Pure. */
#include "advice.h"

#include <errno.h>

#include "duration.h"
#include "pace.h"

/* Of an unknown version the count holds for the shorter period: the longer one only bears more. */
static struct advice_sshd advise_sshd(const struct sshd_version *version, uint64_t timeout_s,
				      uint32_t period_s)
{
	struct advice_sshd sshd = {.known = version, .interval_s = period_s, .period_s = period_s};

	if (version)
		sshd.version = *version;
	sshd.halved = !version || sshd_doubles_client_alive(version);
	if (sshd.halved) {
		sshd.interval_s = period_s > 1 ? period_s / 2 : 1;
		sshd.period_s = 2 * sshd.interval_s;
	}
	sshd.count = pace_count(TCP_DEFAULT_BUDGET_S, version ? sshd.period_s : sshd.interval_s);
	if (sshd.period_s >= timeout_s)
		sshd.interval_s = 0;
	return sshd;
}

/* The interval is the idle time too, since the kernel's real period is the larger of the two. */
static struct advice_tcp advise_tcp(uint32_t period_s)
{
	struct advice_tcp tcp = {.idle_s = period_s, .interval_s = period_s};

	if (period_s >= TCP_DEFAULT_IDLE_S)
		return (struct advice_tcp){.idle_s = TCP_DEFAULT_IDLE_S,
					   .interval_s = TCP_DEFAULT_INTERVAL_S,
					   .count = TCP_DEFAULT_COUNT,
					   .budget_s = TCP_DEFAULT_BUDGET_S};
	tcp.count = pace_count(TCP_DEFAULT_BUDGET_S - period_s, period_s);
	if (tcp.count > KEEPALIVE_COUNT_MAX)
		tcp.count = KEEPALIVE_COUNT_MAX;
	tcp.budget_s = tcp.idle_s + tcp.interval_s * tcp.count;
	return tcp;
}

int advice_make(const struct path *path, const char *peer, const struct sshd_version *sshd,
		struct advice *ret)
{
	uint64_t timeout_s = path->timeout_ns / NSEC_PER_SEC;
	uint32_t period_s = pace_period_s(timeout_s);

	if (timeout_s < PACE_TIMEOUT_MIN_S)
		return -ERANGE;
	*ret = (struct advice){
		.path = *path,
		.peer = peer,
		.timeout_s = timeout_s,
		.period_s = period_s,
		.count = pace_count(TCP_DEFAULT_BUDGET_S, period_s),
		.sshd = advise_sshd(sshd, timeout_s, period_s),
		.tcp = advise_tcp(period_s),
	};
	return 0;
}
