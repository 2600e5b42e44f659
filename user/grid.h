/* SPDX-License-Identifier: GPL-2.0-only */
/* A plain table of texts. */
#ifndef SSHIDLE_GRID_H
#define SSHIDLE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct libscols_table;

struct grid_column {
	const char *name;
	bool right; /* numbers stand at the right */
};

/*
 * A new table with n columns, the last of which gives way on a narrow terminal. NULL: no memory.
 * Release with grid_free().
 */
struct libscols_table *grid_new(const struct grid_column *columns, size_t n, bool no_header);

/* Lets lines be longer than the terminal is wide: for a table whose last column is the answer. */
void grid_let_wrap(struct libscols_table *grid);

/* Adds a line of as many texts as there are columns; they are copied. 0 or -ENOMEM. */
int grid_add(struct libscols_table *grid, const char *const *texts);

/* To stdout. 0 or -errno. */
int grid_print(struct libscols_table *grid);

/* To out, no wider than width columns. 0 or -errno. */
int grid_print_to(struct libscols_table *grid, FILE *out, size_t width);
void grid_free(struct libscols_table *grid);

#endif
