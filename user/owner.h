/* SPDX-License-Identifier: GPL-2.0-only */
/* Who holds a session: user, terminal and title of the owning process, from /proc. */
#ifndef SSHIDLE_OWNER_H
#define SSHIDLE_OWNER_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/record.h"

#define OWNER_TTY_SIZE 32
#define OWNER_TITLE_SIZE 256
#define OWNER_USER_SIZE 64

/* At most this many processes are looked up in one run; the rest stay unknown. */
#define OWNER_LOOKUPS_MAX 4096

/* Raw bytes of /proc: clean them before they are shown. "" is unknown. */
struct owner {
	char tty[OWNER_TTY_SIZE];     /* "pts/0" */
	char title[OWNER_TITLE_SIZE]; /* the command line, blanks between its words */
	int64_t tty_idle;	      /* ns since the terminal was last read from, UNKNOWN_NS */
};

struct owners; /* remembers what was looked up, and how much more may be */

/* NULL without memory. enabled 0: nothing is looked up (the records are another machine's). */
struct owners *owners_new(int enabled);
void owners_free(struct owners *owners);

/*
 * The details of the process that record names, if it is still that process. Everything that
 * cannot be read is unknown; never fails. The result is borrowed until the next call.
 */
const struct owner *owners_lookup(struct owners *owners, const struct record_session *record);

/* The name of uid, its number where it has none. Borrowed until the next call. */
const char *owners_user(struct owners *owners, uint32_t uid);

#endif
