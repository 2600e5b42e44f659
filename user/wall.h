/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments of records on the wall clock. */
#ifndef SSHIDLE_WALL_H
#define SSHIDLE_WALL_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/record.h"

/* Bytes that hold every text of wall_format(), NUL included. */
#define WALL_TEXT_SIZE 32

/* CLOCK_REALTIME in nanoseconds of a moment of CLOCK_BOOTTIME, as the stream's start tells it. */
uint64_t wall_at(const struct record_start *start, uint64_t boot_ns);

/* Writes RFC 3339 in UTC with milliseconds; gives buf. */
const char *wall_format(uint64_t wall_ns, char *buf, size_t size);

#endif
