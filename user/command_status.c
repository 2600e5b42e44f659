// SPDX-License-Identifier: GPL-2.0-only
/* sshidle status: what the recorder does, and what it costs. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf.h"
#include "cleanup.h"
#include "commands.h"
#include "duration.h"
#include "json.h"
#include "log.h"
#include "privilege.h"
#include "recorder.h"
#include "sessions.h"
#include "state.h"

/* Of kernel memory: struct flow_history and what the kernel adds; make bench measures it. */
#define FLOW_BYTES 408

struct status {
	const char *run_dir;
	struct recorder_state state;
	bool readable; /* the records are of this version; the rest below holds */
	struct record_start start;
	size_t sessions;
	size_t tracked; /* sessions with a history */
	char group[64];
};

static int read_records(const char *run_dir, struct status *status)
{
	CLEANUP_CLOSE int fd = -1;
	struct stream stream = {};
	struct sessions sessions;
	unsigned int abi = 0;
	char path[PATH_MAX];
	int err = rundir_file(run_dir, rundir_view_name(VIEW_SESSIONS), path);

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : stream_read(fd, &stream, &abi);
	if (err)
		return err;
	status->start = *stream_start(&stream);
	err = sessions_merge(&stream, &sessions);
	if (err) {
		stream_free(&stream);
		return err;
	}
	status->sessions = sessions.n;
	for (size_t i = 0; i < sessions.n; i++)
		if (sessions.list[i].record->flags & SESSION_HISTORY)
			status->tracked++;
	status->readable = true;
	sessions_free(&sessions);
	return 0;
}

static void find_group(const char *run_dir, char *name, size_t size)
{
	struct stat info;
	struct group *group;

	if (stat(run_dir, &info))
		return;
	group = getgrgid(info.st_gid);
	if (group)
		snprintf(name, size, "%s", group->gr_name);
	else
		snprintf(name, size, "%u", info.st_gid);
}

static unsigned long long memory(const struct status *status)
{
	unsigned long long bytes = status->state.map_memory;

	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		bytes += status->state.programs[i].memory;
	return bytes + status->tracked * FLOW_BYTES;
}

static unsigned long long missed(const struct status *status)
{
	unsigned long long sum = 0;

	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		sum += status->state.programs[i].missed;
	return sum;
}

static void print_records(const struct status *status)
{
	const struct record_start *start = &status->start;
	char ports[PORTS_TEXT_SIZE], since[DURATION_TEXT_SIZE];

	ports_format(start->ports, start->n_ports, ports, sizeof(ports));
	duration_format((start->now_ns - start->attached_ns) / 1e9, since, sizeof(since));
	printf("Attached:  %s ago\n", since);
	printf("Ports:     %s\n", ports);
	printf("Flows:     %zu tracked of %zu sessions\n", status->tracked, status->sessions);
	printf("Ends:      %llu\n", (unsigned long long)start->counters[COUNTER_DEATHS]);
	printf("Lost:      %llu not stored, %llu runs missed\n",
	       (unsigned long long)start->counters[COUNTER_LOST], missed(status));
}

static void print_program(const struct recorder_program *program, int width)
{
	printf("  %-*s  ", width, program->name);
	if (!program->attached)
		printf("missing\n");
	else if (program->runs)
		printf("program %u, %llu runs, %llu ns each\n", program->id, program->runs,
		       program->run_ns / program->runs);
	else
		printf("program %u\n", program->id);
}

static void print_words(const struct status *status)
{
	const char *missing = recorder_missing(&status->state);

	if (missing)
		printf("Recorder:  damaged at %s: %s is missing; 'sshidle attach --replace' mends "
		       "it\n",
		       status->run_dir, missing);
	else
		printf("Recorder:  whole at %s, readable by group %s\n", status->run_dir,
		       status->group);
	if (status->readable)
		print_records(status);
	printf("Memory:    %llu bytes\n", memory(status));
	printf("Programs:\n");
	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		print_program(&status->state.programs[i], 20);
	printf("Maps:\n");
	for (int i = 0; i < SHARED_MAPS; i++)
		printf("  %-20s  %s\n", recorder_map_name(i),
		       status->state.maps_pinned[i] ? "pinned" : "missing");
	if (status->state.staging)
		printf("Staging:   left by a run that was killed; the next attach sweeps it\n");
}

static struct json_object *program_object(const struct recorder_program *program)
{
	struct json_object *object = json_make_object();

	json_set(object, "name", json_make_string(program->name));
	json_set(object, "attached", json_make_bool(program->attached));
	json_set(object, "id", json_make_int(program->id));
	json_set(object, "runs", json_make_int(program->runs));
	json_set(object, "run_ns", json_make_int(program->run_ns));
	json_set(object, "missed", json_make_int(program->missed));
	return object;
}

/* What the records tell; null: they cannot be read. */
static void set_count(struct json_object *object, const char *key, const struct status *status,
		      uint64_t count)
{
	json_set(object, key, status->readable ? json_make_int(count) : NULL);
}

static int print_json(const struct status *status)
{
	const struct record_start *start = &status->start;
	struct json_object *object = json_make_object();
	struct json_object *programs = json_make_array();
	const char *missing = recorder_missing(&status->state);

	for (int i = 0; i < RECORDER_PROGRAMS; i++)
		json_append(programs, program_object(&status->state.programs[i]));
	json_set(object, "schema", json_make_string("sshidle/1"));
	json_set(object, "attached", json_make_bool(!missing));
	json_set(object, "missing", missing ? json_make_string(missing) : NULL);
	json_set(object, "attached_s",
		 status->readable ? json_make_double((start->now_ns - start->attached_ns) / 1e9)
				  : NULL);
	json_set(object, "group", json_make_string(status->group));
	json_set(object, "ports", status->readable ? json_new_ports(start) : NULL);
	set_count(object, "sessions", status, status->sessions);
	set_count(object, "tracked", status, status->tracked);
	set_count(object, "opened", status, start->counters[COUNTER_OPENED]);
	set_count(object, "ended", status, start->counters[COUNTER_DEATHS]);
	set_count(object, "lost", status, start->counters[COUNTER_LOST]);
	json_set(object, "missed", json_make_int(missed(status)));
	json_set(object, "memory_bytes", json_make_int(memory(status)));
	json_set(object, "flows_pinned", json_make_bool(status->state.maps_pinned[MAP_FLOWS]));
	json_set(object, "programs", programs);
	return json_print(object, JSON_FORM_PRETTY);
}

/* A member of the group may list the pins, but opening them takes more. */
static bool may_inspect(const char *run_dir)
{
	char path[PATH_MAX];

	return rundir_file(run_dir, RUNDIR_RECORDER "/flows", path) ||
	       !faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) || errno != EACCES;
}

enum outcome command_status(const struct options *options)
{
	struct status status = {.run_dir = options->run_dir};
	char path[PATH_MAX], words[PRIVILEGE_WORDS_SIZE];
	enum outcome printed = OUTCOME_DONE;
	int err;

	bpf_set_up();
	if (!may_inspect(options->run_dir)) {
		log_error("may not look into %s: %s", options->run_dir,
			  privilege_words(CAPABILITY(CAP_DAC_OVERRIDE), words, sizeof(words)));
		return OUTCOME_FAILED;
	}
	if (rundir_file(options->run_dir, RUNDIR_RECORDER, path) ||
	    faccessat(AT_FDCWD, path, F_OK, AT_EACCESS)) {
		log_error("no recorder is attached at %s; 'sshidle attach' installs it",
			  options->run_dir);
		return OUTCOME_FAILED;
	}
	err = recorder_inspect(options->run_dir, &status.state);
	if (err) {
		log_error("%s: cannot look at the recorder: %s", options->run_dir, strerror(-err));
		return OUTCOME_FAILED;
	}
	find_group(options->run_dir, status.group, sizeof(status.group));
	err = read_records(options->run_dir, &status);
	if (err == -EPROTO)
		log_note(
			"its records are of another version; 'sshidle attach --replace' renews it");
	else if (err && err != -ENOENT)
		log_error("%s: cannot read its records: %s", options->run_dir, strerror(-err));
	if (options->json)
		printed = command_printed(print_json(&status));
	else
		print_words(&status);
	if (options->state && state_save(options->run_dir, options->state))
		return OUTCOME_FAILED;
	return recorder_missing(&status.state) || err || printed != OUTCOME_DONE ? OUTCOME_FAILED
										 : OUTCOME_DONE;
}
