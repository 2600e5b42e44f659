// SPDX-License-Identifier: GPL-2.0-only
/* The command line: commands, options, help, all from two tables. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "rundir.h"

/* Values of options that have no letter. */
enum {
	OPT_PATH_TIMEOUT = UCHAR_MAX + 1,
	OPT_FROM,
	OPT_RUN_DIR,
	OPT_CONFIG,
	OPT_AT_RISK,
	OPT_SORT,
	OPT_NO_HEADER,
	OPT_COLOR,
	OPT_GROUP,
	OPT_REPLACE,
	OPT_SCHEMA,
	OPT_ALL,
	OPT_IDLE,
	OPT_COUNT,
	OPT_SURVIVE,
	OPT_DRY_RUN,
	OPT_UNDO,
	OPT_FORCE,
	OPT_SINCE,
	OPT_CUTS,
	OPT_FOR,
	OPT_STATE,
	OPT_MIN_LEFT,
	OPT_MAX_IDLE,
	OPT_TEXTFILE,
	OPT_OPENMETRICS,
	OPT_PER_SESSION,
};

struct option_row {
	int value; /* the letter, or one of the above */
	const char *name;
	const char *argument; /* NULL: takes none */
	unsigned int commands;
	const char *help;
};

#define FOR_SESSIONS (FOR_LIST | FOR_KEEPALIVE | FOR_EXPLAIN)
#define FOR_MONITORING (FOR_CHECK | FOR_METRICS)
#define FOR_LIVE (FOR_SESSIONS | FOR_MONITORING | FOR_WATCH)
#define FOR_READING (FOR_LIVE | FOR_HISTORY | FOR_ADVISE)
#define FOR_JSON (FOR_SESSIONS | FOR_WATCH | FOR_HISTORY | FOR_STATUS | FOR_PROFILES)

/* clang-format off */
static const struct option_row rows[] = {
	{ 'p', "port", "LIST", FOR_LIVE | FOR_ATTACH,
	  "ports of SSH at either end, up to 16 (22)" },
	{ OPT_PATH_TIMEOUT, "path-timeout", "DURATION|PROFILE", FOR_LIVE | FOR_ADVISE,
	  "silence after which the path forgets: 350s, 5m50s, aws-nat-gateway" },
	{ OPT_FROM, "from", "FILE", FOR_LIST | FOR_EXPLAIN | FOR_HISTORY | FOR_MONITORING,
	  "read a copy of a recorder's file, of any machine" },
	{ OPT_RUN_DIR, "run-dir", "DIR", FOR_READING | FOR_ATTACH | FOR_DETACH | FOR_STATUS,
	  "where the recorder is (" RUNDIR_DEFAULT ")" },
	{ OPT_CONFIG, "config", "FILE", FOR_LIVE | FOR_ADVISE | FOR_ATTACH,
	  "instead of /etc/sshidle.conf" },
	{ OPT_AT_RISK, "at-risk", NULL, FOR_LIST | FOR_KEEPALIVE | FOR_WATCH,
	  "only what needs a person: at-risk, overdue, dead; keepalive: at-risk, its default" },
	{ 'j', "json", NULL, FOR_JSON,
	  "JSON instead of a table; watch: what happens, an object a line" },
	{ 'n', "interval", "DURATION", FOR_WATCH, "between two looks (1)" },
	{ 'o', "output", "COL,...", FOR_LIST | FOR_WATCH,
	  "columns of the table; 'help' lists them" },
	{ OPT_SORT, "sort", "COL", FOR_LIST | FOR_WATCH,
	  "sort by a column, -COL the other way round" },
	{ OPT_NO_HEADER, "no-header", NULL, FOR_LIST | FOR_KEEPALIVE | FOR_HISTORY | FOR_PROFILES,
	  "no line of column names" },
	{ OPT_COLOR, "color", "WHEN", FOR_LIST | FOR_WATCH, "auto, always or never" },
	{ OPT_ALL, "all", NULL, FOR_KEEPALIVE,
	  "every session that nothing keeps, not only at-risk" },
	{ OPT_IDLE, "idle", "DURATION", FOR_KEEPALIVE,
	  "between probes (a third of the path's timeout)" },
	{ OPT_COUNT, "count", "N", FOR_KEEPALIVE,
	  "unanswered probes that end it (as many as make it live as long as before)" },
	{ OPT_SURVIVE, "survive", "DURATION", FOR_KEEPALIVE,
	  "outlive an unanswering path this long, by TCP_USER_TIMEOUT" },
	{ OPT_DRY_RUN, "dry-run", NULL, FOR_KEEPALIVE, "show what would be set, change nothing" },
	{ OPT_UNDO, "undo", NULL, FOR_KEEPALIVE, "put back what was there before" },
	{ OPT_FORCE, "force", NULL, FOR_KEEPALIVE, "set it although that may hurt the session" },
	{ OPT_SINCE, "since", "DURATION", FOR_HISTORY, "only what ended within this time" },
	{ OPT_CUTS, "cuts", NULL, FOR_HISTORY,
	  "only sessions that were cut, not those that were closed" },
	{ OPT_FOR, "for", "PROGRAM", FOR_ADVISE,
	  "only for sshd, ssh, putty, putty-reg, securecrt or sysctl" },
	{ OPT_STATE, "state", "FILE", FOR_ATTACH | FOR_DETACH | FOR_STATUS,
	  "what the paths taught: attach takes it up again, detach and status save it" },
	{ OPT_GROUP, "group", "GROUP", FOR_ATTACH,
	  "who may read without privilege (sshidle, if there is such a group)" },
	{ OPT_REPLACE, "replace", NULL, FOR_ATTACH,
	  "take the place of the recorder that is there" },
	{ OPT_SCHEMA, "json-schema", NULL, FOR_JSON, "print the JSON Schema of --json" },
	{ 'w', "warning", "RANGE", FOR_CHECK,
	  "WARNING if the number of sessions that need a person is outside (0)" },
	{ 'c', "critical", "RANGE", FOR_CHECK,
	  "CRITICAL likewise (0 of those that are overdue or dead)" },
	{ OPT_MIN_LEFT, "min-left", "W[,C]", FOR_CHECK,
	  "WARNING, CRITICAL if less is left to the next cut: 60 or 2m,30s" },
	{ OPT_MAX_IDLE, "max-idle", "W[,C]", FOR_CHECK,
	  "WARNING, CRITICAL if a session's user is idle longer: 8h or 8h,1d" },
	{ 't', "timeout", "DURATION", FOR_CHECK, "UNKNOWN if there is no answer by then (10)" },
	{ 'q', "quiet", NULL, FOR_CHECK,
	  "for cron: silent while all is well, else one line a session" },
	{ OPT_TEXTFILE, "textfile", "FILE", FOR_METRICS,
	  "write into the place of that file: whole or not at all" },
	{ OPT_OPENMETRICS, "openmetrics", NULL, FOR_METRICS,
	  "OpenMetrics 1.0 instead of Prometheus's text format" },
	{ OPT_PER_SESSION, "per-session", "N", FOR_METRICS,
	  "also series for each of the N most urgent sessions" },
	{ 'v', "verbose", NULL, FOR_ALL,
	  "tell more on standard error; check: a line for each session" },
	{ 'h', "help", NULL, FOR_ALL, "print this and exit" },
	{ 'V', "version", NULL, FOR_ALL, "print the version and exit" },
};
/* clang-format on */

#define N_ROWS (sizeof(rows) / sizeof(*rows))

_Static_assert(N_ROWS <= CHAR_BIT * sizeof(uint64_t), "parse_all() has a bit for each row");

#define OPERAND 1 /* getopt's value of one, where letters begin with IN_ORDER */
#define IN_ORDER '-'

/* What getopt_long() wants, made from the rows. */
struct getopt_tables {
	char letters[2 * N_ROWS + 4]; /* with IN_ORDER first */
	struct option longs[N_ROWS + 1];
};

static void make_tables(struct getopt_tables *tables)
{
	char *letter = tables->letters;

	memset(tables, 0, sizeof(*tables));
	*letter++ = IN_ORDER;
	*letter++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < N_ROWS; i++) {
		tables->longs[i].name = rows[i].name;
		tables->longs[i].has_arg = rows[i].argument ? required_argument : no_argument;
		tables->longs[i].val = rows[i].value;
		if (rows[i].value > UCHAR_MAX)
			continue;
		*letter++ = rows[i].value;
		if (rows[i].argument)
			*letter++ = ':';
	}
}

static const struct option_row *find_row(int value)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].value == value)
			return &rows[i];
	return NULL;
}

static int parse_color(const char *word, enum color *ret)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(word, words[i])) {
			*ret = i;
			return 0;
		}
	}
	log_error("--color %s: unknown; it is auto, always or never", word);
	return -EINVAL;
}

/* The options that change something. */
static bool take_acting(struct options *options, int value, char *argument)
{
	switch (value) {
	case OPT_ALL:
		options->all = true;
		return true;
	case OPT_IDLE:
		options->idle = argument;
		return true;
	case OPT_COUNT:
		options->count = argument;
		return true;
	case OPT_SURVIVE:
		options->survive = argument;
		return true;
	case OPT_DRY_RUN:
		options->dry_run = true;
		return true;
	case OPT_UNDO:
		options->undo = true;
		return true;
	case OPT_FORCE:
		options->force = true;
		return true;
	case OPT_GROUP:
		options->group = argument;
		return true;
	case OPT_REPLACE:
		options->replace = true;
		return true;
	case OPT_STATE:
		options->state = argument;
		return true;
	default:
		return false;
	}
}

/* The options of check, metrics and watch. */
static bool take_monitoring(struct options *options, int value, char *argument)
{
	switch (value) {
	case 'w':
		options->warning = argument;
		return true;
	case 'c':
		options->critical = argument;
		return true;
	case OPT_MIN_LEFT:
		options->min_left = argument;
		return true;
	case OPT_MAX_IDLE:
		options->max_idle = argument;
		return true;
	case 't':
		options->timeout = argument;
		return true;
	case 'q':
		options->quiet = true;
		return true;
	case OPT_TEXTFILE:
		options->textfile = argument;
		return true;
	case OPT_OPENMETRICS:
		options->openmetrics = true;
		return true;
	case OPT_PER_SESSION:
		options->per_session = argument;
		return true;
	case 'n':
		options->interval = argument;
		return true;
	default:
		return false;
	}
}

static int take(struct options *options, int value, char *argument)
{
	if (take_acting(options, value, argument) || take_monitoring(options, value, argument))
		return 0;
	switch (value) {
	case 'p':
		options->ports = argument;
		break;
	case OPT_PATH_TIMEOUT:
		options->path_timeout = argument;
		break;
	case OPT_FROM:
		options->from = argument;
		break;
	case OPT_RUN_DIR:
		options->run_dir = argument;
		break;
	case OPT_CONFIG:
		options->config = argument;
		break;
	case OPT_AT_RISK:
		options->at_risk = true;
		break;
	case 'j':
		options->json = true;
		break;
	case 'o':
		options->columns = argument;
		break;
	case OPT_SORT:
		options->sort = argument;
		break;
	case OPT_NO_HEADER:
		options->no_header = true;
		break;
	case OPT_COLOR:
		return parse_color(argument, &options->color);
	case OPT_SINCE:
		options->since = argument;
		break;
	case OPT_CUTS:
		options->cuts = true;
		break;
	case OPT_FOR:
		options->program = argument;
		break;
	case OPT_SCHEMA:
		options->mode = MODE_SCHEMA;
		break;
	case 'v':
		options->verbose = true;
		break;
	case 'h':
		options->mode = MODE_HELP;
		break;
	case 'V':
		options->mode = MODE_VERSION;
		break;
	}
	return 0;
}

static void tell_wrong_option(int problem, char **argv)
{
	const struct option_row *row = find_row(optopt);

	if (problem == ':' && row && row->value > UCHAR_MAX)
		log_error("--%s needs an argument: %s", row->name, row->argument);
	else if (problem == ':')
		log_error("-%c needs an argument: %s", optopt, row ? row->argument : "");
	else if (row)
		log_error("--%s takes no argument", row->name);
	else if (optopt)
		log_error("unknown option '-%c'; 'sshidle --help' lists them", optopt);
	else
		log_error("unknown option '%s'; 'sshidle --help' lists them", argv[optind - 1]);
}

/* seen: a bit for each row that was used. */
static int parse_all(int argc, char **argv, struct options *options, uint64_t *seen)
{
	struct getopt_tables tables;
	int value, err;

	make_tables(&tables);
	opterr = 0;
	optind = 0; /* glibc: start anew, also after an earlier call */
	while ((value = getopt_long(argc, argv, tables.letters + 1, tables.longs, NULL)) != -1) {
		if (value == '?' || value == ':') {
			tell_wrong_option(value, argv);
			return -EINVAL;
		}
		err = take(options, value, optarg);
		if (err)
			return err;
		*seen |= 1ULL << (find_row(value) - rows);
	}
	return 0;
}

static bool is_session_word(const char *word)
{
	return !strncmp(word, "pid:", 4) || strspn(word, "0123456789") == strlen(word);
}

static const struct command *find_command(const struct command *commands, const char *word)
{
	for (const struct command *command = commands; command->name; command++)
		if (!strcmp(command->name, word))
			return command;
	return NULL;
}

static int choose_command(const struct command *commands, struct options *options)
{
	const char *word = options->n_operands ? options->operands[0] : NULL;

	options->command = commands;
	if (!word || is_session_word(word))
		return 0;
	options->command = find_command(commands, word);
	if (!options->command) {
		log_error("unknown command '%s'; 'sshidle --help' lists them", word);
		return -EINVAL;
	}
	options->operands++;
	options->n_operands--;
	return 0;
}

const struct command *options_find_command(int argc, char **argv, const struct command *commands)
{
	const struct command *command = NULL;
	const char *word = NULL;
	struct getopt_tables tables;
	int value;

	make_tables(&tables);
	opterr = 0;
	optind = 0;
	do {
		value = getopt_long(argc, argv, tables.letters, tables.longs, NULL);
	} while (value != -1 && value != OPERAND);
	if (value == OPERAND)
		word = optarg;
	else if (optind < argc)
		word = argv[optind];
	if (word)
		command = find_command(commands, word);
	return command ? command : commands;
}

static int check_fit(const struct options *options, uint64_t seen)
{
	const struct command *command = options->command;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (!(seen & 1ULL << i) || rows[i].commands & command->bit)
			continue;
		log_error("'%s' has no option --%s; 'sshidle %s --help' lists its options",
			  command->name, rows[i].name, command->name);
		return -EINVAL;
	}
	if (options->n_operands && !command->operands) {
		log_error("'%s' takes no operand, but was given '%s'", command->name,
			  options->operands[0]);
		return -EINVAL;
	}
	return 0;
}

int options_parse(int argc, char **argv, const struct command *commands, struct options *ret)
{
	struct options options = {.run_dir = RUNDIR_DEFAULT};
	uint64_t seen = 0;
	int err = parse_all(argc, argv, &options, &seen);

	if (err)
		return err;
	options.operands = argv + optind;
	options.n_operands = argc - optind;
	err = choose_command(commands, &options);
	if (!err)
		err = check_fit(&options, seen);
	if (!err)
		*ret = options;
	return err;
}

static void print_option(const struct option_row *row)
{
	char left[64], letter[8] = "    ";

	if (row->value <= UCHAR_MAX)
		snprintf(letter, sizeof(letter), "-%c, ", row->value);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
		 row->argument ? row->argument : "");
	if (strlen(left) > 28)
		printf("  %s\n  %28s  %s\n", left, "", row->help);
	else
		printf("  %-28s  %s\n", left, row->help);
}

void options_print_help(const struct options *options, const struct command *commands)
{
	const struct command *command = options->command;

	if (command == commands)
		printf("Usage: sshidle [COMMAND] [OPTIONS] [SESSION...]\n\n"
		       "Shows how long each SSH session was silent, and when the path will cut "
		       "it.\n\n"
		       "Commands:\n");
	for (const struct command *row = commands; command == commands && row->name; row++)
		printf("  %-10s  %s%s\n", row->name, row->help,
		       row == commands ? " (default)" : "");
	if (command != commands)
		printf("Usage: sshidle %s [OPTIONS]%s%s\n\n%s.\n", command->name,
		       command->operands ? " " : "", command->operands ? command->operands : "",
		       command->help);
	printf("\nOptions%s:\n", command == commands ? " of list" : "");
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].commands & command->bit)
			print_option(&rows[i]);
	if (command == commands)
		printf("\n'sshidle COMMAND --help' lists the options of a command; sshidle(8) "
		       "tells more.\n");
}
