/* SPDX-License-Identifier: GPL-2.0-only */
/* How often to speak so that a path stays open, and how many silences to bear. Pure. */
#ifndef SSHIDLE_PACE_H
#define SSHIDLE_PACE_H

#include <stdint.h>

/* Limits of the kernel: include/net/tcp.h MAX_TCP_KEEPIDLE, _KEEPINTVL, _KEEPCNT. */
#define KEEPALIVE_SECONDS_MAX 32767
#define KEEPALIVE_COUNT_MAX 127

/* No period below this is chosen unless the path's timeout asks for it. */
#define KEEPALIVE_PERIOD_MIN_S 5

#define PACE_TIMEOUT_MIN_S 2

/*
 * A third of the path's timeout, so that one may be lost and the next be late; at least
 * KEEPALIVE_PERIOD_MIN_S, at most half the timeout, and within 1..KEEPALIVE_SECONDS_MAX. Below
 * PACE_TIMEOUT_MIN_S a period of whole seconds is not faster than the path.
 */
uint32_t pace_period_s(uint64_t timeout_s);

/* A lost probe or a busy peer ends no session: OpenSSH's own default for its counts. */
#define PACE_COUNT_MIN 3

/* The least count whose count * period_s (above 0) is no shorter than budget_s, or the minimum. */
uint64_t pace_count(uint64_t budget_s, uint32_t period_s);

#endif
