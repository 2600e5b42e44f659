/* SPDX-License-Identifier: GPL-2.0-only */
/* The run directory: sshidle's own bpffs, its lock, its names. */
#ifndef SSHIDLE_RUNDIR_H
#define SSHIDLE_RUNDIR_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "snapshot.h"

#define RUNDIR_DEFAULT "/run/sshidle"

/*
 * What stands in the mounted run directory:
 *   sessions, deaths, paths
 *              the snapshot's pinned iterators, mode 0444
 *   recorder/  the recorder's links, programs and maps, mode 0600: its heart
 *   staging/   while one is put in place of another; swept if its maker was killed
 *
 *   lock/      mode 0700: what is locked
 *
 * Locking: whoever changes anything there holds the flock of lock/. It is taken on an fd and then
 * the path is looked at again, because mounting and unmounting change what the path means while
 * one waits. Readers take no lock: a rename publishes.
 */
#define RUNDIR_RECORDER "recorder"
#define RUNDIR_STAGING "staging"

struct rundir {
	const char *path; /* borrowed */
	int fd;		  /* of the directory */
	int lock_fd;	  /* locked; both are closed by rundir_unlock() */
};

/* The file of a view. */
const char *rundir_view_name(enum view view);

/* Waits at most this long for another sshidle to finish. */
#define RUNDIR_LOCK_WAIT_S 10

/*
 * Locks the mounted run directory, mounting it first if need be.
 * 0 or -errno: -ETIMEDOUT another sshidle holds it, -EBUSY it is a bpffs that is not ours,
 * -ENOTEMPTY there are files that the mount would hide, -EPERM or -EACCES may not mount.
 */
int rundir_lock_mounted(const char *path, struct rundir *ret);

/* Locks the run directory only if it is mounted by us. -ENOENT: it is not. */
int rundir_lock_existing(const char *path, struct rundir *ret);

/*
 * Removes the empty directory that one leaves who was killed before the mount, or at RUNDIR_DEFAULT
 * who mounted for us, as systemd does; nobody else's.
 */
void rundir_remove_bare(const char *path);

void rundir_unlock(struct rundir *rundir);

/* Tells of -ETIMEDOUT. */
void rundir_tell_busy(const char *path);

/* Gives the directory to us, who is root as a rule, and to group: 0750. */
int rundir_set_group(const struct rundir *rundir, gid_t group);

/*
 * Removes everything of ours in it, unmounts it and removes the directory. Without the right to
 * unmount the recorder is gone all the same, and its empty mount stays for whoever mounted it.
 */
int rundir_remove(struct rundir *rundir);

/* Removes a directory of pins below the run directory. 0 also if there is none. */
int rundir_remove_pins(const struct rundir *rundir, const char *name);

/* Writes PATH/NAME into buf, which holds PATH_MAX bytes; 0 or -ENAMETOOLONG. */
int rundir_file(const char *path, const char *name, char *buf);

#endif
