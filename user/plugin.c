// SPDX-License-Identifier: GPL-2.0-only
/* Speaks as a monitoring plugin: one line on standard output, and in time. */
#include "plugin.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

#define LINE_SIZE 4096 /* three bytes for each of a sentence of log.c, and more */

/* What the handler needs: nothing else may be touched there (signal-safety(7)). */
static char late_line[80];
static volatile sig_atomic_t late_length;

const char *plugin_state(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_DONE:
		return "OK";
	case OUTCOME_WARNING:
		return "WARNING";
	case OUTCOME_CRITICAL:
		return "CRITICAL";
	default:
		return "UNKNOWN";
	}
}

const char *plugin_clean(const char *text, char *buf, size_t size)
{
	utf8_clean(text, strlen(text), buf, size);
	for (char *bar = buf; (bar = strchr(bar, '|'));)
		*bar = '/';
	return buf;
}

void plugin_print_unknown(const char *sentence)
{
	char line[LINE_SIZE];

	printf("SSHIDLE %s - %s\n", plugin_state(OUTCOME_FAILED),
	       plugin_clean(sentence, line, sizeof(line)));
}

static void end_late(int signal)
{
	ssize_t written = late_length ? write(STDOUT_FILENO, late_line, late_length) : 0;

	(void)signal;
	(void)written; /* the status says the same */
	_exit(PLUGIN_UNKNOWN);
}

/* A parent may have left the signal blocked or ignored: both are inherited. */
void plugin_set_timeout(unsigned int seconds)
{
	struct sigaction action = {.sa_handler = end_late};
	sigset_t set;

	late_length = snprintf(late_line, sizeof(late_line),
			       "SSHIDLE %s - no answer within %u s; -t allows more\n",
			       plugin_state(OUTCOME_FAILED), seconds);
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(seconds);
}

void plugin_answers(void)
{
	late_length = 0;
}
