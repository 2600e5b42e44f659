// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded: kills the program right before its step number KILL_AT_STEP that changes something. */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static void step(void)
{
	static int steps;
	const char *last = getenv("KILL_AT_STEP");

	if (last && ++steps == atoi(last))
		kill(getpid(), SIGKILL);
}

/* The pins themselves are made by bpf(2), and each is followed by a chmod(2). */
#define STEP(name, parameters, arguments)                         \
	int name parameters;                                      \
	int name parameters                                       \
	{                                                         \
		__typeof__(name) *next = dlsym(RTLD_NEXT, #name); \
		step();                                           \
		return next arguments;                            \
	}

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
STEP(renameat2, (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
     (from_fd, from, to_fd, to, flags))
