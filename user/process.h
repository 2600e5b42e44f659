/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc says of a process. */
#ifndef SSHIDLE_PROCESS_H
#define SSHIDLE_PROCESS_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

#include "../bpf/record.h"

/* Fields of proc(5) /proc/PID/stat. */
struct process {
	char comm[COMM_LEN]; /* raw bytes, ended by NUL */
	pid_t parent;
	pid_t group;
	pid_t foreground; /* process group in the foreground of its terminal */
	unsigned int tty_nr;
	unsigned long long start_ticks;
};

/* Reads a small file of /proc/PID into buf and ends it. The bytes read, or -errno. */
ssize_t process_read_file(pid_t pid, const char *name, char *buf, size_t size);

/* 0 or -errno: -ESRCH there is no such process (any more). */
int process_read(pid_t pid, struct process *ret);

/*
 * Reads the owner that record names. 0 or -errno: -ESRCH it has gone, even if its pid went to
 * another process since.
 */
int process_read_owner(const struct record_session *record, struct process *ret);

/* The children of pid's main thread, at most max; their number. */
size_t process_children(pid_t pid, pid_t *children, size_t max);

#endif
