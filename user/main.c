// SPDX-License-Identifier: GPL-2.0-only
/* sshidle: dispatch of the commands, and the exit status. */
#include <bpf/libbpf_version.h>
#include <errno.h>
#include <linux/types.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../bpf/record.h"
#include "commands.h"
#include "json.h"
#include "log.h"
#include "plugin.h"
#include "privilege.h"

/* clang-format off */
static const struct command commands[] = {
	{ "list", "[SESSION...]", "Every session with its idle clocks and verdict", FOR_LIST,
	  command_list, json_schema,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK },
	{ "explain", "SESSION...",
	  "Everything that can end a session, the soonest first, and the mend",
	  FOR_EXPLAIN, command_explain, json_schema_explain,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK | PRIVILEGE_ENTER },
	{ "history", NULL, "How sessions ended, and what that taught about each path", FOR_HISTORY,
	  command_history, json_schema_history,
	  PRIVILEGE_READ },
	{ "advise", "[PEER]", "Settings that would keep a path open, as each program writes them",
	  FOR_ADVISE, command_advise, NULL,
	  PRIVILEGE_READ },
	{ "keepalive", "[SESSION...]", "Set TCP keepalive on live sessions that are at risk",
	  FOR_KEEPALIVE, command_keepalive, json_schema_keepalive,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK | PRIVILEGE_FILES },
	{ "check", NULL, "Monitoring plugin and cron job: one line, and an exit status of 0 to 3",
	  FOR_CHECK, command_check, NULL,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK },
	{ "metrics", NULL, "Numbers for Prometheus: sessions, silences, cuts and paths",
	  FOR_METRICS, command_metrics, NULL,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK | PRIVILEGE_FILES },
	{ "watch", NULL, "A live screen of the sessions; with --json a stream of what happens",
	  FOR_WATCH, command_watch, json_schema_events,
	  PRIVILEGE_LOAD | PRIVILEGE_LOOK | PRIVILEGE_ENTER | PRIVILEGE_FILES },
	{ "attach", NULL, "Install the recorder; afterwards its group reads without privilege",
	  FOR_ATTACH, command_attach, NULL,
	  PRIVILEGE_LOAD | PRIVILEGE_FILES | PRIVILEGE_MOUNT | PRIVILEGE_GIVE },
	{ "detach", NULL, "Remove the recorder and all that belongs to it", FOR_DETACH,
	  command_detach, NULL,
	  PRIVILEGE_FILES | PRIVILEGE_MOUNT },
	{ "status", NULL, "What the recorder does, and what it costs",
	  FOR_STATUS, command_status, json_schema_status, PRIVILEGE_FILES },
	{ "profiles", NULL, "The known path timeouts",
	  FOR_PROFILES, command_profiles, json_schema_profiles, 0 },
	{},
};
/* clang-format on */

/* Whether it speaks and exits as a monitoring plugin. */
static bool is_plugin(const struct command *command)
{
	return command->bit == FOR_CHECK;
}

static void print_version(void)
{
	printf("sshidle %s (records version %d, libbpf %d.%d)\n", SSHIDLE_VERSION, RECORD_ABI,
	       LIBBPF_MAJOR_VERSION, LIBBPF_MINOR_VERSION);
}

static enum outcome run(const struct options *options)
{
	switch (options->mode) {
	case MODE_HELP:
		options_print_help(options, commands);
		return OUTCOME_TOLD;
	case MODE_VERSION:
		print_version();
		return OUTCOME_TOLD;
	case MODE_SCHEMA:
		fputs(options->command->json_schema, stdout);
		return OUTCOME_DONE;
	default:
		return options->command->run(options);
	}
}

/* Data that could not be written is not done, even if only the last flush tells. */
static enum outcome close_stdout(enum outcome outcome)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) == 0 && !failed)
		return outcome;
	log_set_sink(NULL); /* which may be standard output itself */
	log_error("cannot write the output: %s", strerror(errno));
	return OUTCOME_FAILED;
}

/*
 * A plugin that told of itself has checked nothing, so its status is unknown (The Monitoring
 * Plugins Interface, "Input Parameters").
 */
static int exit_status(const struct command *command, enum outcome outcome)
{
	static const struct {
		int plain, plugin;
	} statuses[] = {
		[OUTCOME_DONE] = {0, PLUGIN_OK},	 [OUTCOME_FAILED] = {1, PLUGIN_UNKNOWN},
		[OUTCOME_USAGE] = {2, PLUGIN_UNKNOWN},	 [OUTCOME_TOLD] = {0, PLUGIN_UNKNOWN},
		[OUTCOME_WARNING] = {1, PLUGIN_WARNING}, [OUTCOME_CRITICAL] = {1, PLUGIN_CRITICAL},
	};

	return is_plugin(command) ? statuses[outcome].plugin : statuses[outcome].plain;
}

/* Before anything is read that whoever started it may have chosen: environment, files. */
static enum outcome start(int argc, char **argv)
{
	struct options options;

	if (privilege_is_lent()) {
		log_error("it is set-user-ID, set-group-ID or has file capabilities, which would "
			  "lend its rights to everybody: SECURITY CONSIDERATIONS in sshidle(8) has "
			  "other ways");
		return OUTCOME_FAILED;
	}
	setlocale(LC_CTYPE, ""); /* numbers stay with a dot */
	if (options_parse(argc, argv, commands, &options))
		return OUTCOME_USAGE;
	log_set_verbose(options.verbose && !is_plugin(options.command));
	if (privilege_keep(options.command->capabilities))
		return OUTCOME_FAILED;
	return run(&options);
}

int main(int argc, char **argv)
{
	const struct command *command = options_find_command(argc, argv, commands);

	if (is_plugin(command)) {
		log_set_sink(plugin_print_unknown);
		signal(SIGPIPE, SIG_IGN); /* who stopped reading: a failed write, which is told */
	}
	return exit_status(command, close_stdout(start(argc, argv)));
}
