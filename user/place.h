/* SPDX-License-Identifier: GPL-2.0-only */
/* The place of another process: its program, namespaces, root directory and identity. */
#ifndef SSHIDLE_PLACE_H
#define SSHIDLE_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

/* Held by descriptors, so that no reuse of the pid can lead to another process. */
struct place {
	int pidfd;
	int proc; /* its directory in /proc */
	int exe;  /* what it runs, also if that was replaced on disk since */
	int root;
	int namespaces;	 /* CLONE_NEW* of those that are not ours */
	bool other_root; /* its root directory is not ours */
};

/*
 * Opens the place of process pid. -ESRCH it is gone; -EACCES ptrace access is refused, as it is
 * to others than its user and root. Release with place_close().
 */
int place_open(pid_t pid, struct place *ret);
void place_close(struct place *place);

/*
 * In a child: enters the namespaces and the root directory, and gives up what the process could not
 * get itself: root becomes its user and group, without supplementary groups, with its bounding set
 * of capabilities, and nothing that is executed gains any (no_new_privs). A program that runs there
 * can do no more than the process could already; only its seccomp filter, cgroup and security label
 * are not taken over. The pid namespace is that of the next child. 0 or -errno.
 */
int place_enter(const struct place *place);

/* The user id by which the process knows our uid: another one in another user namespace. */
uid_t place_uid(const struct place *place, uid_t uid);

/*
 * Reads a small regular file as the process sees it, a symbolic link never leading out of its root
 * directory, into buf, which is ended. The bytes read, or -errno.
 */
ssize_t place_read_file(const struct place *place, const char *path, char *buf, size_t size);

#endif
