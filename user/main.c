// SPDX-License-Identifier: GPL-2.0-only
/* sshidle: dispatch of the commands, and the exit status. */
#include <bpf/libbpf_version.h>
#include <errno.h>
#include <linux/types.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "../bpf/record.h"
#include "commands.h"
#include "json.h"
#include "log.h"

/* clang-format off */
static const struct command commands[] = {
	{ "list", "[SESSION...]", "Every session with its idle clocks and verdict", FOR_LIST,
	  command_list, json_schema },
	{ "explain", "SESSION...", "Everything that can end a session, the soonest first, and the mend",
	  FOR_EXPLAIN, command_explain, NULL },
	{ "history", NULL, "How sessions ended, and what that taught about each path", FOR_HISTORY,
	  command_history, json_schema_history },
	{ "advise", "[PEER]", "Settings that would keep a path open, as each program writes them",
	  FOR_ADVISE, command_advise, NULL },
	{ "keepalive", "[SESSION...]", "Set TCP keepalive on live sessions that are at risk",
	  FOR_KEEPALIVE, command_keepalive, NULL },
	{ "attach", NULL, "Install the recorder; afterwards its group reads without privilege",
	  FOR_ATTACH, command_attach, NULL },
	{ "detach", NULL, "Remove the recorder and all that belongs to it", FOR_DETACH,
	  command_detach, NULL },
	{ "status", NULL, "What the recorder does, and what it costs", FOR_STATUS, command_status, NULL },
	{ "profiles", NULL, "The known path timeouts", FOR_PROFILES, command_profiles, NULL },
	{},
};
/* clang-format on */

static void print_version(void)
{
	printf("sshidle %s (records version %u, libbpf %d.%d)\n", SSHIDLE_VERSION, RECORD_ABI,
	       LIBBPF_MAJOR_VERSION, LIBBPF_MINOR_VERSION);
}

static enum outcome run(const struct options *options)
{
	switch (options->mode) {
	case MODE_HELP:
		options_print_help(options, commands);
		return OUTCOME_DONE;
	case MODE_VERSION:
		print_version();
		return OUTCOME_DONE;
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
	log_error("cannot write the output: %s", strerror(errno));
	return OUTCOME_FAILED;
}

int main(int argc, char **argv)
{
	struct options options;

	setlocale(LC_CTYPE, ""); /* numbers stay with a dot */
	if (options_parse(argc, argv, commands, &options))
		return OUTCOME_USAGE;
	log_set_verbose(options.verbose);
	return close_stdout(run(&options));
}
