// SPDX-License-Identifier: GPL-2.0-only
/* Durations: read as sshd writes them, shown as people say them. */
#include "duration.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "number.h"

enum {
	MINUTE_S = 60,
	HOUR_S = 60 * MINUTE_S,
	DAY_S = 24 * HOUR_S,
	WEEK_S = 7 * DAY_S,
};

/* Seconds in the unit at *text, which is passed; 0: there is no such unit. */
static uint64_t unit_read(const char **text)
{
	if (!**text)
		return 1;
	switch (*(*text)++) {
	case 's':
	case 'S':
		return 1;
	case 'm':
	case 'M':
		return MINUTE_S;
	case 'h':
	case 'H':
		return HOUR_S;
	case 'd':
	case 'D':
		return DAY_S;
	case 'w':
	case 'W':
		return WEEK_S;
	default:
		return 0;
	}
}

int duration_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t total = 0, count, unit;
	int r;

	do {
		r = number_read(&text, DURATION_MAX_S, &count);
		if (r)
			return r;
		unit = unit_read(&text);
		if (!unit)
			return -EINVAL;
		total += count * unit;
		if (total > DURATION_MAX_S)
			return -ERANGE;
	} while (*text);
	*ret_seconds = total;
	return 0;
}

/* From one second up. */
static void whole_format(unsigned int s, char *buf, size_t size)
{
	if (s < MINUTE_S)
		snprintf(buf, size, "%us", s);
	else if (s < HOUR_S)
		snprintf(buf, size, "%um%02us", s / MINUTE_S, s % MINUTE_S);
	else if (s < DAY_S)
		snprintf(buf, size, "%uh%02um", s / HOUR_S, s % HOUR_S / MINUTE_S);
	else if (s < 100 * DAY_S)
		snprintf(buf, size, "%ud%02uh", s / DAY_S, s % DAY_S / HOUR_S);
	else
		snprintf(buf, size, "%ud", s / DAY_S);
}

const char *duration_format(double seconds, char *buf, size_t size)
{
	unsigned int tenths;

	if (!isfinite(seconds) || seconds < 0) {
		snprintf(buf, size, "-");
	} else if (seconds >= 10000.0 * DAY_S) {
		snprintf(buf, size, ">9999d");
	} else if (seconds >= 1) {
		whole_format((unsigned int)seconds, buf, size);
	} else {
		tenths = (unsigned int)(seconds * 10);
		snprintf(buf, size, tenths ? "0.%us" : "0s", tenths);
	}
	return buf;
}
