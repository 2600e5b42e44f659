/* SPDX-License-Identifier: GPL-2.0-only */
/* Text on the terminal, by ncurses: lines, and panes of lines that scroll. */
#ifndef SSHIDLE_PANE_H
#define SSHIDLE_PANE_H

#include <ncurses.h>
#include <stddef.h>

struct pane {
	char *text;    /* owned; each line ends with a NUL */
	size_t *lines; /* owned; where each begins */
	size_t n;
	size_t top; /* the first line that shows */
};

/*
 * Takes over text, clean UTF-8 that was made by malloc(). It shows from where the pane stood. 0 or
 * -ENOMEM: then the pane is empty. Release with pane_free().
 */
int pane_set(struct pane *pane, char *text);
void pane_free(struct pane *pane);

/* Line i, "" past the end. */
const char *pane_line(const struct pane *pane, size_t i);

/* Scrolls by lines, as far as there are any in a pane of that height. */
void pane_scroll(struct pane *pane, long lines, size_t height);

/* Draws it from row y on, height rows. */
void pane_draw(const struct pane *pane, int y, size_t height);

/* Draws one line of clean UTF-8 in row y, cut at the screen's edge, with attributes all along. */
void line_draw(int y, attr_t attributes, const char *text);

#endif
