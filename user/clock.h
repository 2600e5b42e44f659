/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks, as the kernel's records have them. */
#ifndef SSHIDLE_CLOCK_H
#define SSHIDLE_CLOCK_H

#include <stdint.h>

/*
 * CLOCK_BOOTTIME of this host in nanoseconds, the clock of all records; time_namespaces(7) give
 * processes another one.
 */
uint64_t clock_boot_ns(void);

/* CLOCK_MONOTONIC in milliseconds, for how long something takes. */
int64_t clock_mono_ms(void);

/* CLOCK_REALTIME in nanoseconds. */
uint64_t clock_wall_ns(void);

/* What is added to CLOCK_BOOTTIME, and to the times in /proc, of this process's time namespace. */
int64_t clock_boot_offset_ns(void);

#endif
