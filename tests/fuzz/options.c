// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes the command line: a line of the input is a word. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/log.h"
#include "../../user/options.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct command commands[] = {
	{"list", "[SESSION...]", "", FOR_LIST, NULL, NULL},
	{"explain", "SESSION...", "", FOR_EXPLAIN, NULL, NULL},
	{"history", NULL, "", FOR_HISTORY, NULL, NULL},
	{"advise", "[PEER]", "", FOR_ADVISE, NULL, NULL},
	{"keepalive", "[SESSION...]", "", FOR_KEEPALIVE, NULL, NULL},
	{"check", NULL, "", FOR_CHECK, NULL, NULL},
	{"metrics", NULL, "", FOR_METRICS, NULL, NULL},
	{"watch", NULL, "", FOR_WATCH, NULL, NULL},
	{"attach", NULL, "", FOR_ATTACH, NULL, NULL},
	{"detach", NULL, "", FOR_DETACH, NULL, NULL},
	{"status", NULL, "", FOR_STATUS, NULL, NULL},
	{"profiles", NULL, "", FOR_PROFILES, NULL, NULL},
	{},
};

static unsigned int sentences;

static void count_sentence(const char *sentence)
{
	assert(*sentence);
	sentences++;
}

static int split(char *text, char *argv[WORDS_MAX + 2])
{
	int argc = 0;

	argv[argc++] = "sshidle";
	for (char *word; argc <= WORDS_MAX && (word = strsep(&text, "\n"));)
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[WORDS_MAX + 2], *text = strndup((const char *)data, size);
	const struct command *found;
	struct options options;
	int argc, err;

	assert(text);
	log_set_sink(count_sentence);
	sentences = 0;
	argc = split(text, argv);
	found = options_find_command(argc, argv, commands);
	assert(found && found->name);
	err = options_parse(argc, argv, commands, &options);
	assert(err == (sentences ? -EINVAL : 0) && sentences <= 1);
	assert(err || options.command == found);
	assert(err || options.n_operands < argc);
	free(text);
	return 0;
}
