// SPDX-License-Identifier: GPL-2.0-only
/* How often to speak so that a path stays open, and how many silences to bear. Pure. */
#include "pace.h"

uint32_t pace_period_s(uint64_t timeout_s)
{
	uint64_t most = timeout_s > 2 ? timeout_s / 2 : 1;
	uint64_t period = timeout_s / 3;

	if (period < KEEPALIVE_PERIOD_MIN_S)
		period = KEEPALIVE_PERIOD_MIN_S;
	if (period > most)
		period = most;
	return period > KEEPALIVE_SECONDS_MAX ? KEEPALIVE_SECONDS_MAX : period;
}

uint64_t pace_count(uint64_t budget_s, uint32_t period_s)
{
	uint64_t count = (budget_s + period_s - 1) / period_s;

	return count < PACE_COUNT_MIN ? PACE_COUNT_MIN : count;
}
