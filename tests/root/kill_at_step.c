// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: kills the program right before its step number KILL_AT_STEP that changes something,
 * built with EVERY_CALL before any call of the kernel. Otherwise STEPS_FILE gets their number.
 */
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int steps;

static void step(void)
{
	const char *last = getenv("KILL_AT_STEP");

	steps++;
	if (last && steps == atoi(last))
		kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void tell_steps(void)
{
	const char *path = getenv("STEPS_FILE");
	int told = steps;
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%d\n", told);
	fclose(file);
}

/* The pins themselves are made by bpf(2), and each is followed by a chmod(2). */
#define STEP_OF(type, name, parameters, arguments)                \
	type name parameters;                                     \
	type name parameters                                      \
	{                                                         \
		__typeof__(name) *next = dlsym(RTLD_NEXT, #name); \
		step();                                           \
		return next arguments;                            \
	}

#define STEP(name, parameters, arguments) STEP_OF(int, name, parameters, arguments)

STEP(mkdir, (const char *path, mode_t mode), (path, mode))
STEP(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
STEP(chmod, (const char *path, mode_t mode), (path, mode))
STEP(fchmod, (int fd, mode_t mode), (fd, mode))
STEP(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
STEP(mount,
     (const char *source, const char *target, const char *type, unsigned long flags,
      const void *data),
     (source, target, type, flags, data))
STEP(umount2, (const char *target, int flags), (target, flags))
STEP(rmdir, (const char *path), (path))
STEP(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
STEP(renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
STEP(rename, (const char *from, const char *to), (from, to))
STEP_OF(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
STEP(renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
     (from_fd, from, to_fd, to, flags))

#ifdef EVERY_CALL

/* bpf(2), and what else has no function of its own. */
long syscall(long number, ...)
{
	long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	step();
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int open(const char *path, int flags, ...);
int open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	va_list list;
	int mode;

	va_start(list, flags);
	mode = va_arg(list, int);
	va_end(list);
	step();
	return next(path, flags, mode);
}

STEP(close, (int fd), (fd))
STEP(access, (const char *path, int mode), (path, mode))
STEP(stat, (const char *path, struct stat *buf), (path, buf))
STEP(fsync, (int fd), (fd))
STEP(flock, (int fd, int operation), (fd, operation))
STEP(poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
STEP(pidfd_getfd, (int pidfd, int fd, unsigned int flags), (pidfd, fd, flags))
STEP(setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
STEP(getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size))
#endif
