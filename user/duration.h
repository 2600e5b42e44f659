/* SPDX-License-Identifier: GPL-2.0-only */
/* Durations: read as sshd writes them, shown as people say them. */
#ifndef SSHIDLE_DURATION_H
#define SSHIDLE_DURATION_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000LL

/* The longest duration taken, 3650 days; in nanoseconds it still fits 64 bits 58 times over. */
#define DURATION_MAX_S (3650ULL * 24 * 60 * 60)

/* Bytes that hold every text of duration_format(), NUL included. */
#define DURATION_TEXT_SIZE 8

/*
 * Reads TIME FORMATS of sshd_config(5): a sum of integers, each with a unit s m h d w of either
 * case or none for seconds, as in 350, 5m50s, 1h30m. Gives whole seconds; 0 is a duration.
 * -EINVAL: empty, sign, blank, fraction or unknown unit; -ERANGE: more than DURATION_MAX_S.
 */
int duration_parse(const char *text, uint64_t *ret_seconds);

/*
 * Writes seconds for people, in at most 6 columns, and returns buf:
 *   below 1 s     0.4s     below 1 h     3m32s     below 100 d      41d03h
 *   below 1 min   7s       below 1 d     2h05m     below 10000 d    365d, beyond >9999d
 * Always cut, never rounded up: an idle time is not overstated, a countdown promises no second
 * that is not there. Negative, infinite and NaN are unknown: "-".
 */
const char *duration_format(double seconds, char *buf, size_t size);

/* Of nanoseconds that were measured: 4.98 s is a period of 5 s. */
static inline int64_t nearest_second(int64_t ns)
{
	return (ns + (int64_t)NSEC_PER_SEC / 2) / (int64_t)NSEC_PER_SEC;
}

#endif
