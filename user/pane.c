// SPDX-License-Identifier: GPL-2.0-only
/* Text on the terminal, by ncurses: lines, and panes of lines that scroll. */
#include "pane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		n++;
	return n + (*text != 0);
}

int pane_set(struct pane *pane, char *text)
{
	size_t n = count_lines(text), *lines = calloc(n + 1, sizeof(*lines));
	char *rest = text;

	if (!lines) {
		free(text);
		text = NULL;
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		lines[i] = rest - text;
		rest = strchrnul(rest, '\n');
		if (*rest)
			*rest++ = 0;
	}
	free(pane->text);
	free(pane->lines);
	*pane = (struct pane){.text = text, .lines = lines, .n = n, .top = pane->top};
	return lines ? 0 : -ENOMEM;
}

void pane_free(struct pane *pane)
{
	free(pane->text);
	free(pane->lines);
	*pane = (struct pane){};
}

const char *pane_line(const struct pane *pane, size_t i)
{
	return i < pane->n ? pane->text + pane->lines[i] : "";
}

void pane_scroll(struct pane *pane, long lines, size_t height)
{
	long last = pane->n > height ? (long)(pane->n - height) : 0;
	long top = (long)pane->top + lines;

	pane->top = top < 0 ? 0 : top > last ? last : top;
}

void pane_draw(const struct pane *pane, int y, size_t height)
{
	for (size_t i = 0; i < height; i++)
		line_draw(y + i, A_NORMAL, pane_line(pane, pane->top + i));
}

/* A window of one row does not wrap: what is too long ends at its edge. */
void line_draw(int y, attr_t attributes, const char *text)
{
	WINDOW *line = y < LINES ? derwin(stdscr, 1, COLS, y, 0) : NULL;

	if (!line)
		return;
	wbkgd(line, ' ' | attributes);
	waddstr(line, text);
	delwin(line);
}
