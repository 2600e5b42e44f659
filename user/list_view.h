/* SPDX-License-Identifier: GPL-2.0-only */
/* The sessions on the screen of watch: which, in which order, and the one that is selected. */
#ifndef SSHIDLE_LIST_VIEW_H
#define SSHIDLE_LIST_VIEW_H

#include "report.h"

#define LIST_FILTER_SIZE 64
#define LIST_SORT_SIZE 32

struct list_view {
	const char *columns;	       /* as -o names them, NULL: those that fit the screen */
	char sort[LIST_SORT_SIZE];     /* as --sort names it, "" the most urgent first */
	char filter[LIST_FILTER_SIZE]; /* a part of what a session shows, in either case; "" all */
	bool at_risk;
	bool colors;
	uint64_t selected; /* id */
	size_t index;	   /* of it in the report */
	size_t top;	   /* the first that shows */
};

/* options are those of watch. 0 or ERR_USAGE: they name a column that is not there (told). */
int list_view_init(struct list_view *view, const struct options *options);

/* Sessions stand in the colour of their verdict from now on, if the terminal has colours. */
void list_view_use_colors(struct list_view *view);

/*
 * Counts, chooses and sorts the sessions of a report that was read, and finds the selected one in
 * it again, or else whatever took its place. 0 or -ENOMEM, which was told.
 */
int list_view_take(struct list_view *view, const struct options *options, struct report *report);

/* Selects the session that stands lines further down, as far as there are any. */
void list_view_move(struct list_view *view, const struct report *report, long lines);

/* Sorts by the column that is steps to the right; left of the first is the urgency. */
void list_view_sort(struct list_view *view, int steps);
void list_view_reverse(struct list_view *view);

/* Draws the header and sessions into height rows from y on. */
void list_view_draw(struct list_view *view, const struct report *report, int y, size_t height);

#endif
