// SPDX-License-Identifier: GPL-2.0-only
/* Moments of records on the wall clock. */
#include "wall.h"

#include <stdio.h>
#include <time.h>

#include "duration.h"

uint64_t wall_at(const struct record_start *start, uint64_t boot_ns)
{
	return start->wall_ns - (start->now_ns - boot_ns);
}

const char *wall_format(uint64_t wall_ns, char *buf, size_t size)
{
	time_t seconds = wall_ns / NSEC_PER_SEC;
	char date[WALL_TEXT_SIZE - sizeof(".000Z") + 1];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf, size, "%s.%03uZ", date, (unsigned int)(wall_ns % NSEC_PER_SEC / 1000000));
	return buf;
}
