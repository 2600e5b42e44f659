// SPDX-License-Identifier: GPL-2.0-only
/* What was read about one session, beside its record. */
#include "evidence.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void netns_read(const struct row *row, struct netns_reading *ret)
{
	int err = netns_limits_read(row->record, &ret->limits);

	if (!err)
		reading_set(&ret->reading, READING_DONE, "its network namespace");
	else if (err == -EPERM)
		reading_set(&ret->reading, READING_FAILED,
			    "it takes root to enter its network namespace");
	else if (err == -ESRCH)
		reading_set(&ret->reading, READING_FAILED, "its process, pid %u, has gone",
			    row->record->owner_pid);
	else if (err == -EXDEV)
		reading_set(&ret->reading, READING_FAILED,
			    "its process, pid %u, is in another network namespace",
			    row->record->owner_pid);
	else
		reading_set(&ret->reading, READING_FAILED,
			    "its network namespace cannot be asked: %s", strerror(-err));
}

static void gather_server(const struct row *row, struct evidence *evidence)
{
	reading_set(&evidence->ssh.reading, READING_NONE, "the peer is the client");
	sshd_settings_read(row, &evidence->sshd);
	shell_read(row, &evidence->shell);
}

static void gather_client(const struct row *row, struct evidence *evidence)
{
	reading_set(&evidence->sshd.reading, READING_NONE, "the peer is the server");
	reading_set(&evidence->shell.reading, READING_NONE, "the shell is at the server");
	ssh_options_read(row, &evidence->ssh);
}

static void gather_nothing(struct evidence *evidence)
{
	struct reading *const readings[] = {&evidence->netns.reading, &evidence->sshd.reading,
					    &evidence->ssh.reading, &evidence->shell.reading,
					    &evidence->logind.reading};

	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++)
		reading_set(readings[i], READING_FAILED, "a copy of the records does not hold it");
}

void evidence_gather(const struct row *row, const struct options *options, struct evidence *ret)
{
	bool live = !options->from;
	const struct owner *terminal = live ? row_terminal(row) : NULL;

	*ret = (struct evidence){.tty_idle = terminal ? terminal->tty_idle : UNKNOWN_NS,
				 .options = options,
				 .is_root = geteuid() == 0};
	if (!live) {
		gather_nothing(ret);
		return;
	}
	netns_read(row, &ret->netns);
	if (row->facts.role == ROLE_SERVER)
		gather_server(row, ret);
	else
		gather_client(row, ret);
	logind_read(row, &ret->logind);
}
