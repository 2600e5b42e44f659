// SPDX-License-Identifier: GPL-2.0-only
/* Words for people, on standard error. */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static bool verbose_on;
static void (*error_sink)(const char *sentence);

static void print(const char *prefix, const char *format, va_list args)
{
	if (error_sink)
		return;
	flockfile(stderr);
	fputs(prefix, stderr);
	vfprintf(stderr, format, args);
	putc('\n', stderr);
	funlockfile(stderr);
}

static void pass_on(const char *format, va_list args)
{
	char sentence[LOG_SENTENCE_SIZE];

	vsnprintf(sentence, sizeof(sentence), format, args);
	error_sink(sentence);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error_sink)
		pass_on(format, args);
	else
		print("sshidle: ", format, args);
	va_end(args);
}

int log_memory(int err)
{
	if (err == -ENOMEM)
		log_error("out of memory");
	return err;
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

void log_set_sink(void (*sink)(const char *sentence))
{
	error_sink = sink;
}

void log_set_verbose(bool verbose)
{
	verbose_on = verbose;
}

bool log_is_verbose(void)
{
	return verbose_on;
}
