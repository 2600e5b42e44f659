// SPDX-License-Identifier: GPL-2.0-only
/* Makes a recording fit to be kept: leaves out other sessions, and the name of the machine. */
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bpf/record.h"

#define HOST "bastion1"
#define KERNEL "6.1.0-56-cloud-amd64"

/* Of a word NETNS:PORT: the ends in that network namespace of connections with that port. */
static bool word_keeps(const char *word, const struct record_session *session)
{
	unsigned int netns, port;

	if (sscanf(word, "%u:%u", &netns, &port) != 2)
		return false;
	return session->netns == netns &&
	       (session->local_port == port || session->peer_port == port);
}

static bool keeps(char **words, const struct record_session *session)
{
	while (*words)
		if (word_keeps(*words++, session))
			return true;
	return false;
}

static void hide_machine(struct record_start *start)
{
	memset(start->host, 0, sizeof(start->host));
	memset(start->kernel, 0, sizeof(start->kernel));
	strcpy(start->host, HOST);
	strcpy(start->kernel, KERNEL);
}

int main(int argc, char **argv)
{
	union record record;
	bool good = argc > 0;

	while (good && fread(&record, sizeof(record), 1, stdin) == 1) {
		if (record.head.kind == RECORD_START)
			hide_machine(&record.start);
		else if (!keeps(argv + 1, &record.session))
			continue;
		good = fwrite(&record, sizeof(record), 1, stdout) == 1;
	}
	good = good && !ferror(stdin) && fclose(stdout) == 0;
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
