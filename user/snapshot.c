// SPDX-License-Identifier: GPL-2.0-only
/* Loads the snapshot: the iterator that gives a record for each session and owner. */
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
	struct bpf_link *link;
};

static void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

static int load(struct snapshot_bpf *skeleton, const struct watch_config *config,
		const int map_fds[SHARED_MAPS])
{
	struct bpf_map *const maps[SHARED_MAPS] = {
		[MAP_FLOWS] = skeleton->maps.flows,
		[MAP_BEFORE] = skeleton->maps.before,
		[MAP_LOSSES] = skeleton->maps.losses,
	};
	int err = 0;

	skeleton->rodata->watch = *config;
	for (int i = 0; map_fds && i < SHARED_MAPS && !err; i++)
		err = bpf_map__reuse_fd(maps[i], map_fds[i]);
	return err ? err : snapshot_bpf__load(skeleton);
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
	if (err)
		return err;
	snapshot->link = bpf_program__attach_iter(snapshot->skeleton->progs.sessions, NULL);
	if (!snapshot->link)
		return -errno;
	*ret = snapshot;
	snapshot = NULL;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	bpf_link__destroy(snapshot->link);
	snapshot_bpf__destroy(snapshot->skeleton);
	free(snapshot);
}

int snapshot_open(const struct snapshot *snapshot)
{
	int fd = bpf_iter_create(bpf_link__fd(snapshot->link));

	return fd < 0 ? -errno : fd;
}

int snapshot_pin(const struct snapshot *snapshot, const char *path)
{
	return bpf_obj_pin(bpf_link__fd(snapshot->link), path) ? -errno : 0;
}
