// SPDX-License-Identifier: GPL-2.0-only
/* Borrows another process's socket and sets its keepalive. */
#include "borrow.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "plan.h"
#include "sysctl.h"

int borrow_socket(pid_t pid, int fd, uint64_t cookie)
{
	CLEANUP_CLOSE int pidfd = pidfd_open(pid, 0);
	CLEANUP_CLOSE int copy = -1;
	uint64_t found = 0;
	socklen_t size = sizeof(found);

	if (pidfd < 0)
		return -errno;
	copy = pidfd_getfd(pidfd, fd, 0);
	if (copy < 0)
		return -errno;
	if (getsockopt(copy, SOL_SOCKET, SO_COOKIE, &found, &size))
		return -EBADF;
	return found == cookie ? TAKE_FD(copy) : -ESTALE;
}

/* Scope 3 forbids ptrace access to everybody, root included (Documentation, LSM/Yama). */
static bool yama_forbids_all(void)
{
	uint64_t scope;

	return !sysctl_read("kernel/yama/ptrace_scope", &scope) && scope >= 3;
}

const char *borrow_words(int err)
{
	switch (err) {
	case -ESRCH:
		return "the owning process is gone";
	case -EBADF:
	case -ESTALE:
		return "the owner's descriptor is another one by now";
	case -EPERM:
		return yama_forbids_all()
			       ? "the sysctl kernel.yama.ptrace_scope is 3, which forbids it to "
				 "everybody"
			       : "it needs CAP_SYS_PTRACE, or a security module forbids it";
	default:
		return strerror(-err);
	}
}

static int get_int(int fd, int level, int name, unsigned int *ret)
{
	int value;
	socklen_t size = sizeof(value);

	if (getsockopt(fd, level, name, &value, &size))
		return -errno;
	*ret = value;
	return 0;
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

int socket_keepalive_get(int fd, struct keepalive_options *ret)
{
	struct keepalive_options options = {};
	unsigned int count = 0, enabled = 0;
	int err = get_int(fd, SOL_SOCKET, SO_KEEPALIVE, &enabled);

	if (!err)
		err = get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, &options.idle_s);
	if (!err)
		err = get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, &options.interval_s);
	if (!err)
		err = get_int(fd, IPPROTO_TCP, TCP_KEEPCNT, &count);
	if (!err)
		err = get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &options.user_timeout_ms);
	if (err)
		return err;
	options.count = count;
	options.enabled = enabled;
	*ret = options;
	return 0;
}

static int set_all(int fd, const struct keepalive_options *options)
{
	int err = set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options->user_timeout_ms);

	if (!err)
		err = set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, options->interval_s);
	if (!err)
		err = set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, options->count);
	if (!err)
		err = set_int(fd, SOL_SOCKET, SO_KEEPALIVE, options->enabled);
	return err ? err : set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, options->idle_s);
}

/* As much as goes: a value that a sysctl gave may be beyond what setsockopt() takes. */
static void put_back(int fd, const struct keepalive_options *old)
{
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, old->user_timeout_ms);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, old->interval_s);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, old->count);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, old->enabled);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, old->idle_s);
}

int socket_keepalive_set(int fd, const struct keepalive_options *old,
			 const struct keepalive_options *options)
{
	struct keepalive_options now;
	int err = set_all(fd, options);

	if (!err)
		err = socket_keepalive_get(fd, &now);
	if (!err && !keepalive_equal(&now, options))
		err = -EIO;
	if (err)
		put_back(fd, old);
	return err;
}

int socket_flight_get(int fd, struct socket_flight *ret)
{
	struct tcp_info info = {};
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		return -errno;
	ret->unacked = info.tcpi_unacked;
	ret->unsent_bytes = info.tcpi_notsent_bytes;
	ret->probes = info.tcpi_probes;
	return 0;
}
