/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice as each program's own configuration file, the arithmetic in its comments. */
#ifndef SSHIDLE_ADVICE_SHOW_H
#define SSHIDLE_ADVICE_SHOW_H

#include <stddef.h>
#include <stdio.h>

#include "advice.h"

/* One configuration file of one program; static. */
struct advice_program {
	const char *name;  /* the word of --for */
	const char *place; /* where the file belongs */
	/* Prints the whole file and nothing else; only where advice_obstacle() is NULL. */
	void (*print)(const struct advice *advice, FILE *out);
};

/* The program with exactly this name, or NULL. */
const struct advice_program *advice_program_find(const char *name);

/* The program i, or NULL past the end. */
const struct advice_program *advice_program_at(size_t i);

/* "sshd, ssh and sysctl": every name; gives buf. */
const char *advice_program_list(char *buf, size_t size);
#define ADVICE_LIST_SIZE 128

/* Why this program cannot keep the path open, in one clause; NULL: it can. */
const char *advice_obstacle(const struct advice *advice, const struct advice_program *program);

#endif
