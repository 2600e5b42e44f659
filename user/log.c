// SPDX-License-Identifier: GPL-2.0-only
/* Words for people, on standard error. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static bool verbose_on;

static void print(const char *prefix, const char *format, va_list args)
{
	flockfile(stderr);
	fputs(prefix, stderr);
	vfprintf(stderr, format, args);
	putc('\n', stderr);
	funlockfile(stderr);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("sshidle: ", format, args);
	va_end(args);
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("sshidle: note: ", format, args);
	va_end(args);
}

void log_detail(const char *format, ...)
{
	va_list args;

	if (!verbose_on)
		return;
	va_start(args, format);
	print("sshidle: ", format, args);
	va_end(args);
}

void log_set_verbose(bool verbose)
{
	verbose_on = verbose;
}

bool log_is_verbose(void)
{
	return verbose_on;
}
