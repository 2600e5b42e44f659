/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the snapshot: the iterators that give readers their records. */
#ifndef SSHIDLE_SNAPSHOT_H
#define SSHIDLE_SNAPSHOT_H

#include "../bpf/watch.h"

struct snapshot; /* the loaded programs and their iterator links */

/* What can be read. Deaths and paths are the recorder's. */
enum view {
	VIEW_SESSIONS,
	VIEW_DEATHS,
	VIEW_PATHS,
	VIEWS,
};

/* The maps that recorder and snapshot share. */
enum shared_map {
	MAP_FLOWS,  /* the histories */
	MAP_BEFORE, /* what sockets had before sshidle set their keepalive */
	MAP_COUNTERS,
	MAP_DEATHS, /* the obituaries */
	MAP_PATHS,  /* what the paths taught */
	SHARED_MAPS,
};

/*
 * Loads the snapshot. map_fds are the recorder's maps, borrowed; NULL where there is no recorder:
 * then records carry no history, and sessions are all there is. 0 or -errno.
 */
int snapshot_load(const struct watch_config *config, const int map_fds[SHARED_MAPS],
		  struct snapshot **ret);
void snapshot_free(struct snapshot *snapshot);

/* A new fd from which one pass over the sessions can be read; the caller's. -errno on failure. */
int snapshot_open(const struct snapshot *snapshot);

/* Pins the iterator of a view at path in a bpffs. 0 or -errno. */
int snapshot_pin(const struct snapshot *snapshot, enum view view, const char *path);

#endif
