/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report as a table for people. */
#ifndef SSHIDLE_TABLE_H
#define SSHIDLE_TABLE_H

#include "options.h"
#include "report.h"

/*
 * Writes to stdout the columns that the options name. 0 or -errno: -EINVAL no such column (told).
 * On a terminal the table keeps to its width, and to 100 columns unless columns were chosen.
 */
int table_print_report(const struct options *options, const struct report *report);

/* What -o help prints. */
void table_print_columns(void);

#endif
