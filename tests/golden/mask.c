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

/* The end of a connection that a record is about. */
struct end {
	unsigned int netns, local_port, peer_port;
};

/* Of a word NETNS:PORT: the ends in that network namespace of connections with that port. */
static bool word_keeps(const char *word, const struct end *end)
{
	unsigned int netns, port;

	if (sscanf(word, "%u:%u", &netns, &port) != 2)
		return false;
	return end->netns == netns && (end->local_port == port || end->peer_port == port);
}

static bool keeps_end(char **words, const struct end *end)
{
	while (*words)
		if (word_keeps(*words++, end))
			return true;
	return false;
}

/* Only the lab's paths: 10.92.0.0/16. */
static bool keeps_path(const struct path_key *key)
{
	return key->addr[12] == 10 && key->addr[13] == 92;
}

static bool keeps(char **words, const union record *record)
{
	const struct record_session *session = &record->session;
	const struct death *death = &record->death.death;

	switch (record->head.kind) {
	case RECORD_SESSION:
		return keeps_end(words, &(struct end){session->netns, session->local_port,
						      session->peer_port});
	case RECORD_DEATH:
		return keeps_end(words,
				 &(struct end){death->netns, death->local_port, death->peer_port});
	case RECORD_PATH:
		return keeps_path(&record->path.key);
	default:
		return true;
	}
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
		if (!keeps(argv + 1, &record))
			continue;
		good = fwrite(&record, sizeof(record), 1, stdout) == 1;
	}
	good = good && !ferror(stdin) && fclose(stdout) == 0;
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
