/* SPDX-License-Identifier: GPL-2.0-only */
/* Which OpenSSH an sshd binary is, and what that version does differently. */
#ifndef SSHIDLE_SSHD_VERSION_H
#define SSHIDLE_SSHD_VERSION_H

#include <stdbool.h>

/* Where Debian, Ubuntu, Fedora, SUSE and Alpine install it. */
#define SSHD_PATH "/usr/sbin/sshd"

struct sshd_version {
	unsigned int major;
	unsigned int minor;
};

/*
 * Runs "binary -V" (an absolute path) and reads the version out of what it says: sshd has -V since
 * 9.2, and earlier ones tell their version before the usage message. 0; -EBADMSG: it named no
 * version of OpenSSH; else as run_program(), -ENOENT and -EACCES among it.
 */
int sshd_version(const char *binary, struct sshd_version *ret);

/*
 * Reads "OpenSSH_9.2p1 Debian-2, OpenSSL ..." or "OpenSSH_for_Windows_9.5p1" anywhere in text.
 * -EBADMSG: there is none.
 */
int sshd_version_parse(const char *text, struct sshd_version *ret);

/*
 * Whether it sends ClientAlive messages at twice ClientAliveInterval: 9.2 to 9.4. Their
 * serverloop.c wakes up after the interval, but asks for more than it to have passed, in whole
 * seconds, and so waits once more (upstream commit 9d7193a83 mended it for 9.5).
 */
bool sshd_doubles_client_alive(const struct sshd_version *version);

/*
 * Whether ClientAliveCountMax 0 ends a session that was silent for one ClientAliveInterval: before
 * 8.2, whose serverloop.c takes it for no limit.
 */
bool sshd_logs_out_at_zero(const struct sshd_version *version);

#endif
