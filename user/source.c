// SPDX-License-Identifier: GPL-2.0-only
/* Where records come from: a file, the recorder, or a snapshot loaded for the moment. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "bpf.h"
#include "cleanup.h"
#include "clock.h"
#include "log.h"
#include "privilege.h"
#include "recorder.h"
#include "snapshot.h"
#include "watch.h"

/*
 * The kernel's TAI offset may have been set after the recorder was attached: a reader that lives
 * in the same moment knows the time better.
 */
static void set_wall_clock(struct stream *stream)
{
	struct record_start *start = &stream_record(stream, 0)->start;
	uint64_t now = clock_boot_ns();
	uint64_t wall = clock_wall_ns();

	if (now >= start->now_ns)
		start->wall_ns = wall - (now - start->now_ns);
}

static void explain_stream(const char *path, const char *mend, int err, unsigned int abi)
{
	if (err == -EPROTO)
		log_error("%s: records of version %u, this sshidle reads version %u; %s", path, abi,
			  RECORD_ABI, mend);
	else if (err == -EBADMSG)
		log_error("%s: these are no whole records of sshidle", path);
	else
		log_error("%s: cannot read: %s", path, strerror(-err));
}

/* A copy of other views alone would pass for a host without sessions, or without ends. */
static bool is_other_view(const struct stream *stream, enum view view)
{
	if (view == VIEW_SESSIONS)
		return stream_lacks(stream, RECORD_SESSION);
	return stream_lacks(stream, RECORD_DEATH) && stream_lacks(stream, RECORD_PATH);
}

int source_read_file(const char *path, enum view view, struct stream *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int abi = 0;
	int err = privilege_give_up(PRIVILEGE_LOAD);

	if (err)
		return err;
	err = fd < 0 ? -errno : stream_read(fd, ret, &abi);
	if (err)
		explain_stream(path, "show it with the sshidle that wrote it", err, abi);
	if (!err && is_other_view(ret, view)) {
		log_error("%s: no copy of '%s', but of another file of the recorder", path,
			  rundir_view_name(view));
		stream_free(ret);
		err = -EBADMSG;
	}
	return err;
}

/* The group is the directory's, which everybody may look at. */
static void explain_no_access(const char *run_dir, const char *path)
{
	struct stat status;
	struct group *group = stat(run_dir, &status) ? NULL : getgrgid(status.st_gid);
	char words[PRIVILEGE_WORDS_SIZE];

	if (!geteuid())
		log_error("may not read %s: %s", path,
			  privilege_words(PRIVILEGE_READ, words, sizeof(words)));
	else if (group && status.st_gid)
		log_error("may not read %s: join its group '%s', or run as root", path,
			  group->gr_name);
	else
		log_error("may not read %s: run as root, or 'sshidle attach --replace --group "
			  "GROUP' first",
			  path);
}

static int explain_open(const char *run_dir, const char *path, int err)
{
	if (err == -EACCES)
		explain_no_access(run_dir, path);
	else if (err == -ENOTDIR)
		log_error("%s is no directory: remove it, or choose another --run-dir", run_dir);
	else if (err != -ENOENT)
		log_error("%s: %s", path, strerror(-err));
	return err;
}

int source_read_view(const char *run_dir, enum view view, struct stream *ret)
{
	CLEANUP_CLOSE int fd = -1;
	unsigned int abi = 0;
	char path[PATH_MAX];
	int err;

	if (rundir_file(run_dir, rundir_view_name(view), path)) {
		log_error("--run-dir: the path is too long");
		return -ENAMETOOLONG;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return explain_open(run_dir, path, -errno);
	err = privilege_give_up(PRIVILEGE_LOAD);
	if (err)
		return err;
	err = stream_read_view(fd, ret, &abi);
	if (err)
		explain_stream(path, "run 'sshidle attach --replace'", err, abi);
	else
		set_wall_clock(ret);
	return err;
}

static void explain_no_recorder(int err)
{
	if (!privilege_has(CAPABILITY(CAP_BPF)) && !privilege_has(CAPABILITY(CAP_PERFMON)))
		log_error("no recorder is attached: run 'sudo sshidle attach' once, or 'sudo "
			  "sshidle' for one look");
	else
		bpf_explain_load("the snapshot", err);
}

/* For the next look too, when the right to load another is given up. */
static struct snapshot *loaded;

/* Who began with a recorder waits for the next: what the kernel knows would be less, unasked. */
static bool began_with_recorder;

static int load_once(const struct policy *policy)
{
	struct watch_config config;
	int err;

	if (loaded)
		return 0;
	bpf_set_up();
	watch_config_init(policy->ports, policy->n_ports, &config);
	err = snapshot_load(&config, NULL, &loaded);
	if (err) {
		explain_no_recorder(err);
		return err;
	}
	return privilege_give_up(PRIVILEGE_LOAD);
}

static int read_once(struct stream *ret)
{
	CLEANUP_CLOSE int fd = snapshot_open(loaded);
	unsigned int abi = 0;
	int err = fd < 0 ? fd : stream_read(fd, ret, &abi);

	if (err)
		explain_stream("the snapshot", "", err, abi);
	else
		set_wall_clock(ret);
	return err;
}

int source_read(const struct options *options, const struct policy *policy, struct stream *ret,
		bool *ret_attached)
{
	int err;

	if (options->from) {
		err = source_read_file(options->from, VIEW_SESSIONS, ret);
		if (!err)
			*ret_attached = stream_start(ret)->attached_ns != 0;
		return err;
	}
	err = source_read_view(options->run_dir, VIEW_SESSIONS, ret);
	*ret_attached = !err && recorder_is_whole(options->run_dir);
	/* A detach while one reads leaves it in pieces for a moment. */
	if (!err && !*ret_attached && !recorder_is_there(options->run_dir)) {
		stream_free(ret);
		err = -ENOENT;
	}
	if (err == -ENOENT && began_with_recorder) {
		log_error(
			"no recorder is attached any more: waiting for the next 'sshidle attach'");
		return err;
	}
	if (err == -ENOENT) {
		err = load_once(policy);
		return err ? err : read_once(ret);
	}
	if (err)
		return err;
	began_with_recorder = !loaded;
	if (!*ret_attached)
		log_note("the recorder at %s is damaged: 'sshidle status' tells what is missing",
			 options->run_dir);
	return 0;
}
