/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows what can end a session, what keeps it and what to do, as text or JSON. */
#ifndef SSHIDLE_EXPLAIN_SHOW_H
#define SSHIDLE_EXPLAIN_SHOW_H

#include <stdio.h>

#include "explanation.h"

/*
 * One session as text for people, at most width columns wide; 0: 80, and a table as wide as the
 * terminal that out is, or as it wants. 0 or -errno.
 */
int explanation_print_text(const struct explanation *explanation, FILE *out, size_t width);

/* The caller's. */
struct json_object;
struct json_object *explanation_new_json(const struct explanation *explanation);

#endif
