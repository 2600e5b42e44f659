// SPDX-License-Identifier: GPL-2.0-only
/* How long logind lets a session be idle. */
#include "logind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "process.h"
#include "run.h"

#define CGROUP_SIZE 8192
#define OUTPUT_SIZE 4096
#define SESSION_ID_SIZE 64

static const char scope_start[] = "/session-", scope_end[] = ".scope";

bool logind_session_parse(const char *cgroup, char *id, size_t size)
{
	for (const char *found = strstr(cgroup, scope_start); found;
	     found = strstr(found, scope_start)) {
		size_t length, id_length;

		found++;
		length = strcspn(found, "/\n");
		if (length <= strlen(scope_start) - 1 + strlen(scope_end) ||
		    memcmp(found + length - strlen(scope_end), scope_end, strlen(scope_end)))
			continue;
		id_length = length - (strlen(scope_start) - 1) - strlen(scope_end);
		if (id_length >= size)
			continue;
		memcpy(id, found + strlen(scope_start) - 1, id_length);
		id[id_length] = 0;
		return true;
	}
	return false;
}

int logind_usec_parse(const char *text, uint64_t *ret_seconds)
{
	uint64_t usec;

	if (sscanf(text, "t %" SCNu64, &usec) != 1)
		return -EBADMSG;
	*ret_seconds = usec == UINT64_MAX ? 0 : usec / 1000000;
	return 0;
}

static bool is_our_mount_namespace(const struct row *row)
{
	struct stat ours;

	return !stat("/proc/self/ns/mnt", &ours) && ours.st_ino == row->record->owner_mntns;
}

/* Before 252 logind knows no such property, which busctl says in words of its own. */
static void ask(const char *id, struct logind_reading *ret)
{
	static char *const argv[] = {"/usr/bin/busctl",
				     "--auto-start=no",
				     "get-property",
				     "org.freedesktop.login1",
				     "/org/freedesktop/login1",
				     "org.freedesktop.login1.Manager",
				     "StopIdleSessionUSec",
				     NULL};
	char output[OUTPUT_SIZE];
	int status;
	ssize_t got = run_program(argv, output, sizeof(output), &status);

	if (got == -ETIMEDOUT)
		reading_set(&ret->reading, READING_FAILED, "logind did not answer within 5 s");
	else if (got < 0)
		reading_set(&ret->reading, READING_FAILED, "busctl cannot be run: %s",
			    strerror(-got));
	else if (status &&
		 (strstr(output, "Unknown interface") || strstr(output, "Unknown property")))
		reading_set(&ret->reading, READING_NONE, "this logind has no such setting");
	else if (status)
		reading_set(&ret->reading, READING_FAILED, "busctl: %.*s",
			    (int)strcspn(output, "\n"), output);
	else if (logind_usec_parse(output, &ret->stop_idle_s))
		reading_set(&ret->reading, READING_FAILED, "what busctl printed is not understood");
	else
		reading_set(&ret->reading, READING_DONE, "logind, session %s", id);
}

void logind_read(const struct row *row, struct logind_reading *ret)
{
	char cgroup[CGROUP_SIZE], id[SESSION_ID_SIZE];
	pid_t pid = row->record->owner_pid;
	struct process process;

	*ret = (struct logind_reading){};
	if (process_read_file(pid, "cgroup", cgroup, sizeof(cgroup)) < 0 ||
	    process_read_owner(row->record, &process))
		reading_set(&ret->reading, READING_FAILED, "its process, pid %d, has gone", pid);
	else if (!logind_session_parse(cgroup, id, sizeof(id)))
		reading_set(&ret->reading, READING_NONE, "no session of logind");
	else if (!is_our_mount_namespace(row))
		reading_set(&ret->reading, READING_FAILED,
			    "its logind is that of another mount namespace");
	else
		ask(id, ret);
}
