/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows changes of keepalive, as a table or JSON. */
#ifndef SSHIDLE_CHANGE_SHOW_H
#define SSHIDLE_CHANGE_SHOW_H

#include "change.h"
#include "options.h"
#include "report.h"

/* What changes are shown with. */
struct change_list {
	const struct report *report;
	struct change *changes; /* owned by whoever made the list */
	size_t n;
	size_t n_busy;	  /* closing, or active, and not chosen: they would be refused */
	size_t n_overdue; /* and not chosen */
	size_t n_dead;	  /* likewise */
	bool undo_possible;
};

/* Writes to stdout. 0 or -errno. */
int changes_print_table(const struct options *options, const struct change_list *list);
int changes_print_json(const struct options *options, const struct change_list *list);

#endif
