// SPDX-License-Identifier: GPL-2.0-only
/* Which OpenSSH an sshd binary is, and what that version does differently. */
#include "sshd_version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "number.h"

#define ANSWER_LIMIT_MS 5000
#define COMPONENT_MAX 9999

static const char prefix[] = "OpenSSH_";
static const char windows[] = "for_Windows_";

/* Reads "9.2" at text. */
static int read_components(const char *text, struct sshd_version *ret)
{
	uint64_t major, minor;

	if (number_read(&text, COMPONENT_MAX, &major) || *text++ != '.' ||
	    number_read(&text, COMPONENT_MAX, &minor))
		return -EBADMSG;
	*ret = (struct sshd_version){.major = major, .minor = minor};
	return 0;
}

int sshd_version_parse(const char *text, struct sshd_version *ret)
{
	while ((text = strstr(text, prefix))) {
		text += strlen(prefix);
		if (!strncmp(text, windows, strlen(windows)))
			text += strlen(windows);
		if (!read_components(text, ret))
			return 0;
	}
	return -EBADMSG;
}

/* Starts "binary -V" with nothing of our environment, all that it says going to fd. */
static int start(const char *binary, int fd, pid_t *ret_pid)
{
	char *const argv[] = {(char *)binary, "-V", NULL}, *const envp[] = {NULL};
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
	if (!err)
		err = posix_spawn(ret_pid, binary, &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Waits for the end of a child of ours, which is hurried to it when its time is up. */
static int wait_for(pid_t pid)
{
	CLEANUP_CLOSE int pidfd = pidfd_open(pid, 0);
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int err = pidfd < 0 ? -errno : 0, ready = 0;

	if (!err) {
		do
			ready = poll(&ended, 1, ANSWER_LIMIT_MS);
		while (ready < 0 && errno == EINTR);
		if (ready <= 0)
			err = ready ? -errno : -ETIMEDOUT;
	}
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

int sshd_version(const char *binary, struct sshd_version *ret)
{
	CLEANUP_CLOSE int reader = -1;
	CLEANUP_CLOSE int writer = -1;
	char text[1024];
	int pipe_fds[2], err;
	ssize_t len;
	pid_t pid;

	/* Neither end blocks: what is said may not fit, a child of the child may keep its end. */
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	reader = pipe_fds[0];
	writer = pipe_fds[1];
	err = start(binary, writer, &pid);
	if (!err)
		err = wait_for(pid);
	if (err)
		return err;
	len = read(reader, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return sshd_version_parse(text, ret);
}

bool sshd_doubles_client_alive(const struct sshd_version *version)
{
	return version->major == 9 && version->minor >= 2 && version->minor <= 4;
}

bool sshd_logs_out_at_zero(const struct sshd_version *version)
{
	return version->major < 8 || (version->major == 8 && version->minor < 2);
}
