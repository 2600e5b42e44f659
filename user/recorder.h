/* SPDX-License-Identifier: GPL-2.0-only */
/* Installs, removes and inspects the recorder in a run directory. */
#ifndef SSHIDLE_RECORDER_H
#define SSHIDLE_RECORDER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../bpf/watch.h"
#include "rundir.h"
#include "snapshot.h"

#define RECORDER_PROGRAMS 4

struct recorder_program {
	const char *name;	 /* of the tracepoint, and of the pin */
	bool attached;		 /* its link is pinned and alive */
	unsigned int id;	 /* of the program, 0 if it is not attached */
	unsigned long long runs; /* counted only where kernel.bpf_stats_enabled is 1 */
	unsigned long long run_ns;
	unsigned long long missed; /* runs the kernel skipped: it was already running there */
	unsigned long long memory; /* bytes */
};

struct recorder_state {
	struct recorder_program programs[RECORDER_PROGRAMS];
	bool maps_pinned[SHARED_MAPS];
	bool views_pinned[VIEWS];
	bool staging; /* another sshidle is putting one in place, or was killed doing so */
	unsigned long long map_memory;
};

/*
 * Loads recorder and snapshot, attaches them and publishes them in the locked run directory,
 * in place of what is there. keep_history: take over what the present recorder knows, whose
 * HISTORY_ABI is ours. On failure nothing has changed. 0 or -errno.
 */
int recorder_install(const struct rundir *rundir, const struct watch_config *config,
		     bool keep_history);

/* Finishes or removes what a killed sshidle left in the locked run directory. 0 or -errno. */
int recorder_sweep(const struct rundir *rundir);

/*
 * Whether this -errno tells of what the program or the machine lacks for now, and so nothing of a
 * pin that could not be opened: what cannot be opened for another reason is as good as gone.
 */
bool recorder_err_passes(int err);

/* Looks at the run directory at path; needs the right to open the pins. 0 or what passes. */
int recorder_inspect(const char *path, struct recorder_state *ret);

/* Whether every piece of the recorder stands there; needs no more than to read the directory. */
bool recorder_is_whole(const char *path);

/* Whether there is one at all: what readers open first goes first when it is removed. */
bool recorder_is_there(const char *path);

/* The name of the first piece that is missing, NULL if there is none. */
const char *recorder_missing(const struct recorder_state *state);

/* The name of a map, which is also that of its pin. */
const char *recorder_map_name(enum shared_map map);

/* 1 if the histories at path are of our HISTORY_ABI, so that a new recorder can go on with them, 0
 * if not, or what passes.
 */
int recorder_history_fits(const char *path);

/* An fd of one of the recorder's maps, the caller's; -errno: no recorder, or no right to it. */
int recorder_open_map(const char *path, enum shared_map map);

#endif
