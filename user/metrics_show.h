/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of metrics, which feeds both formats. */
#ifndef SSHIDLE_METRICS_SHOW_H
#define SSHIDLE_METRICS_SHOW_H

#include "exposition.h"
#include "metrics.h"

/*
 * Writes every family; what is unknown has no sample. The first n_sessions sessions of the report
 * have series of their own.
 */
void metrics_write(const struct exposition *exposition, const struct report *report,
		   const struct metrics *metrics, size_t n_sessions);

#endif
