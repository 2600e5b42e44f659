// SPDX-License-Identifier: GPL-2.0-only
/* Writes the report as a table for people. */
#include "table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "grid.h"
#include "log.h"

#define DEFAULT_WIDTH 100
#define COLUMNS_MAX 64

struct layout {
	const struct field *fields[COLUMNS_MAX];
	size_t n;
	bool terminal;
	bool color;
};

bool table_wants_color(enum color color, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */
	const char *term = getenv("TERM");

	if (color == COLOR_AUTO)
		return terminal && !(no_color && *no_color) && term && strcmp(term, "dumb");
	return color == COLOR_ALWAYS;
}

/* The bar is for eyes: a table that goes elsewhere has it only if it was named. */
static int choose_fields(const char *columns, struct layout *layout)
{
	bool named = columns;
	const char *word = named ? columns : TABLE_DEFAULT_COLUMNS;

	for (;;) {
		size_t length = strcspn(word, ",");
		const struct field *field = field_find(word, length);

		if (layout->n == COLUMNS_MAX) {
			log_error("-o: too many columns; up to %d are shown", COLUMNS_MAX);
			return ERR_USAGE;
		}
		if (!field) {
			log_error("-o %.*s: no such column; 'sshidle -o help' lists them",
				  (int)length, word);
			return ERR_USAGE;
		}
		if (named || layout->terminal || !(field->flags & FIELD_BAR))
			layout->fields[layout->n++] = field;
		if (!word[length])
			return 0;
		word += length + 1;
	}
}

int table_check_columns(const char *columns)
{
	struct layout layout = {};

	return choose_fields(columns, &layout);
}

static size_t terminal_width(bool named)
{
	struct winsize size;
	size_t width = DEFAULT_WIDTH;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	return !named && width > DEFAULT_WIDTH ? DEFAULT_WIDTH : width;
}

static int add_columns(struct libscols_table *table, const struct layout *layout)
{
	for (size_t i = 0; i < layout->n; i++) {
		const struct field *field = layout->fields[i];
		int flags = field->flags & FIELD_RIGHT ? SCOLS_FL_RIGHT : 0;

		if (layout->terminal && field->flags & FIELD_TRUNCATE)
			flags |= SCOLS_FL_TRUNC;
		if (!scols_table_new_column(table, field->column, 0, flags))
			return -ENOMEM;
	}
	return 0;
}

static const char *verdict_color(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_AT_RISK:
		return "yellow";
	case VERDICT_OVERDUE:
	case VERDICT_DEAD:
		return "red";
	default:
		return "green";
	}
}

static int add_line(struct libscols_table *table, const struct layout *layout,
		    const struct row *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	struct value value;

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < layout->n; i++) {
		const struct field *field = layout->fields[i];

		report_value(field, row, &value);
		if (scols_line_set_data(line, i, value_for_people(&value)))
			return -ENOMEM;
		if (field->flags & (FIELD_VERDICT | FIELD_BAR))
			scols_cell_set_color(scols_line_get_cell(line, i),
					     verdict_color(row->verdict.kind));
	}
	return 0;
}

static int fill(struct libscols_table *table, const struct layout *layout,
		const struct report *report, size_t first, size_t n)
{
	struct row row;
	int err = add_columns(table, layout);

	for (size_t i = first; i < first + n && i < report->sessions.n && !err; i++) {
		report_row(report, i, &row);
		err = add_line(table, layout, &row);
	}
	return err;
}

static int print(struct libscols_table *table, const struct options *options,
		 const struct layout *layout)
{
	scols_table_enable_noheadings(table, options->no_header);
	scols_table_enable_colors(table, layout->color);
	if (layout->terminal) {
		scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(table, terminal_width(options->columns));
	} else {
		scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	}
	return grid_print(table);
}

int table_print_report(const struct options *options, const struct report *report)
{
	struct layout layout = {.terminal = isatty(STDOUT_FILENO)};
	struct libscols_table *table;
	int err;

	layout.color = table_wants_color(options->color, layout.terminal);
	err = choose_fields(options->columns, &layout);
	if (err)
		return err;
	table = scols_new_table();
	if (!table)
		return -ENOMEM;
	err = fill(table, &layout, report, 0, report->sessions.n);
	if (!err)
		err = print(table, options, &layout);
	scols_unref_table(table);
	return err;
}

int table_print_part(const char *columns, const struct report *report, size_t first, size_t n,
		     FILE *out, size_t width)
{
	struct layout layout = {.terminal = true};
	struct libscols_table *table;
	int err = choose_fields(columns, &layout);

	if (err)
		return err;
	table = scols_new_table();
	if (!table)
		return -ENOMEM;
	err = fill(table, &layout, report, first, n);
	scols_table_set_stream(table, out);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table, width);
	if (!err)
		err = grid_print(table);
	scols_unref_table(table);
	return err;
}

bool table_tells_columns(const char *columns)
{
	const struct field *field;

	if (!columns || strcmp(columns, "help"))
		return false;
	for (size_t i = 0; (field = field_at(i)); i++)
		if (field->column)
			printf("%-12s  %s\n", field->column, field->help);
	return true;
}
