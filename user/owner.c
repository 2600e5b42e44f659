// SPDX-License-Identifier: GPL-2.0-only
/* Who holds a session: user, terminal and title of the owning process, from /proc. */
#include "owner.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "duration.h"
#include "facts.h"
#include "process.h"

#define PTS_MAJOR 136 /* UNIX98_PTY_SLAVE_MAJOR; 8 majors of 256 minors */
#define PTS_MAJORS 8
#define TTY_MAJOR 4
#define CHILDREN_MAX 16 /* of an sshd, looked at for a terminal */
#define USERS_KNOWN 64

struct owners {
	bool enabled;
	unsigned int lookups_left;
	ino_t mount_namespace; /* ours */
	uint32_t pid;	       /* of the last lookup */
	uint64_t start_ns;
	struct owner owner;
	struct known_user {
		bool known;
		uint32_t uid;
		char name[OWNER_USER_SIZE];
	} users[USERS_KNOWN]; /* by the low bits of the uid */
};

/* The layout of tty_nr is that of new_encode_dev() (include/linux/kdev_t.h). */
static void name_tty(unsigned int tty_nr, char name[OWNER_TTY_SIZE])
{
	unsigned int device_major = (tty_nr >> 8) & 0xfff;
	unsigned int device_minor = (tty_nr & 0xff) | ((tty_nr >> 12) & 0xfff00);

	if (device_major >= PTS_MAJOR && device_major < PTS_MAJOR + PTS_MAJORS)
		snprintf(name, OWNER_TTY_SIZE, "pts/%u",
			 (device_major - PTS_MAJOR) * 256 + device_minor);
	else if (device_major == TTY_MAJOR && device_minor < 64)
		snprintf(name, OWNER_TTY_SIZE, "tty%u", device_minor);
}

/* sshd has no terminal of its own: the shell that it started has. */
static unsigned int children_tty(pid_t pid)
{
	pid_t children[CHILDREN_MAX];
	size_t n = process_children(pid, children, CHILDREN_MAX);
	struct process child;

	for (size_t i = 0; i < n; i++)
		if (!process_read(children[i], &child) && child.tty_nr)
			return child.tty_nr;
	return 0;
}

/* As w(1) has it. Only a process that shares our mounts can be trusted to share our /dev/pts. */
static int64_t tty_idle(const struct owners *owners, const struct record_session *record,
			const char *tty)
{
	char path[128];
	struct stat status;
	struct timespec now;
	int64_t idle;

	snprintf(path, sizeof(path), "/proc/%u/root/dev/%s", record->owner_pid, tty);
	if (stat(path, &status)) {
		if (record->owner_mntns != owners->mount_namespace)
			return UNKNOWN_NS;
		snprintf(path, sizeof(path), "/dev/%s", tty);
		if (stat(path, &status))
			return UNKNOWN_NS;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	idle = (now.tv_sec - status.st_atim.tv_sec) * (int64_t)NSEC_PER_SEC + now.tv_nsec -
	       status.st_atim.tv_nsec;
	return idle > 0 ? idle : 0;
}

static void read_title(pid_t pid, char title[OWNER_TITLE_SIZE])
{
	ssize_t got = process_read_file(pid, "cmdline", title, OWNER_TITLE_SIZE);
	size_t length = got > 0 ? got : 0;

	title[length] = 0;
	while (length && !title[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		if (!title[i])
			title[i] = ' ';
	while (length && title[length - 1] == ' ')
		title[--length] = 0;
}

static void look_up(struct owners *owners, const struct record_session *record)
{
	struct owner *owner = &owners->owner;
	struct process process;
	unsigned int tty_nr;

	if (process_read_owner(record, &process))
		return;
	read_title(record->owner_pid, owner->title);
	tty_nr = process.tty_nr ? process.tty_nr : children_tty(record->owner_pid);
	name_tty(tty_nr, owner->tty);
	if (owner->tty[0])
		owner->tty_idle = tty_idle(owners, record, owner->tty);
}

struct owners *owners_new(int enabled)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	struct stat status;

	if (!owners)
		return NULL;
	owners->enabled = enabled;
	owners->lookups_left = OWNER_LOOKUPS_MAX;
	owners->owner.tty_idle = UNKNOWN_NS;
	if (!stat("/proc/self/ns/mnt", &status))
		owners->mount_namespace = status.st_ino;
	return owners;
}

void owners_free(struct owners *owners)
{
	free(owners);
}

const struct owner *owners_lookup(struct owners *owners, const struct record_session *record)
{
	if (owners->pid == record->owner_pid && owners->start_ns == record->owner_start_ns)
		return &owners->owner;
	owners->pid = record->owner_pid;
	owners->start_ns = record->owner_start_ns;
	owners->owner = (struct owner){.tty_idle = UNKNOWN_NS};
	if (owners->enabled && owners->lookups_left) {
		owners->lookups_left--;
		look_up(owners, record);
	}
	return &owners->owner;
}

const char *owners_user(struct owners *owners, uint32_t uid)
{
	struct known_user *user = &owners->users[uid % USERS_KNOWN];
	struct passwd *entry;

	if (user->known && user->uid == uid)
		return user->name;
	entry = owners->enabled ? getpwuid(uid) : NULL;
	if (entry)
		snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	else
		snprintf(user->name, sizeof(user->name), "%u", uid);
	user->uid = uid;
	user->known = true;
	return user->name;
}
