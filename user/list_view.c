// SPDX-License-Identifier: GPL-2.0-only
/* The sessions on the screen of watch: which, in which order, and the one that is selected. */
#include "list_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pane.h"
#include "table.h"

#define NARROW_COLUMNS "SESSION,CUT-IN,VERDICT,PEER"
#define WIDE_FROM 72 /* columns of the terminal */

static const char *columns_of(const struct list_view *view)
{
	if (view->columns)
		return view->columns;
	return COLS < WIDE_FROM ? NARROW_COLUMNS : TABLE_DEFAULT_COLUMNS;
}

int list_view_init(struct list_view *view, const struct options *options)
{
	*view = (struct list_view){.columns = options->columns, .at_risk = options->at_risk};
	if (options->sort)
		snprintf(view->sort, sizeof(view->sort), "%s", options->sort);
	return options->columns ? table_check_columns(options->columns) : 0;
}

/* --- which, and in which order --- */

struct search {
	const struct list_view *view;
	const struct report *report;
};

/* Any column that shows, and who it is. */
static bool keep_matching(const struct session *session, const void *data)
{
	const struct search *search = data;
	const char *word = columns_of(search->view);
	struct value value;
	struct row row;

	report_row_of(search->report, session, &row);
	for (;;) {
		size_t length = strcspn(word, ",");

		report_value(field_find(word, length), &row, &value);
		if (strcasestr(value_for_people(&value), search->view->filter))
			return true;
		if (!word[length])
			return false;
		word += length + 1;
	}
}

static void find_selected(struct list_view *view, const struct report *report)
{
	for (size_t i = 0; i < report->sessions.n; i++) {
		if (report->sessions.list[i].record->cookie != view->selected)
			continue;
		view->index = i;
		return;
	}
	list_view_move(view, report, 0);
}

int list_view_take(struct list_view *view, const struct options *options, struct report *report)
{
	struct options chosen = *options;
	struct search search = {view, report};
	int err;

	chosen.sort = view->sort[0] ? view->sort : NULL;
	chosen.at_risk = view->at_risk;
	err = report_select(&chosen, report);
	if (err)
		return err;
	if (view->filter[0])
		sessions_filter(&report->sessions, keep_matching, &search);
	find_selected(view, report);
	return 0;
}

void list_view_move(struct list_view *view, const struct report *report, long lines)
{
	long last = (long)report->sessions.n - 1;
	long index = (long)view->index + lines;

	view->index = index > last ? last : index;
	if (index < 0 || last < 0)
		view->index = 0;
	if (last >= 0)
		view->selected = report->sessions.list[view->index].record->cookie;
}

/* --- sorting --- */

/* Word i of a list, NULL past the end. */
static const char *word_at(const char *list, int i, size_t *ret_length)
{
	for (; i > 0 && list; i--) {
		list = strchr(list, ',');
		if (list)
			list++;
	}
	if (list)
		*ret_length = strcspn(list, ",");
	return list;
}

static int sorted_column(const struct list_view *view)
{
	const char *name = view->sort + (view->sort[0] == '-'), *word;
	size_t length;

	for (int i = 0; (word = word_at(columns_of(view), i, &length)); i++)
		if (strlen(name) == length && !strncasecmp(word, name, length))
			return i;
	return -1;
}

void list_view_sort(struct list_view *view, int steps)
{
	int column = sorted_column(view) + steps;
	const char *word;
	size_t length;

	if (column < -1)
		return;
	word = column < 0 ? "" : word_at(columns_of(view), column, &length);
	if (column < 0)
		view->sort[0] = 0;
	else if (word)
		snprintf(view->sort, sizeof(view->sort), "%.*s", (int)length, word);
}

void list_view_reverse(struct list_view *view)
{
	char turned[LIST_SORT_SIZE];

	if (view->sort[0] == '-')
		snprintf(turned, sizeof(turned), "%s", view->sort + 1);
	else
		snprintf(turned, sizeof(turned), "-%.*s", LIST_SORT_SIZE - 2,
			 view->sort[0] ? view->sort : "CUT-IN");
	memcpy(view->sort, turned, sizeof(turned));
}

/* --- drawing --- */

void list_view_use_colors(struct list_view *view)
{
	static const short colors[VERDICT_KINDS] = {
		[VERDICT_ACTIVE] = -1,
		[VERDICT_KEPT] = -1,
		[VERDICT_AT_RISK] = COLOR_YELLOW,
		[VERDICT_OVERDUE] = COLOR_RED,
		[VERDICT_DEAD] = COLOR_RED,
	};

	if (start_color() == ERR || use_default_colors() == ERR)
		return;
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		init_pair(1 + kind, colors[kind], -1);
	view->colors = true;
}

static const char *nothing_text(const struct list_view *view, const struct report *report)
{
	if (!report->total)
		return "no SSH session";
	return view->filter[0] ? "no session matches the filter" : "no session needs a person";
}

/* The selected session stays on the screen. */
static void follow_selected(struct list_view *view, const struct report *report, size_t rows)
{
	size_t n = report->sessions.n;

	if (view->top + rows > n)
		view->top = n > rows ? n - rows : 0;
	if (view->index < view->top)
		view->top = view->index;
	else if (view->index >= view->top + rows)
		view->top = view->index - rows + 1;
}

static void draw_lines(const struct list_view *view, const struct report *report,
		       const struct pane *lines, int y, size_t rows)
{
	line_draw(y, A_BOLD, pane_line(lines, 0));
	for (size_t i = 0; i < rows && view->top + i < report->sessions.n; i++) {
		attr_t attributes = A_NORMAL;
		struct row row;

		report_row(report, view->top + i, &row);
		if (view->colors)
			attributes = COLOR_PAIR(1 + row.verdict.kind);
		if (view->top + i == view->index)
			attributes |= A_REVERSE;
		line_draw(y + 1 + i, attributes, pane_line(lines, 1 + i));
	}
}

void list_view_draw(struct list_view *view, const struct report *report, int y, size_t height)
{
	size_t rows = height > 1 ? height - 1 : 0, size;
	struct pane lines = {};
	char *text = NULL;
	FILE *out;

	if (!report->sessions.n) {
		line_draw(y, A_NORMAL, nothing_text(view, report));
		return;
	}
	if (!rows)
		return;
	follow_selected(view, report, rows);
	out = open_memstream(&text, &size);
	if (!out)
		return;
	table_print_part(columns_of(view), report, view->top, rows, out, COLS);
	fclose(out);
	if (text && !pane_set(&lines, text))
		draw_lines(view, report, &lines, y, rows);
	pane_free(&lines);
}
