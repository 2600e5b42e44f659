/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command line of an ssh client says of its keepalive. */
#ifndef SSHIDLE_SSH_OPTIONS_H
#define SSHIDLE_SSH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reading.h"
#include "row.h"

struct ssh_options {
	bool has_interval;
	uint64_t server_alive_s; /* ServerAliveInterval, 0: off */
	bool has_count;
	uint64_t server_alive_count; /* ServerAliveCountMax */
};

struct ssh_reading {
	struct reading reading;
	struct ssh_options options;
};

/*
 * Reads a command line as /proc/PID/cmdline has it: options before and behind the host, up to the
 * remote command. As for ssh, the first value of an option counts. What is no value is left out.
 */
void ssh_options_parse(const char *cmdline, size_t length, struct ssh_options *ret);

/*
 * Of the process that owns a session. What its configuration files say is not evaluated: "Match
 * exec" in them would run commands. Never fails: *ret tells.
 */
void ssh_options_read(const struct row *row, struct ssh_reading *ret);

#endif
