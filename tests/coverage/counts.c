// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into the builds that count which lines run: where the counts go when the program ends. A
 * run may end as any user, in another root, without an environment, and must say nothing of this.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "coverage/counts.h"

void libgcov_exit(void) __asm__("__real___gcov_exit");
void write_counts(void) __asm__("__wrap___gcov_exit");
_Noreturn void counts_exit(int status);
int counts_execve(const char *path, char *const argv[], char *const envp[]);
int counts_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);

/* What libgcov itself calls at the end. Each user has a directory, or does not count. */
void write_counts(void)
{
	char counts[sizeof(COUNTS) + 32], errors[sizeof(counts) + 8];
	sigset_t all, before;

	snprintf(counts, sizeof(counts), "%s/%u", COUNTS, geteuid());
	if (access(counts, W_OK))
		return;
	snprintf(errors, sizeof(errors), "%s/errors", counts);
	setenv("GCOV_PREFIX", counts, 1);
	setenv("GCOV_ERROR_FILE", errors, 1);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before); /* or a half of them would be written */
	libgcov_exit();
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* What a child calls instead of the functions they are named after, which would not count. */
void counts_exit(int status)
{
	write_counts();
	_exit(status);
}

int counts_execve(const char *path, char *const argv[], char *const envp[])
{
	write_counts();
	return execve(path, argv, envp);
}

int counts_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	write_counts();
	return execveat(fd, path, argv, envp, flags);
}
