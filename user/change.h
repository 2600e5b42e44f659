/* SPDX-License-Identifier: GPL-2.0-only */
/* One session's keepalive to be set or put back: carried out, verified, shown. */
#ifndef SSHIDLE_CHANGE_H
#define SSHIDLE_CHANGE_H

#include <stdbool.h>

#include "plan.h"
#include "sessions.h"

enum change_result {
	CHANGE_PLANNED, /* nothing was done: --dry-run */
	CHANGE_SET,	/* done, and verified once change_verify() said so */
	CHANGE_KEPT,	/* it had these options already */
	CHANGE_REFUSED, /* it would hurt */
	CHANGE_FAILED,
};

struct change {
	const struct session *session;
	const struct record_session *owner; /* through which it was done, or would be */
	struct plan plan;
	uint64_t timeout_ns; /* of the path */
	bool undo;
	enum change_result result;
	bool ended;    /* FAILED, since the session ended before it was touched */
	char why[160]; /* of REFUSED and FAILED, "" else */
};

/*
 * Sets the planned options on the socket, through the first owner that lends it: identity is
 * checked on the borrowed copy, and so is, unless forced, that nothing is in flight right now.
 * before_map: the recorder's map of what was there, which is written before the options (undo:
 * emptied behind them); -1: none. Every change is one line in the journal. The result is in
 * change: CHANGE_SET or CHANGE_FAILED or CHANGE_REFUSED; on failure nothing is left changed.
 */
void change_apply(const struct sessions *sessions, int before_map, bool force,
		  struct change *change);

/*
 * Looks for the change in sessions that were read after it: the options, and that the kernel's
 * timer is armed, and its probe due before the path's cut (an overdue one: within one period). A
 * change that does not show is CHANGE_FAILED.
 */
void change_verify(const struct sessions *after, struct change *change);

/* Whether the change needs nobody's attention. */
bool change_is_good(const struct change *change);

/* "set", "would set", "restored", "unchanged", "refused", "failed". */
const char *change_word(const struct change *change);

#endif
