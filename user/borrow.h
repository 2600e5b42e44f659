/* SPDX-License-Identifier: GPL-2.0-only */
/* Borrows another process's socket and sets its keepalive. */
#ifndef SSHIDLE_BORROW_H
#define SSHIDLE_BORROW_H

#include <linux/types.h>
#include <stdint.h>
#include <sys/types.h>

#include "../bpf/record.h"

/*
 * A copy of fd of process pid, if it is the socket with that cookie: the check is made on the
 * copy, so no reuse of pid or fd can lead to another socket. The fd is the caller's to close.
 * -ESRCH the process is gone; -EBADF it has no such fd, or the fd is no socket; -ESTALE it is
 * another socket; -EPERM ptrace access is refused (CAP_SYS_PTRACE, Yama, an LSM).
 */
int borrow_socket(pid_t pid, int fd, uint64_t cookie);

/* What borrow_socket()'s error means and what would mend it, in one clause. */
const char *borrow_words(int err);

/* Reads the options that are in force. 0 or -errno. */
int socket_keepalive_get(int fd, struct keepalive_options *ret);

/*
 * Sets the options, TCP_KEEPIDLE last: that re-arms the timer relative to the silence so far,
 * at once if that is longer already; in any other order the first probe would come a whole period
 * from now. Then reads them back. On failure the old ones are put back, which
 * socket_keepalive_get() gave. 0 or -errno: -EIO they read back differently.
 */
int socket_keepalive_set(int fd, const struct keepalive_options *old,
			 const struct keepalive_options *options);

/* What waits for an answer at this moment. */
struct socket_flight {
	uint32_t unacked; /* segments */
	uint32_t unsent_bytes;
	uint32_t probes;
};
int socket_flight_get(int fd, struct socket_flight *ret);

#endif
