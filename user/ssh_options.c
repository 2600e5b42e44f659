// SPDX-License-Identifier: GPL-2.0-only
/* What the command line of an ssh client says of its keepalive. */
#include "ssh_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "duration.h"
#include "number.h"
#include "process.h"

#define CMDLINE_SIZE 4096
#define WORDS_MAX 256
#define COUNT_MAX INT32_MAX

/* ssh.c, with what other versions had or have; -P takes a value only since 9.4. */
static const char ssh_letters[] =
	"+1246ACGKMNTVXYZafgknqstvxyB:D:E:F:I:J:L:O:P:Q:R:S:W:b:c:e:i:l:m:"
	"o:p:w:";

/* The value behind a keyword and its blank or '=', as in "ServerAliveInterval=15"; NULL: another.
 */
static const char *value_of(const char *option, const char *keyword)
{
	const char *value;

	option += strspn(option, " \t");
	value = option + strlen(keyword);
	if (strncasecmp(option, keyword, strlen(keyword)) || !strchr(" \t=", *value) || !*value)
		return NULL;
	return value + strspn(value, " \t=\"");
}

static void take_option(char *option, struct ssh_options *options)
{
	size_t length = strlen(option);
	const char *value;

	if (length && option[length - 1] == '"') /* of a value in quotes */
		option[length - 1] = 0;
	value = value_of(option, "ServerAliveInterval");
	if (value && !options->has_interval)
		options->has_interval = !duration_parse(value, &options->server_alive_s);
	value = value_of(option, "ServerAliveCountMax");
	if (value && !options->has_count)
		options->has_count = !number_read(&value, COUNT_MAX, &options->server_alive_count);
}

void ssh_options_parse(const char *cmdline, size_t length, struct ssh_options *ret)
{
	char text[CMDLINE_SIZE] = "", *words[WORDS_MAX + 1] = {};
	int n = 0, letter, first = 0;

	*ret = (struct ssh_options){};
	if (length >= sizeof(text))
		length = sizeof(text) - 1;
	memcpy(text, cmdline, length);
	for (size_t i = 0; i < length && n < WORDS_MAX; i += strlen(text + i) + 1)
		words[n++] = text + i;
	/* Twice: before the host, and behind it. */
	for (int turn = 0; turn < 2 && first < n; turn++) {
		optind = 0;
		opterr = 0;
		while ((letter = getopt(n - first, words + first, ssh_letters)) != -1)
			if (letter == 'o')
				take_option(optarg, ret);
		first += optind;
	}
}

void ssh_options_read(const struct row *row, struct ssh_reading *ret)
{
	pid_t pid = row->record->owner_pid;
	char cmdline[CMDLINE_SIZE];
	struct process process;
	ssize_t length;

	*ret = (struct ssh_reading){};
	length = process_read_file(pid, "cmdline", cmdline, sizeof(cmdline));
	if (length <= 0 || process_read_owner(row->record, &process)) {
		reading_set(&ret->reading, READING_FAILED, "its process, pid %d, has gone", pid);
		return;
	}
	if (strcmp(process.comm, "ssh")) {
		reading_set(&ret->reading, READING_FAILED,
			    "'%s' is not ssh, and how others are set up is not known",
			    process.comm);
		return;
	}
	ssh_options_parse(cmdline, length, &ret->options);
	if (ret->options.has_interval)
		reading_set(&ret->reading, READING_DONE, "command line of %d", pid);
	else
		reading_set(&ret->reading, READING_FAILED,
			    "it is not on the command line of pid %d, and to evaluate ssh_config "
			    "could run commands (Match exec)",
			    pid);
}
