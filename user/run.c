// SPDX-License-Identifier: GPL-2.0-only
/* Runs programs and functions elsewhere, and catches what they say. */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"

static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};

struct program {
	const struct place *place;
	char *const *argv;
};

static int exec_here(void *data)
{
	const struct program *program = data;

	execve(program->argv[0], program->argv, environment);
	return -errno;
}

static int exec_in_place(void *data)
{
	const struct program *program = data;
	int err = place_enter(program->place);

	if (!err && program->place->namespaces & CLONE_NEWPID)
		err = child_go_on();
	if (err)
		return err;
	execveat(program->place->exe, "", program->argv, environment, AT_EMPTY_PATH);
	return -errno;
}

ssize_t run_program(char *const *argv, char *buf, size_t size, int *ret_status)
{
	struct program program = {.argv = argv};

	return child_run(exec_here, &program, buf, size, ret_status);
}

ssize_t run_in_place(const struct place *place, char *const *argv, char *buf, size_t size,
		     int *ret_status)
{
	struct program program = {.place = place, .argv = argv};

	return child_run(exec_in_place, &program, buf, size, ret_status);
}

struct call {
	int netns_fd; /* -1: ours already */
	int (*read)(const void *data, void *ret);
	const void *data;
	size_t size;
};

static int call_there(void *data)
{
	const struct call *call = data;
	CLEANUP_FREE void *ret = calloc(1, call->size);
	int err = ret ? 0 : -ENOMEM;

	if (!err && call->netns_fd >= 0 && setns(call->netns_fd, CLONE_NEWNET))
		err = -errno;
	if (!err)
		err = call->read(call->data, ret);
	if (!err && write(STDOUT_FILENO, ret, call->size) != (ssize_t)call->size)
		err = -EIO;
	return err;
}

static bool is_our_netns(uint32_t netns)
{
	struct stat ours;

	return !stat("/proc/self/ns/net", &ours) && ours.st_ino == netns;
}

static int open_netns(pid_t pid, uint32_t netns)
{
	char path[32];
	CLEANUP_CLOSE int fd = -1;
	struct stat theirs;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &theirs))
		return errno == ENOENT ? -ESRCH : errno == EACCES ? -EPERM : -errno;
	return theirs.st_ino == netns ? TAKE_FD(fd) : -EXDEV;
}

int run_in_netns(pid_t pid, uint32_t netns, int (*read)(const void *data, void *ret),
		 const void *data, void *ret, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *buf = malloc(size + 1);
	struct call call = {.netns_fd = -1, .read = read, .data = data, .size = size};
	ssize_t got;
	int status;

	if (!buf)
		return -ENOMEM;
	if (!is_our_netns(netns)) {
		fd = open_netns(pid, netns);
		if (fd < 0)
			return fd;
		call.netns_fd = fd;
	}
	got = child_run(call_there, &call, buf, size + 1, &status);
	if (got < 0)
		return got;
	if ((size_t)got != size)
		return -EIO;
	memcpy(ret, buf, size);
	return 0;
}
