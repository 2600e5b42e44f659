// SPDX-License-Identifier: GPL-2.0-only
/* A plain table of texts. */
#include "grid.h"

#include <errno.h>
#include <libsmartcols.h>
#include <unistd.h>

struct libscols_table *grid_new(const struct grid_column *columns, size_t n, bool no_header)
{
	struct libscols_table *grid = scols_new_table();
	bool terminal = isatty(STDOUT_FILENO);

	for (size_t i = 0; grid && i < n; i++) {
		int flags = columns[i].right ? SCOLS_FL_RIGHT : 0;

		if (terminal && i == n - 1)
			flags |= SCOLS_FL_TRUNC;
		if (!scols_table_new_column(grid, columns[i].name, 0, flags)) {
			scols_unref_table(grid);
			return NULL;
		}
	}
	if (!grid)
		return NULL;
	scols_table_enable_noheadings(grid, no_header);
	if (!terminal)
		scols_table_set_termforce(grid, SCOLS_TERMFORCE_NEVER);
	return grid;
}

void grid_let_wrap(struct libscols_table *grid)
{
	scols_table_set_termforce(grid, SCOLS_TERMFORCE_NEVER);
}

int grid_add(struct libscols_table *grid, const char *const *texts)
{
	struct libscols_line *line = scols_table_new_line(grid, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < scols_table_get_ncols(grid); i++)
		if (scols_line_set_data(line, i, texts[i]))
			return -ENOMEM;
	return 0;
}

/* Where memory runs out the library prints blank cells, and calls that done. */
int grid_print(struct libscols_table *grid)
{
	int err;

	errno = 0;
	err = scols_print_table(grid);
	return !err && errno == ENOMEM ? -ENOMEM : err;
}

int grid_print_to(struct libscols_table *grid, FILE *out, size_t width)
{
	struct libscols_column *last =
		scols_table_get_column(grid, scols_table_get_ncols(grid) - 1);

	scols_column_set_flags(last, scols_column_get_flags(last) | SCOLS_FL_TRUNC);
	scols_table_set_stream(grid, out);
	scols_table_set_termforce(grid, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(grid, width);
	return grid_print(grid);
}

void grid_free(struct libscols_table *grid)
{
	scols_unref_table(grid);
}
