// SPDX-License-Identifier: GPL-2.0-only
/* TMOUT of the shell that a session runs. */
#include "shell.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "number.h"
#include "process.h"

#define CHILDREN_MAX 16
#define ENVIRONMENT_SIZE 65536

const char *environment_find(const char *environment, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	for (size_t i = 0; i < length; i += strnlen(environment + i, length - i) + 1) {
		const char *entry = environment + i;

		if (length - i > name_length && !memcmp(entry, name, name_length) &&
		    entry[name_length] == '=')
			return entry + name_length + 1;
	}
	return NULL;
}

static void cut_end(char *text, const char *end)
{
	size_t length = strlen(text), cut = strlen(end);

	if (length > cut && !strcmp(text + length - cut, end))
		text[length - cut] = 0;
}

/* What it is by its program, where one may look: sh may be any shell. Gives buf, or its comm. */
static const char *shell_name(pid_t pid, const struct process *process, char *buf, size_t size)
{
	char path[64], *slash;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	length = readlink(path, buf, size - 1);
	if (length < 0)
		return process->comm;
	buf[length] = 0;
	cut_end(buf, " (deleted)"); /* an upgrade replaced its file: proc(5) */
	slash = strrchr(buf, '/');
	return slash ? slash + 1 : buf;
}

/* busybox may be built so, and what cannot be looked at may be bash. */
static bool may_know_tmout(const char *name)
{
	return !strcmp(name, "busybox") || !strcmp(name, "sh") || !strcmp(name, "ash");
}

/* bash(1), ksh(1), mksh(1) and zsh(1) end at their prompt when TMOUT has passed; dash does not. */
static bool knows_tmout(const char *name)
{
	static const char *const shells[] = {"bash",  "rbash", "zsh",  "rzsh", "ksh",
					     "ksh93", "mksh",  "oksh", "lksh"};

	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (!strcmp(name, shells[i]))
			return true;
	return false;
}

/* Of the children of one owner; true once one has a terminal. */
static bool look_for_shell(const struct row *row, const struct record_session *owner, pid_t *found,
			   struct process *ret)
{
	pid_t children[CHILDREN_MAX];
	size_t n = process_children(owner->owner_pid, children, CHILDREN_MAX);
	struct process process;

	if (process_read_owner(owner, &process))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (row_is_owner(row, children[i]) || process_read(children[i], &process) ||
		    process.parent != (pid_t)owner->owner_pid || (*found && !process.tty_nr))
			continue;
		*found = children[i];
		*ret = process;
		if (process.tty_nr)
			return true;
	}
	return false;
}

/* What sshd started for the session; of several channels the first that has a terminal. 0: none. */
static pid_t find_shell(const struct row *row, struct process *ret)
{
	pid_t found = 0;

	for (uint32_t i = 0; i < row->session->n_owners; i++)
		if (look_for_shell(row, session_owner(row->sessions, row->session, i), &found, ret))
			break;
	return found;
}

static void read_tmout(pid_t pid, const struct process *process, struct shell_reading *ret)
{
	CLEANUP_FREE char *environment = malloc(ENVIRONMENT_SIZE);
	ssize_t length = environment
				 ? process_read_file(pid, "environ", environment, ENVIRONMENT_SIZE)
				 : -ENOMEM;
	const char *value = length > 0 ? environment_find(environment, length, "TMOUT") : NULL;

	if (length == -EACCES || length == -EPERM)
		reading_set(&ret->reading, READING_FAILED,
			    "/proc/%d/environ is for its user and root", pid);
	else if (length < 0)
		reading_set(&ret->reading, READING_FAILED, "the shell, pid %d, has gone", pid);
	else if (!value)
		reading_set(&ret->reading, READING_FAILED,
			    "it is not in the environment %s %d was started with, and what a shell "
			    "sets later (/etc/profile) is not visible",
			    process->comm, pid);
	else if (number_read(&value, UINT32_MAX, &ret->tmout_s) || *value)
		reading_set(&ret->reading, READING_FAILED, "/proc/%d/environ: it is no number",
			    pid);
	else
		reading_set(&ret->reading, READING_DONE, "environ of %s %d", process->comm, pid);
}

void shell_read(const struct row *row, struct shell_reading *ret)
{
	struct process process;
	char program[PATH_MAX];
	const char *name;
	pid_t pid;

	*ret = (struct shell_reading){};
	pid = find_shell(row, &process);
	name = pid ? shell_name(pid, &process, program, sizeof(program)) : "";
	if (!pid)
		reading_set(&ret->reading, READING_NONE, "it runs no shell");
	else if (!process.tty_nr)
		reading_set(&ret->reading, READING_NONE, "a command without a terminal");
	else if (may_know_tmout(name))
		reading_set(&ret->reading, READING_FAILED,
			    "it is not known whether this '%s' heeds TMOUT", process.comm);
	else if (!knows_tmout(name))
		reading_set(&ret->reading, READING_NONE, "'%s' knows no TMOUT", process.comm);
	else
		read_tmout(pid, &process, ret);
	ret->none = !pid;
	ret->waits = pid && process.foreground == process.group;
}
