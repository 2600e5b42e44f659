/* SPDX-License-Identifier: GPL-2.0-only */
/* Where something was read, or why it could not be. */
#ifndef SSHIDLE_READING_H
#define SSHIDLE_READING_H

#define READING_TEXT_SIZE 256

enum reading_state {
	READING_NONE,	/* it does not concern this session; text: why */
	READING_DONE,	/* text: where it was read */
	READING_FAILED, /* text: why it could not be read */
};

struct reading {
	enum reading_state state;
	char text[READING_TEXT_SIZE]; /* clean UTF-8 */
};

/* Sets both. Bytes that others chose may be among the arguments: the text is cleaned. */
void reading_set(struct reading *reading, enum reading_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
