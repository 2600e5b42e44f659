/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows obituaries, and what they taught about each path, as a table or JSON. */
#ifndef SSHIDLE_HISTORY_SHOW_H
#define SSHIDLE_HISTORY_SHOW_H

#include "deaths.h"
#include "options.h"
#include "paths.h"

struct history {
	const struct record_start *start;
	const struct deaths *deaths;
	const struct paths *paths; /* NULL: nothing is known of them */
};

/* Write to stdout. 0 or -errno. */
int history_print_words(const struct options *options, const struct history *history);
int history_print_json(const struct history *history);

#endif
