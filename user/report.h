/* SPDX-License-Identifier: GPL-2.0-only */
/* A judged list of sessions, ready to be shown in any format. */
#ifndef SSHIDLE_REPORT_H
#define SSHIDLE_REPORT_H

#include <stdbool.h>

#include "field.h"
#include "options.h"

struct report {
	struct sessions sessions; /* owned; all that are to be shown, in their order */
	struct owners *owners;	  /* owned */
	struct paths *paths;	  /* owned, or NULL: nothing was learned */
	const struct policy *policy;
	bool attached;		      /* a whole recorder stands behind the records */
	size_t counts[VERDICT_KINDS]; /* of all sessions, shown or not */
	size_t total;
};

/*
 * Reads, merges, judges, selects and sorts as the options say. Every failure has been told.
 * 0, -errno, or ERR_USAGE: the options name what cannot be.
 */
int report_make(const struct options *options, const struct policy *policy, struct report *ret);
void report_free(struct report *report);

/* Fills the row of session i, 0..sessions.n-1. */
void report_row(const struct report *report, size_t i, struct row *ret);

/* Gets one field of a row. */
void report_value(const struct field *field, const struct row *row, struct value *ret);

#endif
