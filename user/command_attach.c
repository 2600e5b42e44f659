// SPDX-License-Identifier: GPL-2.0-only
/* sshidle attach and detach: install and remove the recorder. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf.h"
#include "cleanup.h"
#include "clock.h"
#include "commands.h"
#include "log.h"
#include "privilege.h"
#include "recorder.h"
#include "rundir.h"
#include "state.h"
#include "stream.h"
#include "watch.h"

#define DEFAULT_GROUP "sshidle"

static int find_group(const char *name, gid_t *ret)
{
	struct group *group = getgrnam(name ? name : DEFAULT_GROUP);

	if (!group && name) {
		log_error("--group %s: there is no such group", name);
		return -EINVAL;
	}
	*ret = group ? group->gr_gid : getegid();
	return 0;
}

static void explain_lock(const char *run_dir, int err)
{
	char words[PRIVILEGE_WORDS_SIZE];

	switch (err) {
	case -ETIMEDOUT:
		rundir_tell_busy(run_dir);
		break;
	case -EBUSY:
		log_error("%s holds a BPF file system that is not sshidle's; choose another "
			  "--run-dir",
			  run_dir);
		break;
	case -EPERM:
		log_error("may not mount the run directory %s: %s", run_dir,
			  privilege_words(privilege_has(PRIVILEGE_MOUNT) ? PRIVILEGE_GIVE
									 : PRIVILEGE_MOUNT,
					  words, sizeof(words)));
		break;
	case -EACCES:
		log_error("may not use the run directory %s: %s", run_dir,
			  privilege_words(CAPABILITY(CAP_DAC_OVERRIDE), words, sizeof(words)));
		break;
	case -ENOTEMPTY:
		log_error("%s is not empty: the recorder would hide what is there; choose another "
			  "--run-dir",
			  run_dir);
		break;
	case -ENOTDIR:
		log_error("%s is no directory: remove it, or choose another --run-dir", run_dir);
		break;
	default:
		log_error("%s: %s", run_dir, strerror(-err));
	}
}

/* What is attached already, as its own snapshot tells it. */
struct present {
	bool any;	  /* something stands in the run directory */
	bool whole;	  /* and nothing of it is missing */
	unsigned int abi; /* of its records, RECORD_ABI if start holds */
	struct stream stream;
	bool other_ports; /* than a new one would have were taken over */
};

static void cleanup_present(struct present *present)
{
	stream_free(&present->stream);
}

/* 0, or -errno if what is there cannot be told for now. */
static int look(const char *run_dir, struct present *ret)
{
	CLEANUP_CLOSE int fd = -1;
	struct recorder_state state;
	char path[PATH_MAX];
	int err = recorder_inspect(run_dir, &state);

	if (err)
		return err;
	ret->any = state.views_pinned[VIEW_SESSIONS] || state.maps_pinned[MAP_FLOWS] ||
		   state.programs[0].attached;
	ret->whole = !recorder_missing(&state);
	if (!state.views_pinned[VIEW_SESSIONS] ||
	    rundir_file(run_dir, rundir_view_name(VIEW_SESSIONS), path))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : stream_read(fd, &ret->stream, &ret->abi);
	if (!err)
		ret->abi = RECORD_ABI;
	return recorder_err_passes(err) ? err : 0;
}

static bool same_ports(const struct record_start *start, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_ports; i++)
		if (!ports_hold(start->ports, start->n_ports, policy->ports[i]))
			return false;
	return start->n_ports == policy->n_ports;
}

static bool same_prefixes(const struct record_start *start, const struct policy *policy)
{
	struct watch_config config;

	watch_config_prefixes(policy->prefix4, policy->prefix6, &config);
	return start->prefix4 == config.prefix4.length && start->prefix6 == config.prefix6.length;
}

/* Whether the recorder that is there serves as well as a new one; tells what is there. */
static bool serves(const char *run_dir, const struct present *present, const struct policy *policy,
		   gid_t group)
{
	const struct record_start *start;
	char ports[PORTS_TEXT_SIZE];
	struct stat status;

	if (!present->whole || present->abi != RECORD_ABI) {
		log_error("the recorder at %s is %s; 'sshidle attach --replace' renews it", run_dir,
			  present->whole && present->abi ? "of another version" : "damaged");
		return false;
	}
	start = stream_start(&present->stream);
	ports_format(start->ports, start->n_ports, ports, sizeof(ports));
	if (!same_ports(start, policy)) {
		log_error("the recorder at %s watches port %s; 'sshidle attach --replace' changes "
			  "that",
			  run_dir, ports);
		return false;
	}
	if (!same_prefixes(start, policy)) {
		log_error("the recorder at %s tells paths apart by other prefixes than prefix4 = "
			  "%u and prefix6 = %u; 'sshidle attach --replace' changes that",
			  run_dir, policy->prefix4, policy->prefix6);
		return false;
	}
	if (stat(run_dir, &status) || status.st_gid != group) {
		log_error("the recorder at %s belongs to group id %u; 'sshidle attach --replace' "
			  "changes that",
			  run_dir, status.st_gid);
		return false;
	}
	log_note("a recorder for port %s is attached at %s already", ports, run_dir);
	return true;
}

/* One pass over the host: every session that is there gets its history seeded. */
static void seed(const char *run_dir)
{
	struct present present = {};

	look(run_dir, &present);
	cleanup_present(&present);
}

/* What sshidle set stays, but only the recorder knew what was there before. */
static void tell_changed(const struct present *present)
{
	for (size_t i = 0; i < present->stream.n; i++) {
		const struct record_session *session = &stream_record(&present->stream, i)->session;

		if (session->head.kind != RECORD_SESSION || !(session->flags & SESSION_CHANGED))
			continue;
		log_note("the keepalive that sshidle set on live sessions stays, and can no longer "
			 "be undone");
		return;
	}
}

/* The group comes first: until then its members would be told that they are none. */
static int install(const struct rundir *rundir, const struct policy *policy, gid_t group,
		   bool keep_history)
{
	char words[PRIVILEGE_WORDS_SIZE];
	struct watch_config config;
	struct stat before;
	int err = fstat(rundir->fd, &before) ? -errno : rundir_set_group(rundir, group);

	if (err) {
		log_error("%s: cannot give it to the group: %s", rundir->path,
			  err == -EPERM ? privilege_words(PRIVILEGE_GIVE, words, sizeof(words))
					: strerror(-err));
		return err;
	}
	watch_config_init(policy->ports, policy->n_ports, &config);
	watch_config_prefixes(policy->prefix4, policy->prefix6, &config);
	config.attached_ns = clock_boot_ns();
	err = recorder_install(rundir, &config, keep_history);
	if (err) {
		bpf_explain_load("the recorder", err);
		rundir_set_group(rundir, before.st_gid);
	}
	return err;
}

/* Once they are recorded: what nobody chose, and may not be what was expected. */
static void tell_ports(const struct present *present, const struct policy *policy)
{
	const char *change = "'sshidle attach --replace --port LIST' changes that";
	char ports[PORTS_TEXT_SIZE];

	ports_format(policy->ports, policy->n_ports, ports, sizeof(ports));
	if (!present->stream.n)
		log_note("the ports of the recorder that was there cannot be read: from now on "
			 "port %s is recorded; %s",
			 ports, change);
	else if (present->other_ports)
		log_note("port %s goes on being recorded, as nobody named others; %s", ports,
			 change);
}

/* What nobody chose is taken over from the recorder that is there. */
static void inherit(const struct options *options, const struct rundir *rundir,
		    struct present *present, struct policy *policy, gid_t *group)
{
	const struct record_start *start;
	struct stat status;

	if (!options->group && !fstat(rundir->fd, &status))
		*group = status.st_gid;
	if (policy->has_ports || !present->stream.n)
		return;
	start = stream_start(&present->stream);
	present->other_ports = !same_ports(start, policy);
	policy->n_ports = start->n_ports;
	memcpy(policy->ports, start->ports, sizeof(policy->ports));
}

static int attach_locked(const struct options *options, struct policy *policy, gid_t group,
			 const struct stream *state, struct rundir *rundir)
{
	CLEANUP(cleanup_present) struct present present = {};
	int keep_history, err = recorder_sweep(rundir);

	if (err) {
		log_error("%s: cannot sweep what a killed run left: %s", rundir->path,
			  strerror(-err));
		return err;
	}
	keep_history = recorder_history_fits(rundir->path);
	err = keep_history < 0 ? keep_history : look(rundir->path, &present);
	if (err) {
		log_error("%s: cannot look at the recorder that is there: %s", rundir->path,
			  strerror(-err));
		return err;
	}
	if (present.any)
		inherit(options, rundir, &present, policy, &group);
	if (present.any && !options->replace)
		return serves(rundir->path, &present, policy, group) ? 0 : -EEXIST;
	err = install(rundir, policy, group, keep_history);
	if (err && !present.any)
		rundir_remove(rundir);
	if (!err)
		err = privilege_give_up(PRIVILEGE_LOAD);
	if (err)
		return err;
	if (present.any && !keep_history)
		tell_changed(&present);
	if (present.any && !policy->has_ports)
		tell_ports(&present, policy);
	seed(rundir->path);
	return state_restore(rundir->path, state);
}

static int attach(const struct options *options, struct policy *policy, gid_t group)
{
	struct stream state = {};
	struct rundir rundir;
	int err = options->state ? state_read(options->state, &state) : 0;

	if (err)
		return err;
	err = rundir_lock_mounted(options->run_dir, &rundir);
	if (err) {
		explain_lock(options->run_dir, err);
	} else {
		err = attach_locked(options, policy, group, &state, &rundir);
		rundir_unlock(&rundir);
	}
	stream_free(&state);
	return err;
}

enum outcome command_attach(const struct options *options)
{
	struct policy policy;
	enum outcome outcome;
	gid_t group;

	if (find_group(options->group, &group))
		return OUTCOME_USAGE;
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	bpf_set_up();
	if (attach(options, &policy, group))
		outcome = OUTCOME_FAILED;
	policy_free(&policy);
	return outcome;
}

static int detach_locked(struct rundir *rundir)
{
	CLEANUP(cleanup_present) struct present present = {};
	int err;

	look(rundir->path, &present);
	tell_changed(&present);
	err = rundir_remove(rundir);
	if (err)
		log_error("%s: cannot remove the recorder: %s", rundir->path, strerror(-err));
	return err;
}

/* What was to be saved and could not be keeps the recorder where it is. */
enum outcome command_detach(const struct options *options)
{
	struct rundir rundir;
	int err = rundir_lock_existing(options->run_dir, &rundir);

	if (err == -ENOENT) {
		rundir_remove_bare(options->run_dir);
		log_note("no recorder is attached at %s", options->run_dir);
		return OUTCOME_DONE;
	}
	if (err) {
		explain_lock(options->run_dir, err);
		return OUTCOME_FAILED;
	}
	err = options->state ? state_save(options->run_dir, options->state) : 0;
	if (!err)
		err = detach_locked(&rundir);
	rundir_unlock(&rundir);
	return err ? OUTCOME_FAILED : OUTCOME_DONE;
}
