// SPDX-License-Identifier: GPL-2.0-only
/* Writes a file whole or not at all. */
#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

static int write_all(int fd, const struct iovec *part)
{
	const char *bytes = part->iov_base;
	size_t size = part->iov_len;

	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		size -= written;
	}
	return 0;
}

static int fill(int fd, mode_t mode, const struct iovec *parts, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = write_all(fd, &parts[i]);
	if (err)
		return err;
	return fchmod(fd, mode) || fsync(fd) ? -errno : 0;
}

/* Root that replaced /dev/null by a file would take it from everybody. */
static int check_target(const char *path)
{
	struct stat status;

	if (stat(path, &status) || S_ISREG(status.st_mode))
		return 0;
	return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
}

int save_file(const char *path, mode_t mode, const struct iovec *parts, size_t n)
{
	CLEANUP_CLOSE int fd = -1;
	char beside[PATH_MAX];
	int err = check_target(path);

	if (err)
		return err;
	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fill(fd, mode, parts, n);
	if (!err && rename(beside, path))
		err = -errno;
	if (err)
		unlink(beside);
	return err;
}

const char *save_words(int error)
{
	return error == -ENOTSUP ? "it is no regular file" : strerror(-error);
}
