// SPDX-License-Identifier: GPL-2.0-only
/* The place of another process: its program, namespaces, root directory and identity. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

#define STATUS_SIZE 4096

/* What /proc/PID/status says, in the ids of the user namespace that it is read in. */
struct identity {
	uid_t uid;
	gid_t gid;
	uint64_t bounding;
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int compare_namespaces(int proc, int *ret)
{
	static const struct {
		const char *name;
		int flag;
	} kinds[] = {
		{"mnt", CLONE_NEWNS},	     {"net", CLONE_NEWNET}, {"pid", CLONE_NEWPID},
		{"user", CLONE_NEWUSER},     {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},
		{"cgroup", CLONE_NEWCGROUP},
	};
	int flags = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct stat ours, theirs;
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i].name);
		if (stat(path, &ours))
			return -errno;
		if (fstatat(proc, path + strlen("/proc/self/"), &theirs, 0))
			return -errno;
		if (!same_file(&ours, &theirs))
			flags |= kinds[i].flag;
	}
	*ret = flags;
	return 0;
}

static int compare_roots(struct place *place)
{
	struct stat ours, theirs;

	if (stat("/", &ours) || fstat(place->root, &theirs))
		return -errno;
	place->other_root = place->namespaces & CLONE_NEWNS || !same_file(&ours, &theirs);
	return 0;
}

static int open_all(pid_t pid, struct place *place)
{
	char path[32];
	int err;

	place->pidfd = pidfd_open(pid, 0);
	if (place->pidfd < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	place->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->proc < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	place->exe = openat(place->proc, "exe", O_PATH | O_CLOEXEC);
	if (place->exe < 0)
		return -errno;
	place->root = openat(place->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->root < 0)
		return -errno;
	err = compare_namespaces(place->proc, &place->namespaces);
	if (!err)
		err = compare_roots(place);
	/* If it still lives, all that was opened was its own. */
	if (!err && pidfd_send_signal(place->pidfd, 0, NULL, 0) && errno == ESRCH)
		err = -ESRCH;
	return err;
}

int place_open(pid_t pid, struct place *ret)
{
	struct place place = {.pidfd = -1, .proc = -1, .exe = -1, .root = -1};
	int err = open_all(pid, &place);

	if (err)
		place_close(&place);
	else
		*ret = place;
	return err;
}

void place_close(struct place *place)
{
	cleanup_close(&place->pidfd);
	cleanup_close(&place->proc);
	cleanup_close(&place->exe);
	cleanup_close(&place->root);
	*place = (struct place){.pidfd = -1, .proc = -1, .exe = -1, .root = -1};
}

static const char *find_line(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line ? line + strlen(key) : "";
}

static int read_identity(int proc, struct identity *ret)
{
	CLEANUP_CLOSE int fd = openat(proc, "status", O_RDONLY | O_CLOEXEC);
	char text[STATUS_SIZE];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (got < 0)
		return -errno;
	text[got] = 0;
	/* The second of each is the effective one. */
	if (sscanf(find_line(text, "\nUid:"), "%*u %u", &ret->uid) != 1 ||
	    sscanf(find_line(text, "\nGid:"), "%*u %u", &ret->gid) != 1 ||
	    sscanf(find_line(text, "\nCapBnd:"), "%" SCNx64, &ret->bounding) != 1)
		return -EBADMSG;
	return 0;
}

/* Root that executes gets what the bounding set allows; everybody else gets nothing. */
static int take_identity(int proc)
{
	struct identity identity;
	int err = read_identity(proc, &identity);

	if (err)
		return err;
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (!(identity.bounding >> cap & 1) && prctl(PR_CAPBSET_DROP, cap))
			return -errno;
	if (setgroups(0, NULL) || setresgid(identity.gid, identity.gid, identity.gid) ||
	    setresuid(identity.uid, identity.uid, identity.uid))
		return -errno;
	return 0;
}

int place_enter(const struct place *place)
{
	bool privileged = geteuid() == 0;
	int err = 0;

	/* Whoever is root there must not get at our own program as /proc/PID/exe (CVE-2019-5736).
	 */
	if (prctl(PR_SET_DUMPABLE, 0))
		return -errno;
	if (place->namespaces && setns(place->pidfd, place->namespaces))
		return -errno;
	if (place->other_root && (fchdir(place->root) || chroot(".")))
		return -errno;
	if (chdir("/"))
		return -errno;
	if (privileged)
		err = take_identity(place->proc);
	if (err)
		return err;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* A change of identity has cleared it. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) ? -errno : 0;
}

uid_t place_uid(const struct place *place, uid_t uid)
{
	CLEANUP_CLOSE int fd = openat(place->proc, "uid_map", O_RDONLY | O_CLOEXEC);
	CLEANUP_FILE FILE *file = fd < 0 ? NULL : fdopen(TAKE_FD(fd), "r");
	uid_t theirs, ours, count;

	/* user_namespaces(7): the second column is in the namespace of the reader. */
	while (file && fscanf(file, "%u %u %u", &theirs, &ours, &count) == 3)
		if (uid >= ours && uid - ours < count)
			return uid - ours + theirs;
	return uid;
}

ssize_t place_read_file(const struct place *place, const char *path, char *buf, size_t size)
{
	/* Non-blocking: what stands there may be a pipe that nobody writes to. */
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	CLEANUP_CLOSE int fd = syscall(SYS_openat2, place->root, path, &how, sizeof(how));
	struct stat status;
	size_t used = 0;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	while (used < size - 1) {
		ssize_t got = read(fd, buf + used, size - 1 - used);

		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += got;
	}
	buf[used] = 0;
	return used;
}
