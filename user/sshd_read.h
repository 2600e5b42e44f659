/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the listener of a session for the settings that are in force for it. */
#ifndef SSHIDLE_SSHD_READ_H
#define SSHIDLE_SSHD_READ_H

#include <stdbool.h>

#include "reading.h"
#include "row.h"
#include "sshd_settings.h"
#include "sshd_version.h"

struct sshd_reading {
	struct reading reading;
	struct sshd_settings settings;
	bool has_version;
	struct sshd_version version;
	bool restarted; /* read of the listener of now, which did not start the session */
	bool logged_in;
};

/*
 * Asks the listener of a session for the settings that are in force for it: its own binary, -f and
 * -o, in its own namespaces and with its own identity (place.h), matched for the session's user and
 * addresses. Never fails: *ret tells.
 */
void sshd_settings_read(const struct row *row, struct sshd_reading *ret);

#endif
