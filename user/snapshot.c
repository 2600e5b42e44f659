// SPDX-License-Identifier: GPL-2.0-only
/* Loads the snapshot: the iterators that give readers their records. */
#include <linux/types.h>

#include "snapshot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "bpf/snapshot.skel.h"
#include "cleanup.h"

struct snapshot {
	struct snapshot_bpf *skeleton;
	struct bpf_link *links[VIEWS];
};

static void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

/* Deaths and paths are the recorder's: without one there is nothing to show of them. */
static void leave_out(struct snapshot_bpf *skeleton)
{
	bpf_program__set_autoload(skeleton->progs.read_deaths, false);
	bpf_program__set_autoload(skeleton->progs.read_paths, false);
	bpf_map__set_autocreate(skeleton->maps.deaths, false);
	bpf_map__set_autocreate(skeleton->maps.paths, false);
}

static int load(struct snapshot_bpf *skeleton, const struct watch_config *config,
		const int map_fds[SHARED_MAPS])
{
	struct bpf_map *const maps[SHARED_MAPS] = {
		[MAP_FLOWS] = skeleton->maps.flows,	  [MAP_BEFORE] = skeleton->maps.before,
		[MAP_COUNTERS] = skeleton->maps.counters, [MAP_DEATHS] = skeleton->maps.deaths,
		[MAP_PATHS] = skeleton->maps.paths,
	};
	int err = 0;

	skeleton->rodata->watch = *config;
	if (!map_fds)
		leave_out(skeleton);
	for (int i = 0; map_fds && i < SHARED_MAPS && !err; i++)
		err = bpf_map__reuse_fd(maps[i], map_fds[i]);
	return err ? err : snapshot_bpf__load(skeleton);
}

static int attach(struct snapshot *snapshot)
{
	const struct bpf_program *const programs[VIEWS] = {
		[VIEW_SESSIONS] = snapshot->skeleton->progs.sessions,
		[VIEW_DEATHS] = snapshot->skeleton->progs.read_deaths,
		[VIEW_PATHS] = snapshot->skeleton->progs.read_paths,
	};

	for (int i = 0; i < VIEWS; i++) {
		if (!bpf_program__autoload(programs[i]))
			continue;
		snapshot->links[i] = bpf_program__attach_iter(programs[i], NULL);
		if (!snapshot->links[i])
			return -errno;
	}
	return 0;
}

int snapshot_load(const struct watch_config *config, const int map_fds[SHARED_MAPS],
		  struct snapshot **ret)
{
	CLEANUP(cleanup_snapshot) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int err;

	if (!snapshot)
		return -ENOMEM;
	snapshot->skeleton = snapshot_bpf__open();
	if (!snapshot->skeleton)
		return -errno;
	err = load(snapshot->skeleton, config, map_fds);
	if (!err)
		err = attach(snapshot);
	if (err)
		return err;
	*ret = snapshot;
	snapshot = NULL;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (int i = 0; i < VIEWS; i++)
		bpf_link__destroy(snapshot->links[i]);
	snapshot_bpf__destroy(snapshot->skeleton);
	free(snapshot);
}

int snapshot_open(const struct snapshot *snapshot)
{
	int fd = bpf_iter_create(bpf_link__fd(snapshot->links[VIEW_SESSIONS]));

	return fd < 0 ? -errno : fd;
}

int snapshot_pin(const struct snapshot *snapshot, enum view view, const char *path)
{
	return bpf_obj_pin(bpf_link__fd(snapshot->links[view]), path) ? -errno : 0;
}
