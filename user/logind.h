/* SPDX-License-Identifier: GPL-2.0-only */
/* How long logind lets a session be idle. */
#ifndef SSHIDLE_LOGIND_H
#define SSHIDLE_LOGIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading.h"
#include "row.h"

struct logind_reading {
	struct reading reading;
	uint64_t stop_idle_s; /* StopIdleSessionSec, 0: off */
};

/*
 * Finds the id N of "session-N.scope" in what /proc/PID/cgroup says, of either cgroup version.
 * False: the process is in no session of logind, or N is longer than size.
 */
bool logind_session_parse(const char *cgroup, char *id, size_t size);

/*
 * Reads "t 900000000", as "busctl get-property" prints microseconds; the largest number is
 * infinity. 0, or -EBADMSG.
 */
int logind_usec_parse(const char *text, uint64_t *ret_seconds);

/* Asks the running logind, with its configuration as it took it. Never fails: *ret tells. */
void logind_read(const struct row *row, struct logind_reading *ret);

#endif
