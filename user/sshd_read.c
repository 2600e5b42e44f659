// SPDX-License-Identifier: GPL-2.0-only
/* Asks the listener of a session for the settings that are in force for it. */
#include "sshd_read.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "cleanup.h"
#include "listener.h"
#include "process.h"
#include "run.h"

#define OUTPUT_SIZE (1 << 20) /* it prints a line for each user that is allowed or denied */
#define PASSWD_SIZE (256 * 1024)
#define SPEC_SIZE 512
#define PROGRAM_SIZE 256

#define PRIVSEP_USER "sshd"

/* The name of uid in the files of another root directory, where NSS is another one too. */
static bool find_name(const struct place *place, uint32_t uid, char *name, size_t size)
{
	CLEANUP_FREE char *text = malloc(PASSWD_SIZE);
	ssize_t got = text ? place_read_file(place, "etc/passwd", text, PASSWD_SIZE) : -ENOMEM;
	CLEANUP_FILE FILE *file = got > 0 ? fmemopen(text, got, "r") : NULL;
	struct passwd *entry;

	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid != uid)
			continue;
		snprintf(name, size, "%s", entry->pw_name);
		return true;
	}
	return false;
}

/*
 * Whom the session belongs to, by our own ids: the first owner that is not root where it runs, as
 * the monitor is in a user namespace too, else root.
 */
static uint32_t find_uid(const struct row *row, const struct place *place)
{
	for (uint32_t i = 0; i < row->session->n_owners; i++) {
		uint32_t uid = session_owner(row->sessions, row->session, i)->owner_uid;

		if (place_uid(place, uid))
			return uid;
	}
	return row->record->owner_uid;
}

static void name_user(const struct row *row, const struct place *place, char *name, size_t size)
{
	uint32_t uid = find_uid(row, place);

	if (!place->other_root || !find_name(place, place_uid(place, uid), name, size))
		snprintf(name, size, "%s", owners_user(row->owners, uid));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);

	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

/*
 * Until somebody has logged in, a process of the user sshd talks to the peer, sshd-auth since 10.0;
 * before that process there is, the title tells.
 */
static bool is_logged_in(const struct row *row, const char *user)
{
	const struct owner *owner = owners_lookup(row->owners, row->record);

	return strcmp(user, PRIVSEP_USER) && !ends_with(owner->title, " [accepted]") &&
	       !ends_with(owner->title, " [net]");
}

/* The connection as -C has it. Where UseDNS is off, which is the default, host is the address. */
static int make_spec(const struct row *row, const char *user, char *spec, size_t size)
{
	char local[ADDRESS_TEXT_SIZE], peer[ADDRESS_TEXT_SIZE];
	int length;

	if (strchr(user, ','))
		return -EINVAL;
	address_format(row->record->local_addr, local, sizeof(local));
	address_format(row->record->peer_addr, peer, sizeof(peer));
	length = snprintf(spec, size, "user=%s,host=%s,addr=%s,laddr=%s,lport=%u,rdomain=", user,
			  peer, peer, local, row->record->local_port);
	return (size_t)length < size ? 0 : -EINVAL;
}

static void make_argv(char *program, const struct listener_options *options, char *spec,
		      char **argv)
{
	size_t n = 0;

	argv[n++] = program;
	argv[n++] = "-T";
	argv[n++] = "-C";
	argv[n++] = spec;
	for (size_t i = 0; i < options->n_words; i++)
		argv[n++] = (char *)options->words[i];
	argv[n] = NULL;
}

#define ARGV_SIZE (8 + LISTENER_WORDS_MAX)

/* sshd tells what is wrong in its last line. */
static const char *last_line(char *text)
{
	char *line;

	while (*text && text[strlen(text) - 1] == '\n')
		text[strlen(text) - 1] = 0;
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static void ask_version(const struct place *place, char *program, char *output,
			struct sshd_reading *ret)
{
	char *const argv[] = {program, "-V", NULL};
	int status;

	ret->has_version = run_in_place(place, argv, output, OUTPUT_SIZE, &status) >= 0 &&
			   !sshd_version_parse(output, &ret->version);
}

static void ask_settings(const struct place *place, pid_t pid, char *const *argv, char *output,
			 struct sshd_reading *ret)
{
	int status = 0;
	ssize_t got = run_in_place(place, argv, output, OUTPUT_SIZE, &status);

	if (got == -ETIMEDOUT)
		reading_set(&ret->reading, READING_FAILED, "sshd -T did not end within 5 s");
	else if (got == -EFBIG)
		reading_set(&ret->reading, READING_FAILED, "sshd -T prints more than a MiB");
	else if (got < 0)
		reading_set(&ret->reading, READING_FAILED,
			    "sshd -T cannot be run as pid %d runs it: %s", pid, strerror(-got));
	else if (status)
		reading_set(&ret->reading, READING_FAILED, "sshd -T failed: %s", last_line(output));
	else if (sshd_settings_parse(output, &ret->settings))
		reading_set(&ret->reading, READING_FAILED,
			    "what sshd -T printed is not understood");
	else
		reading_set(&ret->reading, READING_DONE, "sshd -T of pid %d%s%s", pid,
			    ret->restarted ? ", started since" : "",
			    ret->settings.use_dns ? ", Match Host unknown" : "");
}

/* With its own name, as sshd wants to be called by an absolute path. */
static void name_program(const struct place *place, char *program, size_t size)
{
	ssize_t length = readlinkat(place->proc, "exe", program, size - 1);

	program[length > 0 ? length : 0] = 0;
	if (length <= 0)
		snprintf(program, size, "%s", SSHD_PATH);
}

static void ask(const struct row *row, const struct place *place, pid_t pid,
		const struct listener_options *options, struct sshd_reading *ret)
{
	char program[PROGRAM_SIZE], spec[SPEC_SIZE], user[OWNER_USER_SIZE], *argv[ARGV_SIZE];
	CLEANUP_FREE char *output = malloc(OUTPUT_SIZE);

	name_program(place, program, sizeof(program));
	name_user(row, place, user, sizeof(user));
	ret->logged_in = is_logged_in(row, user);
	if (!output) {
		reading_set(&ret->reading, READING_FAILED, "out of memory");
		return;
	}
	if (make_spec(row, user, spec, sizeof(spec))) {
		reading_set(&ret->reading, READING_FAILED,
			    "sshd -T -C takes no user of the name '%s'", user);
		return;
	}
	make_argv(program, options, spec, argv);
	ask_settings(place, pid, argv, output, ret);
	if (ret->reading.state == READING_DONE)
		ask_version(place, program, output, ret);
}

void sshd_settings_read(const struct row *row, struct sshd_reading *ret)
{
	CLEANUP(place_close) struct place place = {.pidfd = -1, .proc = -1, .exe = -1, .root = -1};
	struct listener_options options;
	char cmdline[LISTENER_TEXT_SIZE];
	pid_t pid = listener_find(row, &ret->restarted, &ret->reading);
	ssize_t length;
	int err;

	if (!pid)
		return;
	err = place_open(pid, &place);
	if (err == -EACCES || err == -EPERM) {
		reading_set(&ret->reading, READING_FAILED,
			    "it takes root to run sshd -T as pid %d does", pid);
		return;
	}
	length = err ? err : process_read_file(pid, "cmdline", cmdline, sizeof(cmdline));
	if (length >= 0)
		err = listener_options_parse(cmdline, length, &options);
	if (length < 0)
		reading_set(&ret->reading, READING_FAILED, "its listener, pid %d, has gone", pid);
	else if (err)
		reading_set(&ret->reading, READING_FAILED,
			    "the command line of its listener, pid %d, is no listener's", pid);
	else
		ask(row, &place, pid, &options, ret);
}
