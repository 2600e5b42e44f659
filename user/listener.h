/* SPDX-License-Identifier: GPL-2.0-only */
/* The sshd that listens for a session, and what it was started with. */
#ifndef SSHIDLE_LISTENER_H
#define SSHIDLE_LISTENER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "reading.h"
#include "row.h"

#define LISTENER_WORDS_MAX 64
#define LISTENER_TEXT_SIZE 4096

/* Of its command line, what decides its settings. */
struct listener_options {
	const char *words[LISTENER_WORDS_MAX]; /* each -f, -h and -o, and its value behind it */
	size_t n_words;
	char text[LISTENER_TEXT_SIZE]; /* what these point into */
};

/*
 * Reads a command line as /proc/PID/cmdline has it. Since 8.2 sshd writes its arguments, with
 * blanks between them, into its title: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups".
 * As sshd takes no operands, a word that is no option belongs to the one before it. 0; -EINVAL:
 * this is no listener's command line; -E2BIG: it is too long.
 */
int listener_options_parse(const char *cmdline, size_t length, struct listener_options *ret);

/*
 * The listener that the session's processes descend from; where that has gone, as after a restart,
 * the sshd that listens on the session's port now, and *ret_restarted. Its pid, or 0, with *reading
 * telling why there is none.
 */
pid_t listener_find(const struct row *row, bool *ret_restarted, struct reading *reading);

#endif
