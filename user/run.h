/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs programs and functions elsewhere, and catches what they say. */
#ifndef SSHIDLE_RUN_H
#define SSHIDLE_RUN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "place.h"

/*
 * All of these run in a child, with its bounds, statuses and errors: child.h. Programs get argv as
 * it is, no shell, and an environment of PATH and LC_ALL=C; with one that ended itself *ret_status
 * is its exit status.
 */

/* The program of argv[0], an absolute path. The bytes caught, or -errno: -ENOENT there is none. */
ssize_t run_program(char *const *argv, char *buf, size_t size, int *ret_status);

/* The program that the process of a place runs, in that place. The bytes caught, or -errno. */
ssize_t run_in_place(const struct place *place, char *const *argv, char *buf, size_t size,
		     int *ret_status);

/*
 * read(data, ret), which fills the size bytes of ret, in the network namespace of process pid, if
 * that is the one with this inode (record_session.netns). 0; -EXDEV it is not; -ESRCH the process
 * is gone; -EPERM it is another namespace than ours, and we are not root; else read's own -errno.
 */
int run_in_netns(pid_t pid, uint32_t netns, int (*read)(const void *data, void *ret),
		 const void *data, void *ret, size_t size);

#endif
