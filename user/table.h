/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report as a table for people. */
#ifndef SSHIDLE_TABLE_H
#define SSHIDLE_TABLE_H

#include <stdio.h>

#include "options.h"
#include "report.h"

#define TABLE_DEFAULT_COLUMNS "SESSION,USER,PEER,SILENT,BAR,CUT-IN,VERDICT,REASON"

/*
 * Writes to stdout the columns that the options name. 0, -errno, or ERR_USAGE: no such column
 * (told). On a terminal the table keeps to its width, and to 100 columns unless columns were
 * chosen.
 */
int table_print_report(const struct options *options, const struct report *report);

/*
 * Writes the header and n sessions from first on to out, as on a terminal of width columns that
 * has no colours. columns NULL: the default. 0, -errno, or ERR_USAGE.
 */
int table_print_part(const char *columns, const struct report *report, size_t first, size_t n,
		     FILE *out, size_t width);

/* Whether there should be colours, of which NO_COLOR wants none. */
bool table_wants_color(enum color color, bool terminal);

/* Whether every column that -o names is there; tells which is not. 0 or ERR_USAGE. */
int table_check_columns(const char *columns);

/* Whether the columns (NULL: none were named) are "help", which prints all there are. */
bool table_tells_columns(const char *columns);

#endif
