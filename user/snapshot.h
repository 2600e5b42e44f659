/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the snapshot: the iterator that gives a record for each session and owner. */
#ifndef SSHIDLE_SNAPSHOT_H
#define SSHIDLE_SNAPSHOT_H

#include "../bpf/watch.h"

struct snapshot; /* the loaded program and its iterator link */

/* The maps that recorder and snapshot share. */
enum shared_map {
	MAP_FLOWS,  /* the histories */
	MAP_BEFORE, /* what sockets had before sshidle set their keepalive */
	MAP_LOSSES, /* the counter */
	SHARED_MAPS,
};

/*
 * Loads the snapshot. map_fds are the recorder's maps, borrowed; NULL where there is no recorder:
 * then records carry no history. 0 or -errno.
 */
int snapshot_load(const struct watch_config *config, const int map_fds[SHARED_MAPS],
		  struct snapshot **ret);
void snapshot_free(struct snapshot *snapshot);

/* A new fd from which one pass over the host can be read; the caller's. -errno on failure. */
int snapshot_open(const struct snapshot *snapshot);

/* Pins the iterator at path in a bpffs. 0 or -errno. */
int snapshot_pin(const struct snapshot *snapshot, const char *path);

#endif
