// SPDX-License-Identifier: GPL-2.0-only
/* What /proc says of a process. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "duration.h"

#define STAT_SIZE 1024
#define PID_TEXT_SIZE 12

ssize_t process_read_file(pid_t pid, const char *name, char *buf, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	size_t used = 0;
	char path[64];
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (used < size - 1) {
		got = read(fd, buf + used, size - 1 - used);
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += got;
	}
	buf[used] = 0;
	return used;
}

static void copy_comm(const char *open, const char *close, char comm[COMM_LEN])
{
	size_t length = close - open - 1;

	if (length >= COMM_LEN)
		length = COMM_LEN - 1;
	memcpy(comm, open + 1, length);
	comm[length] = 0;
}

/* comm may hold anything, a ')' too: the fields start behind the last one. */
int process_read(pid_t pid, struct process *ret)
{
	struct process process = {};
	char buf[STAT_SIZE];
	const char *open, *close;
	ssize_t got = process_read_file(pid, "stat", buf, sizeof(buf));
	int tty_nr;

	if (got < 0)
		return got;
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (!open || !close || close < open)
		return -ESRCH;
	if (sscanf(close + 1,
		   " %*c %d %d %*d %d %d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &process.parent, &process.group, &tty_nr, &process.foreground,
		   &process.start_ticks) != 5)
		return -ESRCH;
	process.tty_nr = tty_nr;
	copy_comm(open, close, process.comm);
	*ret = process;
	return 0;
}

static bool process_is_owner(const struct process *process, const struct record_session *record)
{
	unsigned long long ticks_per_s = sysconf(_SC_CLK_TCK);
	unsigned long long started =
		(record->owner_start_ns + clock_boot_offset_ns()) / (NSEC_PER_SEC / ticks_per_s);

	return process->start_ticks == started;
}

int process_read_owner(const struct record_session *record, struct process *ret)
{
	struct process process;
	int err = process_read(record->owner_pid, &process);

	if (err)
		return err;
	if (!process_is_owner(&process, record))
		return -ESRCH;
	*ret = process;
	return 0;
}

size_t process_children(pid_t pid, pid_t *children, size_t max)
{
	char name[64], buf[32 * PID_TEXT_SIZE], *next = buf;
	size_t n = 0;

	snprintf(name, sizeof(name), "task/%d/children", pid);
	if (process_read_file(pid, name, buf, sizeof(buf)) < 0)
		return 0;
	while (n < max) {
		char *end;
		unsigned long child = strtoul(next, &end, 10);

		if (end == next)
			break;
		next = end;
		children[n++] = child;
	}
	return n;
}
