/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of check: the status line, its performance data, a line for a session. */
#ifndef SSHIDLE_CHECK_SHOW_H
#define SSHIDLE_CHECK_SHOW_H

#include <stddef.h>

#include "check.h"
#include "row.h"

/* Pagers cut what is longer, say the Monitoring Plugins Development Guidelines. */
#define CHECK_COLUMNS 79

#define CHECK_STATUS_SIZE 512	 /* every status line */
#define CHECK_PERFDATA_SIZE 1024 /* all performance data */
#define CHECK_SESSION_SIZE 1024	 /* every line of a session */

/*
 * "SSHIDLE CRITICAL - 2 overdue, 1 at risk (alice@203.0.113.7 cut in 47 s)", without a newline.
 * user and address: of the session that subject names, user any bytes; unused with SUBJECT_NONE.
 * One or both are left out where the line would be longer than CHECK_COLUMNS characters. Gives buf.
 */
const char *check_format_status(enum outcome outcome, const struct survey *survey,
				enum subject subject, const char *user, const char *address,
				char *buf, size_t size);

/* "'sessions'=12;;;0 ...", a measure that is unknown left out; gives buf. */
const char *check_format_perfdata(const struct survey *survey, const struct thresholds *thresholds,
				  char *buf, size_t size);

/* "70434 at-risk alice@203.0.113.7:39530 sshd[4183], cut in 47 s: REASON"; gives buf. */
const char *check_format_session(const struct row *row, char *buf, size_t size);

#endif
