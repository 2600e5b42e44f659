/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: commands, options, help, all from two tables. */
#ifndef SSHIDLE_OPTIONS_H
#define SSHIDLE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/* What a command came to; the exit status is made of it in main.c alone. */
enum outcome {
	OUTCOME_DONE,
	OUTCOME_FAILED,
	OUTCOME_USAGE,
	OUTCOME_TOLD,	  /* about the program itself: its help, its version */
	OUTCOME_WARNING,  /* of a monitoring plugin, */
	OUTCOME_CRITICAL, /* the worse one last */
};

struct command {
	const char *name;
	const char *operands; /* "[SESSION...]", NULL: takes none */
	const char *help;
	unsigned int bit; /* of options.c's table: which options it takes */
	enum outcome (*run)(const struct options *options);
	const char *json_schema; /* of its --json; NULL: it has none */
	uint64_t capabilities;	 /* privilege.h: all that it can make use of */
};

/* Wrong usage, told already: beyond every errno (MAX_ERRNO), so that none is taken for it. */
#define ERR_USAGE (-4096)

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum options_mode { MODE_RUN, MODE_HELP, MODE_VERSION, MODE_SCHEMA };

/* All strings are borrowed from argv. */
struct options {
	const struct command *command;
	enum options_mode mode;
	const char *run_dir;
	const char *config; /* NULL: the default place, which may be missing */
	const char *from;
	const char *ports;
	const char *path_timeout;
	const char *group;
	const char *columns;
	const char *sort;
	const char *idle;
	const char *count;
	const char *survive;
	const char *since;
	const char *program; /* --for */
	const char *state;
	const char *warning;
	const char *critical;
	const char *min_left;
	const char *max_idle;
	const char *timeout; /* -t */
	const char *textfile;
	const char *per_session;
	const char *interval;
	enum color color;
	bool all;
	bool at_risk;
	bool cuts;
	bool dry_run;
	bool force;
	bool json;
	bool no_header;
	bool openmetrics;
	bool quiet;
	bool replace;
	bool undo;
	bool verbose;
	char **operands;
	int n_operands;
};

/* Bits of the commands. */
enum {
	FOR_LIST = 1 << 0,
	FOR_ATTACH = 1 << 1,
	FOR_DETACH = 1 << 2,
	FOR_STATUS = 1 << 3,
	FOR_PROFILES = 1 << 4,
	FOR_KEEPALIVE = 1 << 5,
	FOR_EXPLAIN = 1 << 6,
	FOR_HISTORY = 1 << 7,
	FOR_ADVISE = 1 << 8,
	FOR_CHECK = 1 << 9,
	FOR_METRICS = 1 << 10,
	FOR_WATCH = 1 << 11,
	FOR_ALL = (1 << 12) - 1,
};

/* The command that the line names, be the rest right or wrong; the first where it names none. */
const struct command *options_find_command(int argc, char **argv, const struct command *commands);

/*
 * Parses the command line for a table of commands that ends with a NULL name; the first is the
 * default. 0, or -EINVAL after telling what is wrong. Operands are moved to argv's end.
 */
int options_parse(int argc, char **argv, const struct command *commands, struct options *ret);

/* Prints the help of options->command, or of the program when no command was named. */
void options_print_help(const struct options *options, const struct command *commands);

#endif
