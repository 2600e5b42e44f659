/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows what can end a session, what keeps it and what to do, as text or JSON. */
#ifndef SSHIDLE_EXPLAIN_SHOW_H
#define SSHIDLE_EXPLAIN_SHOW_H

#include "keepers.h"
#include "limit.h"
#include "mend.h"
#include "report.h"

struct explanation {
	struct row row;
	struct evidence evidence;
	struct limits limits;
	struct keepers keepers;
	char mend[MEND_SIZE];
};

/* One session as text for people, at most 80 columns wide on a terminal. 0 or -errno. */
int explanation_print_text(const struct explanation *explanation);

/* The caller's. */
struct json_object;
struct json_object *explanation_new_json(const struct explanation *explanation);

#endif
