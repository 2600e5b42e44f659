/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report as a table for people. */
#ifndef SSHIDLE_TABLE_H
#define SSHIDLE_TABLE_H

#include "options.h"
#include "report.h"

/*
 * Writes to stdout the columns that the options name. 0, -errno, or ERR_USAGE: no such column
 * (told). On a terminal the table keeps to its width, and to 100 columns unless columns were
 * chosen.
 */
int table_print_report(const struct options *options, const struct report *report);

/* Whether every column that -o names is there; tells which is not. 0 or ERR_USAGE. */
int table_check_columns(const char *columns);

/* What -o help prints. */
void table_print_columns(void);

#endif
