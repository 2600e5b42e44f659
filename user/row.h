/* SPDX-License-Identifier: GPL-2.0-only */
/* One session, judged: everything that any format may show of it. */
#ifndef SSHIDLE_ROW_H
#define SSHIDLE_ROW_H

#include <stdbool.h>
#include <sys/types.h>

#include "judge.h"
#include "owner.h"
#include "paths.h"
#include "sessions.h"

struct row {
	const struct sessions *sessions;
	const struct session *session;
	const struct record_session *record; /* of the first owner */
	struct owners *owners;
	struct facts facts;
	struct path path;
	struct verdict verdict;
};

/* Judges one session. All pointers are borrowed; paths may be NULL. */
void row_fill(const struct sessions *sessions, const struct session *session,
	      const struct policy *policy, const struct paths *paths, struct owners *owners,
	      struct row *ret);

/* The owner a person would name: the first that is not root's, else the first. */
const struct record_session *row_main_owner(const struct row *row);

/* Whether process pid holds the session's socket. */
bool row_is_owner(const struct row *row, pid_t pid);

/* The first owner with a terminal, NULL if none has one. Borrowed until the next lookup. */
const struct owner *row_terminal(const struct row *row);

/* Where the row stands when nothing else is asked for: the dead, then the soonest cut first. */
double row_urgency(const struct row *row);

#endif
