// SPDX-License-Identifier: GPL-2.0-only
/* Where something was read, or why it could not be. */
#include "reading.h"

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

void reading_set(struct reading *reading, enum reading_state state, const char *format, ...)
{
	char text[READING_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reading->state = state;
	utf8_clean(text, sizeof(text), reading->text, sizeof(reading->text));
}
