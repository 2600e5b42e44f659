// SPDX-License-Identifier: GPL-2.0-only
/* Installs, removes and inspects the recorder in a run directory. */
#include "recorder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bpf/recorder.skel.h"
#include "cleanup.h"
#include "clock.h"
#include "snapshot.h"
#include "watch.h"

/* In the order of the skeleton's programs: names of the tracepoints. */
static const char *const names[RECORDER_PROGRAMS] = {
	"tcp_probe",
	"inet_sock_set_state",
	"tcp_retransmit_skb",
	"tcp_receive_reset",
};

static const char *const map_names[SHARED_MAPS] = {
	[MAP_FLOWS] = "flows",	 [MAP_BEFORE] = "before", [MAP_COUNTERS] = "counters",
	[MAP_DEATHS] = "deaths", [MAP_PATHS] = "paths",
};

/* Everything is attached and held by fds first: a kill leaves nothing before the first pin. */
struct candidate {
	struct recorder_bpf *recorder;
	struct snapshot *snapshot;
};

static void cleanup_candidate(struct candidate *candidate)
{
	snapshot_free(candidate->snapshot);
	recorder_bpf__destroy(candidate->recorder);
}

static void get_maps(const struct recorder_bpf *recorder, struct bpf_map *maps[SHARED_MAPS])
{
	maps[MAP_FLOWS] = recorder->maps.flows;
	maps[MAP_BEFORE] = recorder->maps.before;
	maps[MAP_COUNTERS] = recorder->maps.counters;
	maps[MAP_DEATHS] = recorder->maps.deaths;
	maps[MAP_PATHS] = recorder->maps.paths;
}

bool recorder_err_passes(int err)
{
	switch (err) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -EINTR:
	case -EAGAIN:
		return true;
	default:
		return false;
	}
}

/* The present recorder's maps live on; one that is gone is made anew. */
static int take_over_maps(const char *run_dir, struct bpf_map *const maps[SHARED_MAPS])
{
	int err = 0;

	for (int i = 0; i < SHARED_MAPS && !err; i++) {
		CLEANUP_CLOSE int fd = recorder_open_map(run_dir, i);

		if (fd >= 0)
			err = bpf_map__reuse_fd(maps[i], fd);
		else if (recorder_err_passes(fd))
			err = fd;
	}
	return err;
}

/* Both stand with the maps, because they are theirs: counters that are taken over go on. */
static int mark_counters(const struct bpf_map *counters)
{
	__u32 abi_key = COUNTER_HISTORY_ABI, began_key = COUNTER_BEGAN_NS;
	__u64 abi = HISTORY_ABI, began_ns = 0;
	int fd = bpf_map__fd(counters);

	if (bpf_map_update_elem(fd, &abi_key, &abi, BPF_ANY) ||
	    bpf_map_lookup_elem(fd, &began_key, &began_ns))
		return -errno;
	if (began_ns)
		return 0;
	began_ns = clock_wall_ns();
	return bpf_map_update_elem(fd, &began_key, &began_ns, BPF_ANY) ? -errno : 0;
}

int recorder_history_fits(const char *path)
{
	CLEANUP_CLOSE int fd = recorder_open_map(path, MAP_COUNTERS);
	__u32 key = COUNTER_HISTORY_ABI;
	__u64 abi = 0;

	if (fd < 0)
		return recorder_err_passes(fd) ? fd : 0;
	if (bpf_map_lookup_elem(fd, &key, &abi))
		return recorder_err_passes(-errno) ? -errno : 0;
	return abi == HISTORY_ABI;
}

static int load(const struct watch_config *config, const char *take_over_from,
		struct candidate *candidate)
{
	struct bpf_map *maps[SHARED_MAPS];
	int fds[SHARED_MAPS], err = 0;

	candidate->recorder = recorder_bpf__open();
	if (!candidate->recorder)
		return -errno;
	get_maps(candidate->recorder, maps);
	candidate->recorder->rodata->watch = *config;
	if (take_over_from)
		err = take_over_maps(take_over_from, maps);
	if (!err)
		err = recorder_bpf__load(candidate->recorder);
	if (!err)
		err = mark_counters(maps[MAP_COUNTERS]);
	if (!err)
		err = recorder_bpf__attach(candidate->recorder);
	if (err)
		return err;
	for (int i = 0; i < SHARED_MAPS; i++)
		fds[i] = bpf_map__fd(maps[i]);
	return snapshot_load(config, fds, &candidate->snapshot);
}

static int pin_as(const char *run_dir, const char *name, int fd, mode_t mode)
{
	char path[PATH_MAX], file[NAME_MAX];
	int err;

	snprintf(file, sizeof(file), "%s/%s", RUNDIR_STAGING, name);
	err = rundir_file(run_dir, file, path);
	if (err)
		return err;
	if (bpf_obj_pin(fd, path) || chmod(path, mode))
		return -errno;
	return 0;
}

/* Where a view stands until it is moved to where readers look for it. */
static void name_staged(const char *directory, enum view view, char name[NAME_MAX])
{
	snprintf(name, NAME_MAX, "%s/view_%s", directory, rundir_view_name(view));
}

static int stage_view(const char *run_dir, const struct snapshot *snapshot, enum view view)
{
	char path[PATH_MAX], name[NAME_MAX];
	int err;

	name_staged(RUNDIR_STAGING, view, name);
	err = rundir_file(run_dir, name, path);
	if (!err)
		err = snapshot_pin(snapshot, view, path);
	if (!err && chmod(path, 0444))
		err = -errno;
	return err;
}

#define PROGRAM_NAME_SIZE 64

static void name_program(const char *name, char buf[PROGRAM_NAME_SIZE])
{
	snprintf(buf, PROGRAM_NAME_SIZE, "%s_program", name);
}

/*
 * Its link keeps a program attached. The program has a pin of its own, because to get it by the id
 * that the link tells takes CAP_SYS_ADMIN.
 */
static int pin_programs(const char *run_dir, const struct recorder_bpf *recorder)
{
	const struct {
		const struct bpf_link *link;
		const struct bpf_program *program;
	} pieces[RECORDER_PROGRAMS] = {
		{recorder->links.on_segment, recorder->progs.on_segment},
		{recorder->links.on_state, recorder->progs.on_state},
		{recorder->links.on_retransmit, recorder->progs.on_retransmit},
		{recorder->links.on_reset, recorder->progs.on_reset},
	};
	char name[PROGRAM_NAME_SIZE];
	int err = 0;

	for (int i = 0; i < RECORDER_PROGRAMS && !err; i++) {
		name_program(names[i], name);
		err = pin_as(run_dir, names[i], bpf_link__fd(pieces[i].link), 0600);
		if (!err)
			err = pin_as(run_dir, name, bpf_program__fd(pieces[i].program), 0600);
	}
	return err;
}

static int stage(const struct rundir *rundir, const struct candidate *candidate)
{
	struct bpf_map *maps[SHARED_MAPS];
	int err;

	get_maps(candidate->recorder, maps);
	/* Readers look whether every piece is there, whatever umask root has. */
	if (mkdirat(rundir->fd, RUNDIR_STAGING, 0700) ||
	    fchmodat(rundir->fd, RUNDIR_STAGING, 0755, 0))
		return -errno;
	err = pin_programs(rundir->path, candidate->recorder);
	for (int i = 0; i < SHARED_MAPS && !err; i++)
		err = pin_as(rundir->path, map_names[i], bpf_map__fd(maps[i]), 0600);
	for (int i = 0; i < VIEWS && !err; i++)
		err = stage_view(rundir->path, candidate->snapshot, i);
	return err;
}

/* The directories change places, then the new iterators go where readers look for them. */
static int publish(const struct rundir *rundir)
{
	unsigned int flags = RENAME_EXCHANGE;

	if (faccessat(rundir->fd, RUNDIR_RECORDER, F_OK, AT_EACCESS))
		flags = RENAME_NOREPLACE;
	if (renameat2(rundir->fd, RUNDIR_STAGING, rundir->fd, RUNDIR_RECORDER, flags))
		return -errno;
	return recorder_sweep(rundir);
}

static int publish_view(const struct rundir *rundir, enum view view)
{
	const char *name = rundir_view_name(view);
	char staged[NAME_MAX];
	int err;

	name_staged(RUNDIR_RECORDER, view, staged);
	if (!renameat(rundir->fd, staged, rundir->fd, name) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	err = rundir_remove_pins(rundir, name);
	if (!err && renameat(rundir->fd, staged, rundir->fd, name))
		err = -errno;
	return err;
}

/* The sessions last: who sees them finds the rest there. */
int recorder_sweep(const struct rundir *rundir)
{
	int err = 0;

	for (int i = VIEWS - 1; i >= 0 && !err; i--)
		err = publish_view(rundir, i);
	return err ? err : rundir_remove_pins(rundir, RUNDIR_STAGING);
}

static int open_pin(const char *run_dir, const char *name)
{
	char path[PATH_MAX];
	int err = rundir_file(run_dir, name, path);

	if (err)
		return err;
	err = bpf_obj_get(path);
	return err < 0 ? -errno : err;
}

static int open_piece(const char *run_dir, const char *name)
{
	char pin[NAME_MAX];

	snprintf(pin, sizeof(pin), "%s/%s", RUNDIR_RECORDER, name);
	return open_pin(run_dir, pin);
}

int recorder_open_map(const char *path, enum shared_map map)
{
	return open_piece(path, map_names[map]);
}

int recorder_install(const struct rundir *rundir, const struct watch_config *config,
		     bool keep_history)
{
	CLEANUP(cleanup_candidate) struct candidate candidate = {};
	int err = load(config, keep_history ? rundir->path : NULL, &candidate);

	if (!err)
		err = stage(rundir, &candidate);
	if (!err)
		err = publish(rundir);
	if (err)
		rundir_remove_pins(rundir, RUNDIR_STAGING);
	return err;
}

/* The kernel accounts a map's memory in its fdinfo only (bpf_map_show_fdinfo()). */
static unsigned long long fd_memory(int fd)
{
	CLEANUP_FILE FILE *info = NULL;
	unsigned long long bytes = 0;
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	return bytes;
}

static int inspect_program(const char *run_dir, struct recorder_program *program)
{
	CLEANUP_CLOSE int link_fd = -1;
	CLEANUP_CLOSE int program_fd = -1;
	struct bpf_link_info link = {};
	struct bpf_prog_info info = {};
	__u32 link_size = sizeof(link), info_size = sizeof(info);
	char name[PROGRAM_NAME_SIZE];

	link_fd = open_piece(run_dir, program->name);
	if (link_fd < 0)
		return recorder_err_passes(link_fd) ? link_fd : 0;
	if (bpf_obj_get_info_by_fd(link_fd, &link, &link_size))
		return 0;
	program->attached = true;
	program->id = link.prog_id;
	name_program(program->name, name);
	program_fd = open_piece(run_dir, name);
	if (recorder_err_passes(program_fd))
		return program_fd;
	if (program_fd < 0 || bpf_obj_get_info_by_fd(program_fd, &info, &info_size))
		return 0;
	program->runs = info.run_cnt;
	program->run_ns = info.run_time_ns;
	program->missed = info.recursion_misses;
	program->memory = fd_memory(program_fd);
	return 0;
}

static int inspect_map(const char *run_dir, enum shared_map map, struct recorder_state *state)
{
	CLEANUP_CLOSE int fd = recorder_open_map(run_dir, map);

	if (fd < 0)
		return recorder_err_passes(fd) ? fd : 0;
	state->map_memory += fd_memory(fd);
	state->maps_pinned[map] = true;
	return 0;
}

static bool exists(const char *run_dir, const char *name)
{
	char path[PATH_MAX];

	return !rundir_file(run_dir, name, path) && !faccessat(AT_FDCWD, path, F_OK, AT_EACCESS);
}

int recorder_inspect(const char *path, struct recorder_state *ret)
{
	int err = 0;

	*ret = (struct recorder_state){};
	for (int i = 0; i < RECORDER_PROGRAMS && !err; i++) {
		ret->programs[i].name = names[i];
		err = inspect_program(path, &ret->programs[i]);
	}
	for (int i = 0; i < SHARED_MAPS && !err; i++)
		err = inspect_map(path, i, ret);
	if (err)
		return err;
	for (int i = 0; i < VIEWS; i++)
		ret->views_pinned[i] = exists(path, rundir_view_name(i));
	ret->staging = exists(path, RUNDIR_STAGING);
	return 0;
}

static bool piece_exists(const char *run_dir, const char *name)
{
	char pin[NAME_MAX];

	snprintf(pin, sizeof(pin), "%s/%s", RUNDIR_RECORDER, name);
	return exists(run_dir, pin);
}

bool recorder_is_whole(const char *path)
{
	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		if (!piece_exists(path, names[i]))
			return false;
	for (int i = 0; i < SHARED_MAPS; i++)
		if (!piece_exists(path, map_names[i]))
			return false;
	for (int i = 0; i < VIEWS; i++)
		if (!exists(path, rundir_view_name(i)))
			return false;
	return true;
}

bool recorder_is_there(const char *path)
{
	return exists(path, rundir_view_name(VIEW_SESSIONS));
}

const char *recorder_missing(const struct recorder_state *state)
{
	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		if (!state->programs[i].attached)
			return state->programs[i].name;
	for (int i = 0; i < SHARED_MAPS; i++)
		if (!state->maps_pinned[i])
			return map_names[i];
	for (int i = 0; i < VIEWS; i++)
		if (!state->views_pinned[i])
			return rundir_view_name(i);
	return NULL;
}

const char *recorder_map_name(enum shared_map map)
{
	return map_names[map];
}
