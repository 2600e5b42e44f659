/* SPDX-License-Identifier: GPL-2.0-only */
/* TMOUT of the shell that a session runs. */
#ifndef SSHIDLE_SHELL_H
#define SSHIDLE_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading.h"
#include "row.h"

struct shell_reading {
	struct reading reading;
	uint64_t tmout_s;
	bool waits; /* it is itself in the foreground of its terminal: at its prompt */
	bool none;  /* nothing was started for the session */
};

/* The value of a variable in an environment as /proc/PID/environ has it; NULL: none. */
const char *environment_find(const char *environment, size_t length, const char *name);

/*
 * Looks for TMOUT in the environment that the session's shell was started with. Variables that a
 * shell set later, as /etc/profile does, are in its own memory only: without TMOUT in the
 * environment it is unreadable, not unset. Never fails: *ret tells.
 */
void shell_read(const struct row *row, struct shell_reading *ret);

#endif
