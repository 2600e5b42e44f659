// SPDX-License-Identifier: GPL-2.0-only
/* Work done in a child of this process, bounded in time and in what it may say. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"

#define PIPE_READ 0
#define PIPE_WRITE 1

struct child {
	pid_t pid;
	int pidfd;
	int output[2];
	int failure[2]; /* closed by exec: an errno in it came from body */
};

static void close_pipe(int ends[2])
{
	cleanup_close(&ends[PIPE_READ]);
	cleanup_close(&ends[PIPE_WRITE]);
}

static void cleanup_child(struct child *child)
{
	cleanup_close(&child->pidfd);
	close_pipe(child->output);
	close_pipe(child->failure);
}

static int redirect(int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* What this process has open is no business of a program that is executed. */
static _Noreturn void be_child(const struct child *child, int (*body)(void *data), void *data)
{
	sigset_t none;
	int err;

	setsid();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = redirect(child->output[PIPE_WRITE]);
	if (!err && close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC))
		err = -errno;
	if (!err)
		err = body(data);
	if (err && write(child->failure[PIPE_WRITE], &err, sizeof(err)) != sizeof(err))
		_exit(2);
	_exit(err ? 1 : 0);
}

static int start(struct child *child, int (*body)(void *data), void *data)
{
	if (pipe2(child->output, O_CLOEXEC) || pipe2(child->failure, O_CLOEXEC))
		return -errno;
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (!child->pid)
		be_child(child, body, data);
	cleanup_close(&child->output[PIPE_WRITE]);
	cleanup_close(&child->failure[PIPE_WRITE]);
	child->output[PIPE_WRITE] = child->failure[PIPE_WRITE] = -1;
	child->pidfd = pidfd_open(child->pid, 0);
	return child->pidfd < 0 ? -errno : 0;
}

/* One read. 1: there may be more; 0: the end; else -errno. */
static int take(int fd, char *buf, size_t size, size_t *used)
{
	char beyond;
	bool full = *used == size;
	ssize_t got = full ? read(fd, &beyond, 1) : read(fd, buf + *used, size - *used);

	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	if (got && full)
		return -EFBIG;
	*used += got;
	return got > 0;
}

/*
 * Until the child has ended and nothing is left in the pipe. Whatever it started may hold the
 * other end for ever, so that the end of the pipe is not what is waited for.
 */
static int collect(const struct child *child, char *buf, size_t size, size_t *used)
{
	struct pollfd fds[] = {{.fd = child->output[PIPE_READ], .events = POLLIN},
			       {.fd = child->pidfd, .events = POLLIN}};
	int64_t end_ms = clock_mono_ms() + CHILD_TIMEOUT_MS;

	for (;;) {
		int64_t left_ms = end_ms - clock_mono_ms();
		int ready = left_ms > 0 ? poll(fds, 2, left_ms) : 0, more;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
		if (ready > 0 && fds[0].revents) {
			more = take(fds[0].fd, buf, size, used);
			if (more < 0)
				return more;
			if (!more)
				fds[0].fd = -1;
		} else if (ready > 0 && fds[1].revents) {
			return 0;
		}
	}
}

static int reap(const struct child *child)
{
	int status = 0;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

ssize_t child_run(int (*body)(void *data), void *data, char *buf, size_t size, int *ret_status)
{
	CLEANUP(cleanup_child)
	struct child child = {.pidfd = -1, .output = {-1, -1}, .failure = {-1, -1}};
	int err = start(&child, body, data), failure = 0, status;
	size_t used = 0;

	if (!err)
		err = collect(&child, buf, size - 1, &used);
	if (child.pid <= 0)
		return err;
	if (err) {
		kill(-child.pid, SIGKILL);
		kill(child.pid, SIGKILL);
	}
	status = reap(&child);
	if (!err && fcntl(child.failure[PIPE_READ], F_SETFL, O_NONBLOCK))
		err = -errno;
	if (!err && read(child.failure[PIPE_READ], &failure, sizeof(failure)) == sizeof(failure))
		err = failure;
	if (err)
		return err;
	buf[used] = 0;
	*ret_status = status;
	return used;
}

int child_go_on(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return 0;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
