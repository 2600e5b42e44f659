// SPDX-License-Identifier: GPL-2.0-only
#include "clock.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "duration.h"

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* time_namespaces(7). Where there are none, or no /proc, nothing is known to be added. */
static int64_t read_boot_offset(void)
{
	FILE *offsets = fopen("/proc/self/timens_offsets", "re");
	int64_t s, ns, ret = 0;
	char clock[32];

	if (!offsets)
		return 0;
	while (fscanf(offsets, "%31s %" SCNd64 " %" SCNd64, clock, &s, &ns) == 3)
		if (!strcmp(clock, "boottime"))
			ret = s * (int64_t)NSEC_PER_SEC + ns;
	fclose(offsets);
	return ret;
}

int64_t clock_boot_offset_ns(void)
{
	static int64_t offset;
	static bool known;

	if (!known)
		offset = read_boot_offset();
	known = true;
	return offset;
}

uint64_t clock_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME) - clock_boot_offset_ns();
}

int64_t clock_mono_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / NSEC_PER_MSEC;
}

uint64_t clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}
