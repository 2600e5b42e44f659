// SPDX-License-Identifier: GPL-2.0-only
/* The run directory: sshidle's own bpffs, its lock, its names. */
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "cleanup.h"
#include "log.h"

#define MOUNT_SOURCE "sshidle"
#define LOCK "lock"
#define LOCK_POLL_MS 50
#define MOUNT_TRIES 100
/* Everybody may see that there is nothing in it yet, but nobody else may open and lock it. */
#define BARE_MODE 0711

int rundir_file(const char *path, const char *name, char *buf)
{
	int used = snprintf(buf, PATH_MAX, "%s/%s", path, name);

	return used < PATH_MAX ? 0 : -ENAMETOOLONG;
}

const char *rundir_view_name(enum view view)
{
	static const char *const names[VIEWS] = {
		[VIEW_SESSIONS] = "sessions",
		[VIEW_DEATHS] = "deaths",
		[VIEW_PATHS] = "paths",
	};

	return names[view];
}

/* 0 if the last mount at path is a bpffs that carries our name as its source, -EBUSY, or -errno. */
static int check_mount(const char *path)
{
	char real[PATH_MAX];
	struct mntent *entry;
	bool ours = false;
	FILE *mounts;

	if (!realpath(path, real))
		return -errno;
	mounts = setmntent("/proc/self/mounts", "re");
	if (!mounts)
		return -errno;
	while ((entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_dir, real))
			ours = !strcmp(entry->mnt_type, "bpf") &&
			       !strcmp(entry->mnt_fsname, MOUNT_SOURCE);
	endmntent(mounts);
	return ours ? 0 : -EBUSY;
}

static bool is_bpffs(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* While one waited for the lock, the path may have come to mean another directory. */
static bool still_at(int fd, const char *path)
{
	struct stat locked, there;

	return !fstat(fd, &locked) && !stat(path, &there) && locked.st_dev == there.st_dev &&
	       locked.st_ino == there.st_ino;
}

/*
 * What is locked: of a mounted run directory a folder that root alone may open, so that no reader
 * can keep root waiting; of a bare one the directory itself, which is root's still.
 */
static int open_lock(int fd)
{
	if (!is_bpffs(fd))
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (mkdirat(fd, LOCK, 0700) && errno != EEXIST)
		return -1;
	return openat(fd, LOCK, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int lock_once(const char *path, struct rundir *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_CLOSE int lock_fd = -1;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (is_bpffs(fd))
		err = check_mount(path);
	if (err)
		return still_at(fd, path) ? err : -EAGAIN;
	lock_fd = open_lock(fd);
	if (lock_fd < 0)
		return -errno;
	if (flock(lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (!still_at(fd, path))
		return -EAGAIN;
	*ret = (struct rundir){.path = path, .fd = TAKE_FD(fd), .lock_fd = TAKE_FD(lock_fd)};
	return 0;
}

/* 0 or -errno; *ret may be a bare directory or a mounted one. */
static int lock_directory(const char *path, struct rundir *ret)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};

	for (int i = 0; i < RUNDIR_LOCK_WAIT_S * 1000 / LOCK_POLL_MS; i++) {
		int err = lock_once(path, ret);

		if (err != -EAGAIN)
			return err;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int rundir_lock_existing(const char *path, struct rundir *ret)
{
	struct rundir rundir;
	int err = lock_directory(path, &rundir);

	if (err)
		return err;
	if (!is_bpffs(rundir.fd)) {
		rundir_unlock(&rundir);
		return -ENOENT;
	}
	*ret = rundir;
	return 0;
}

/*
 * The mount is its mounter's. Before Linux 6.8 (kernel/bpf/inode.c) its directory is root's first,
 * and to take it needs CAP_CHOWN.
 */
static int mount_own_bpffs(const char *path)
{
	struct stat st;
	int err;

	/* Closed by rundir_set_group(): until then everybody may see that nothing is attached. */
	if (mount(MOUNT_SOURCE, path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0711"))
		return -errno;
	/* A detach may have removed it already. */
	if (stat(path, &st))
		return -errno;
	if (st.st_uid == geteuid() || !chown(path, geteuid(), -1))
		return 0;
	err = -errno;
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	return err;
}

/* 0, -ENOTEMPTY or -errno. */
static int check_empty(int fd)
{
	CLEANUP_CLOSE int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP_DIR DIR *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (!dir)
		return -errno;
	own = -1;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return -ENOTEMPTY;
	return 0;
}

/* The lock of the bare directory keeps two from mounting; who mounted locks anew, on the mount. */
static int mount_bpffs(const char *path)
{
	bool made = !mkdir(path, BARE_MODE);
	struct rundir rundir;
	int err;

	if (!made && errno != EEXIST)
		return -errno;
	err = lock_directory(path, &rundir);
	if (err)
		return err;
	if (!is_bpffs(rundir.fd))
		err = check_empty(rundir.fd) ?: mount_own_bpffs(path);
	if (err && made)
		rmdir(path);
	rundir_unlock(&rundir);
	return err;
}

/* A detach may remove the directory between any two of these steps: then it is begun anew. */
int rundir_lock_mounted(const char *path, struct rundir *ret)
{
	int err = -ENOENT;

	for (int i = 0; i < MOUNT_TRIES && err == -ENOENT; i++) {
		err = rundir_lock_existing(path, ret);
		if (err != -ENOENT)
			return err;
		err = mount_bpffs(path);
		if (!err)
			err = rundir_lock_existing(path, ret);
	}
	return err;
}

void rundir_remove_bare(const char *path)
{
	struct stat status;

	if (lstat(path, &status) || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return;
	if (!strcmp(path, RUNDIR_DEFAULT) || !(status.st_mode & ALLPERMS & ~BARE_MODE))
		rmdir(path);
}

void rundir_unlock(struct rundir *rundir)
{
	cleanup_close(&rundir->lock_fd);
	cleanup_close(&rundir->fd);
	rundir->fd = -1;
	rundir->lock_fd = -1;
}

void rundir_tell_busy(const char *path)
{
	log_error("another sshidle is at work on %s; waited %d s", path, RUNDIR_LOCK_WAIT_S);
}

int rundir_set_group(const struct rundir *rundir, gid_t group)
{
	if (fchown(rundir->fd, geteuid(), group) || fchmod(rundir->fd, 0750))
		return -errno;
	return 0;
}

/* A pin is no directory, but somebody's directory may stand where one was. */
static int remove_directory(int at, const char *name);

static int remove_pin(int at, const char *name)
{
	if (!unlinkat(at, name, 0) || errno == ENOENT)
		return 0;
	return errno == EISDIR ? remove_directory(at, name) : -errno;
}

static int remove_directory(int at, const char *name)
{
	CLEANUP_DIR DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_pin(dirfd(dir), entry->d_name);
	if (unlinkat(at, name, AT_REMOVEDIR))
		return -errno;
	return 0;
}

int rundir_remove_pins(const struct rundir *rundir, const char *name)
{
	return remove_directory(rundir->fd, name);
}

/*
 * Pins first: a mount namespace that holds a copy of this mount would otherwise keep the recorder
 * attached, seen by nobody. Waiters of the lock have the directory open, so unmount lazily.
 */
int rundir_remove(struct rundir *rundir)
{
	char real[PATH_MAX];
	int err = 0;

	if (!realpath(rundir->path, real))
		return -errno;
	for (int i = 0; i < VIEWS && !err; i++)
		err = remove_pin(rundir->fd, rundir_view_name(i));
	if (!err)
		err = rundir_remove_pins(rundir, RUNDIR_STAGING);
	if (!err)
		err = rundir_remove_pins(rundir, RUNDIR_RECORDER);
	if (err)
		return err;
	/* Who may not unmount did not mount either: a service manager did both. */
	if (umount2(real, MNT_DETACH | UMOUNT_NOFOLLOW))
		return errno == EPERM ? 0 : -errno;
	if (rmdir(real) && errno != ENOENT && errno != EBUSY && errno != ENOTEMPTY)
		return -errno;
	return 0;
}
