/* SPDX-License-Identifier: GPL-2.0-only */
/* Work done in a child of this process, bounded in time and in what it may say. */
#ifndef SSHIDLE_CHILD_H
#define SSHIDLE_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#define CHILD_TIMEOUT_MS 5000

/*
 * Runs body(data) in a child in a session of its own, whose standard input is /dev/null and whose
 * standard output and error are caught in buf, which is ended with NUL. body gives 0 or -errno, or
 * executes another program. After CHILD_TIMEOUT_MS the child and its process group are killed.
 * The bytes caught, and in *ret_status the exit status (128 + N: ended by signal N). -ETIMEDOUT;
 * -EFBIG: it said more than size - 1 bytes, and was killed; else body's own -errno.
 */
ssize_t child_run(int (*body)(void *data), void *data, char *buf, size_t size, int *ret_status);

/*
 * In a child: starts another one that goes on, and ends with its exit status. A process enters a
 * pid namespace only with its children. 0 in the new one, else -errno.
 */
int child_go_on(void);

#endif
