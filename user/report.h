/* SPDX-License-Identifier: GPL-2.0-only */
/* A judged list of sessions, ready to be shown in any format. */
#ifndef SSHIDLE_REPORT_H
#define SSHIDLE_REPORT_H

#include <stdbool.h>

#include "field.h"
#include "log.h"
#include "options.h"

struct report {
	struct sessions sessions; /* owned; all that are to be shown, in their order */
	struct owners *owners;	  /* owned */
	struct paths *paths;	  /* owned, or NULL: nothing was learned */
	const struct policy *policy;
	bool attached; /* a whole recorder stands behind the records */
	bool blind;    /* read in a container without a session, from outside of which it comes */
	size_t counts[VERDICT_KINDS]; /* of all sessions, shown or not */
	size_t total;
};

/*
 * Reads, merges, judges, selects and sorts as the options say. Every failure has been told.
 * 0, -errno, or ERR_USAGE: the options name what cannot be.
 */
int report_make(const struct options *options, const struct policy *policy, struct report *ret);

/*
 * Reads and merges the sessions of the ports that the options say, all of them and in no order
 * that means anything; counts stay 0. For who looks at each session once. 0 or -errno, as above.
 */
int report_read(const struct options *options, const struct policy *policy, struct report *ret);

/* Counts, selects and sorts what report_read() gave. 0, -errno or ERR_USAGE, as above. */
int report_select(const struct options *options, struct report *report);

/* Puts the most urgent first. 0 or -ENOMEM, which was told. */
int report_sort(struct report *report);
void report_free(struct report *report);

/* Whether a recorder stands behind it of which pieces are missing. */
bool report_is_damaged(const struct report *report);

/* 0, or -ENXIO, which was told: it is blind. */
int report_check_seen(const struct report *report);

/*
 * Whether the config file names a port that is not recorded, so that its sessions are not there;
 * tells of the first with log_note() or log_error().
 */
bool report_lacks_ports(const struct options *options, const struct report *report,
			log_teller tell);

/* Fills the row of session i, 0..sessions.n-1, or of a session that is one of them. */
void report_row(const struct report *report, size_t i, struct row *ret);
void report_row_of(const struct report *report, const struct session *session, struct row *ret);

/* Gets one field of a row. */
void report_value(const struct field *field, const struct row *row, struct value *ret);

#endif
