// SPDX-License-Identifier: GPL-2.0-only
/* The command line: what is taken, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/options.h"
#include "../../user/rundir.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define WORDS_MAX 12
#define SAID_SIZE 512

static const struct command commands[] = {
	{"list", "[SESSION...]", "List", FOR_LIST, NULL, NULL},
	{"keepalive", "[SESSION...]", "Keepalive", FOR_KEEPALIVE, NULL, NULL},
	{"attach", NULL, "Attach", FOR_ATTACH, NULL, NULL},
	{"check", NULL, "Check", FOR_CHECK, NULL, NULL},
	{"metrics", NULL, "Metrics", FOR_METRICS, NULL, NULL},
	{"detach", NULL, "Detach", FOR_DETACH, NULL, NULL},
	{"status", NULL, "Status", FOR_STATUS, NULL, NULL},
	{"profiles", NULL, "Profiles", FOR_PROFILES, NULL, NULL},
	{},
};

/* A command line, its words borrowed by the options that come of it. */
struct line {
	char *argv[WORDS_MAX + 2];
	char said[SAID_SIZE]; /* on standard error */
	struct options options;
	int err;
};

static int redirect(int fd, int to)
{
	int saved = dup(fd);

	assert_true(saved >= 0 && to >= 0);
	fflush(stderr);
	assert_int_equal(dup2(to, fd), fd);
	return saved;
}

/* Keeps what goes to standard error: it would only confuse whoever reads the tests. */
static void parse(struct line *line, const char *const *words)
{
	int said = memfd_create("said", MFD_CLOEXEC), saved, argc = 0;
	ssize_t length;

	*line = (struct line){.argv = {"sshidle"}, .options = {.n_operands = 42}};
	for (argc = 1; argc <= WORDS_MAX && words[argc - 1]; argc++)
		line->argv[argc] = (char *)words[argc - 1];
	saved = redirect(STDERR_FILENO, said);
	line->err = options_parse(argc, line->argv, commands, &line->options);
	close(redirect(STDERR_FILENO, saved));
	close(saved);
	length = pread(said, line->said, sizeof(line->said) - 1, 0);
	assert_true(length >= 0);
	close(said);
}

/* A refusal is one sentence, and gives nothing. */
static void assert_refused(const char *const *words, const char *sentence)
{
	struct line line;

	parse(&line, words);
	assert_int_equal(line.err, -EINVAL);
	assert_int_equal(line.options.n_operands, 42);
	assert_null(line.options.command);
	assert_memory_equal(line.said, "sshidle: ", 9);
	assert_int_equal(line.said[strlen(line.said) - 1], '\n');
	line.said[strlen(line.said) - 1] = 0;
	assert_string_equal(line.said + 9, sentence);
}

#define LINE(...) ((const char *const[WORDS_MAX + 1]){__VA_ARGS__})

/* The operands are good until the next call. */
static struct options accepted(const char *const *words)
{
	static struct line line;

	parse(&line, words);
	assert_string_equal(line.said, "");
	assert_int_equal(line.err, 0);
	return line.options;
}

static void nothing_is_list(void **state)
{
	struct options options = accepted(LINE(NULL));

	(void)state;
	assert_ptr_equal(options.command, commands);
	assert_int_equal(options.mode, MODE_RUN);
	assert_string_equal(options.run_dir, RUNDIR_DEFAULT);
	assert_null(options.config);
	assert_null(options.from);
	assert_null(options.ports);
	assert_null(options.path_timeout);
	assert_null(options.group);
	assert_null(options.columns);
	assert_null(options.sort);
	assert_int_equal(options.color, COLOR_AUTO);
	assert_false(options.at_risk || options.json || options.no_header || options.replace ||
		     options.verbose);
	assert_int_equal(options.n_operands, 0);
}

static void commands_by_name(void **state)
{
	(void)state;
	for (const struct command *command = commands; command->name; command++) {
		struct options options = accepted(LINE(command->name));

		assert_ptr_equal(options.command, command);
		assert_int_equal(options.n_operands, 0);
		options = accepted(LINE("-v", command->name));
		assert_ptr_equal(options.command, command);
		assert_true(options.verbose);
		options = accepted(LINE(command->name, "-v"));
		assert_ptr_equal(options.command, command);
		assert_true(options.verbose);
	}
}

static void options_before_and_after(void **state)
{
	static const char *const lines[][WORDS_MAX + 1] = {
		{"list", "--json", "-p", "22,2222", "--from", "f", "--sort", "-cut-in", "17"},
		{"--json", "-p", "22,2222", "--from", "f", "--sort", "-cut-in", "list", "17"},
		{"-p", "22,2222", "list", "17", "--from", "f", "--sort", "-cut-in", "--json"},
		{"-jp22,2222", "--from=f", "--sort=-cut-in", "17"},
		{"17", "-p", "22,2222", "-j", "--from", "f", "--sort", "-cut-in"},
		{"--port=22,2222", "--json", "--fr", "f", "--so", "-cut-in", "--", "17"},
		{"-p", "1", "-jp", "22,2222", "--from", "g", "--from", "f", "--sort", "-cut-in",
		 "17"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct line line;

		print_message("line %zu\n", i);
		parse(&line, lines[i]);
		assert_int_equal(line.err, 0);
		assert_string_equal(line.said, "");
		assert_ptr_equal(line.options.command, commands);
		assert_true(line.options.json);
		assert_string_equal(line.options.ports, "22,2222");
		assert_string_equal(line.options.from, "f");
		assert_string_equal(line.options.sort, "-cut-in");
		assert_int_equal(line.options.n_operands, 1);
		assert_string_equal(line.options.operands[0], "17");
	}
}

static void every_option_has_its_place(void **state)
{
	struct options options;

	(void)state;
	options = accepted(LINE("--path-timeout", "5m50s", "--run-dir", "/r", "--config", "/c",
				"--at-risk", "-o", "session,peer", "--no-header"));
	assert_string_equal(options.path_timeout, "5m50s");
	assert_string_equal(options.run_dir, "/r");
	assert_string_equal(options.config, "/c");
	assert_true(options.at_risk);
	assert_string_equal(options.columns, "session,peer");
	assert_true(options.no_header);
	options = accepted(LINE("attach", "--group", "ops", "--replace", "-p", "2222"));
	assert_string_equal(options.group, "ops");
	assert_true(options.replace);
	assert_string_equal(options.ports, "2222");
	options = accepted(LINE("keepalive", "--all", "--idle", "60", "--count", "3", "--survive",
				"72h", "--dry-run", "7", "--undo", "--force"));
	assert_true(options.all && options.dry_run && options.undo && options.force);
	assert_string_equal(options.idle, "60");
	assert_string_equal(options.count, "3");
	assert_string_equal(options.survive, "72h");
	assert_int_equal(options.n_operands, 1);
	options = accepted(LINE("keepalive"));
	assert_false(options.all || options.dry_run || options.undo || options.force);
	assert_string_equal(accepted(LINE("--output", "")).columns, "");
	assert_true(accepted(LINE("status", "--json")).json);
	assert_true(accepted(LINE("profiles", "--no-header")).no_header);
	options = accepted(LINE("check", "-w", "1:5", "-c", "@9", "--min-left", "60,30",
				"--max-idle", "8h", "-t", "1m", "-q"));
	assert_string_equal(options.warning, "1:5");
	assert_string_equal(options.critical, "@9");
	assert_string_equal(options.min_left, "60,30");
	assert_string_equal(options.max_idle, "8h");
	assert_string_equal(options.timeout, "1m");
	assert_true(options.quiet);
	options = accepted(
		LINE("metrics", "--textfile", "/f", "--openmetrics", "--per-session", "5"));
	assert_string_equal(options.textfile, "/f");
	assert_true(options.openmetrics);
	assert_string_equal(options.per_session, "5");
}

static void letters_combine(void **state)
{
	struct options options = accepted(LINE("-jv"));

	(void)state;
	assert_true(options.json && options.verbose);
	options = accepted(LINE("-vjosession"));
	assert_true(options.json && options.verbose);
	assert_string_equal(options.columns, "session");
	options = accepted(LINE("-vo", "session", "-j"));
	assert_true(options.json && options.verbose);
	assert_string_equal(options.columns, "session");
	/* an argument may look like an option */
	assert_string_equal(accepted(LINE("-o", "-j")).columns, "-j");
}

static void modes(void **state)
{
	(void)state;
	assert_int_equal(accepted(LINE("-h")).mode, MODE_HELP);
	assert_int_equal(accepted(LINE("--help")).mode, MODE_HELP);
	assert_int_equal(accepted(LINE("-V")).mode, MODE_VERSION);
	assert_int_equal(accepted(LINE("--version")).mode, MODE_VERSION);
	assert_int_equal(accepted(LINE("--json-schema")).mode, MODE_SCHEMA);
	assert_int_equal(accepted(LINE("attach", "--help")).mode, MODE_HELP);
	assert_ptr_equal(accepted(LINE("--help", "attach")).command, &commands[2]);
}

static void color_words(void **state)
{
	(void)state;
	assert_int_equal(accepted(LINE("--color", "auto")).color, COLOR_AUTO);
	assert_int_equal(accepted(LINE("--color", "always")).color, COLOR_ALWAYS);
	assert_int_equal(accepted(LINE("--color=never")).color, COLOR_NEVER);
	assert_int_equal(accepted(LINE("--color=never", "--color=auto")).color, COLOR_AUTO);
	assert_refused(LINE("--color", "on"), "--color on: unknown; it is auto, always or never");
	assert_refused(LINE("--color", "Always"),
		       "--color Always: unknown; it is auto, always or never");
	assert_refused(LINE("--color="), "--color : unknown; it is auto, always or never");
}

/* Digits and pid: need no command before them; anything else is taken for a command's name. */
static void session_words(void **state)
{
	struct options options = accepted(LINE("70434"));

	(void)state;
	assert_ptr_equal(options.command, commands);
	assert_int_equal(options.n_operands, 1);
	assert_string_equal(options.operands[0], "70434");
	options = accepted(LINE("pid:1", "70434", "-j", "pid:4183"));
	assert_ptr_equal(options.command, commands);
	assert_int_equal(options.n_operands, 3);
	assert_string_equal(options.operands[0], "pid:1");
	assert_string_equal(options.operands[1], "70434");
	assert_string_equal(options.operands[2], "pid:4183");
	options = accepted(LINE("list", "70434", "list"));
	assert_int_equal(options.n_operands, 2);
	assert_string_equal(options.operands[1], "list");
	/* whether these name a session is found out where there are sessions */
	assert_int_equal(accepted(LINE("pid:")).n_operands, 1);
	assert_int_equal(accepted(LINE("list", "alice")).n_operands, 1);
	assert_refused(LINE("70434x"), "unknown command '70434x'; 'sshidle --help' lists them");
	assert_refused(LINE("pid4"), "unknown command 'pid4'; 'sshidle --help' lists them");
}

static void unknown_words_are_refused(void **state)
{
	static const struct row {
		const char *words[4];
		const char *sentence;
	} rows[] = {
		{{"frobnicate"}, "unknown command 'frobnicate'; 'sshidle --help' lists them"},
		{{"LIST"}, "unknown command 'LIST'; 'sshidle --help' lists them"},
		{{"lis"}, "unknown command 'lis'; 'sshidle --help' lists them"},
		{{"-j", "nothing"}, "unknown command 'nothing'; 'sshidle --help' lists them"},
		{{"--frobnicate"}, "unknown option '--frobnicate'; 'sshidle --help' lists them"},
		{{"list", "--frob=1"}, "unknown option '--frob=1'; 'sshidle --help' lists them"},
		{{"--JSON"}, "unknown option '--JSON'; 'sshidle --help' lists them"},
		{{"--co", "x"},
		 "unknown option '--co'; 'sshidle --help' lists them"}, /* or config? */
		{{"-x"}, "unknown option '-x'; 'sshidle --help' lists them"},
		{{"-jx"}, "unknown option '-x'; 'sshidle --help' lists them"},
		{{"-:"}, "unknown option '-:'; 'sshidle --help' lists them"},
		{{"-1"}, "unknown option '-1'; 'sshidle --help' lists them"},
		{{"--json=1"}, "--json takes no argument"},
		{{"--at-risk=yes"}, "--at-risk takes no argument"},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s\n", row->words[0]);
		assert_refused(row->words, row->sentence);
	}
}

static void missing_arguments_are_named(void **state)
{
	static const struct row {
		const char *words[4];
		const char *sentence;
	} rows[] = {
		{{"-p"}, "-p needs an argument: LIST"},
		{{"--port"}, "-p needs an argument: LIST"},
		{{"-o"}, "-o needs an argument: COL,..."},
		{{"-jo"}, "-o needs an argument: COL,..."},
		{{"--path-timeout"}, "--path-timeout needs an argument: DURATION|PROFILE"},
		{{"list", "--from"}, "--from needs an argument: FILE"},
		{{"--run-dir"}, "--run-dir needs an argument: DIR"},
		{{"--config"}, "--config needs an argument: FILE"},
		{{"--sort"}, "--sort needs an argument: COL"},
		{{"--color"}, "--color needs an argument: WHEN"},
		{{"attach", "--group"}, "--group needs an argument: GROUP"},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s\n", row->words[0]);
		assert_refused(row->words, row->sentence);
	}
}

/* Which options each command has, the others being refused by name. */
static void options_of_another_command_are_refused(void **state)
{
	static const struct row {
		const char *name, *argument;
		unsigned int commands;
	} rows[] = {
		{"port", "22", FOR_LIST | FOR_KEEPALIVE | FOR_CHECK | FOR_METRICS | FOR_ATTACH},
		{"path-timeout", "1", FOR_LIST | FOR_KEEPALIVE | FOR_CHECK | FOR_METRICS},
		{"from", "f", FOR_LIST | FOR_CHECK | FOR_METRICS},
		{"run-dir", "/r",
		 FOR_LIST | FOR_KEEPALIVE | FOR_CHECK | FOR_METRICS | FOR_ATTACH | FOR_DETACH |
			 FOR_STATUS},
		{"config", "f", FOR_LIST | FOR_KEEPALIVE | FOR_CHECK | FOR_METRICS | FOR_ATTACH},
		{"at-risk", NULL, FOR_LIST | FOR_KEEPALIVE},
		{"json", NULL, FOR_LIST | FOR_KEEPALIVE | FOR_STATUS | FOR_PROFILES},
		{"output", "pid", FOR_LIST},
		{"sort", "pid", FOR_LIST},
		{"no-header", NULL, FOR_LIST | FOR_KEEPALIVE | FOR_PROFILES},
		{"color", "auto", FOR_LIST},
		{"all", NULL, FOR_KEEPALIVE},
		{"idle", "60", FOR_KEEPALIVE},
		{"count", "3", FOR_KEEPALIVE},
		{"survive", "72h", FOR_KEEPALIVE},
		{"dry-run", NULL, FOR_KEEPALIVE},
		{"undo", NULL, FOR_KEEPALIVE},
		{"force", NULL, FOR_KEEPALIVE},
		{"json-schema", NULL, FOR_LIST | FOR_KEEPALIVE | FOR_STATUS | FOR_PROFILES},
		{"group", "g", FOR_ATTACH},
		{"replace", NULL, FOR_ATTACH},
		{"warning", "1", FOR_CHECK},
		{"critical", "1", FOR_CHECK},
		{"min-left", "60", FOR_CHECK},
		{"max-idle", "8h", FOR_CHECK},
		{"timeout", "10", FOR_CHECK},
		{"quiet", NULL, FOR_CHECK},
		{"textfile", "f", FOR_METRICS},
		{"openmetrics", NULL, FOR_METRICS},
		{"per-session", "5", FOR_METRICS},
		{"verbose", NULL, FOR_ALL},
		{"help", NULL, FOR_ALL},
		{"version", NULL, FOR_ALL},
	};
	const struct row *row;
	char option[32], sentence[128];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		snprintf(option, sizeof(option), "--%s", row->name);
		for (const struct command *command = commands; command->name; command++) {
			print_message("%s %s\n", command->name, option);
			if (row->commands & command->bit) {
				accepted(LINE(command->name, option, row->argument));
				continue;
			}
			snprintf(sentence, sizeof(sentence),
				 "'%s' has no option %s; 'sshidle %s --help' lists its options",
				 command->name, option, command->name);
			assert_refused(LINE(command->name, option, row->argument), sentence);
			if (!row->argument)
				assert_refused(LINE(option, command->name), sentence);
		}
	}
}

/* Whoever tells what is wrong with a line must know before whom it speaks. */
static void command_of_a_wrong_line(void **state)
{
	static const struct row {
		const char *words[6];
		const char *command;
	} rows[] = {
		{{NULL}, "list"},
		{{"check"}, "check"},
		{{"check", "--bogus"}, "check"},
		{{"--bogus", "check"}, "check"},
		{{"-x", "check", "-w"}, "check"},
		{{"check", "-w"}, "check"},
		{{"check", "--min-left"}, "check"},
		{{"--run-dir", "status", "check"}, "check"},
		{{"-p", "check", "status"}, "status"},
		{{"--port=check", "detach"}, "detach"},
		{{"-w", "check"}, "list"},
		{{"--", "check", "-w"}, "check"},
		{{"check", "status"}, "check"},
		{{"status", "check"}, "status"},
		{{"70434", "check"}, "list"},
		{{"bogus"}, "list"},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		char *argv[WORDS_MAX + 2] = {"sshidle"}, *before[WORDS_MAX + 2];
		int argc = 1;

		for (; row->words[argc - 1]; argc++)
			argv[argc] = (char *)row->words[argc - 1];
		memcpy(before, argv, sizeof(before));
		print_message("%s\n", row->words[0] ? row->words[0] : "nothing");
		assert_string_equal(options_find_command(argc, argv, commands)->name, row->command);
		/* the words stay where they are: an option must not be parted from its argument */
		assert_memory_equal(argv, before, sizeof(before));
	}
}

static void operands_only_where_they_are_taken(void **state)
{
	(void)state;
	for (const struct command *command = commands + 2; command->name; command++) {
		char sentence[128];

		snprintf(sentence, sizeof(sentence), "'%s' takes no operand, but was given '%s'",
			 command->name, "70434");
		assert_refused(LINE(command->name, "70434", "70435"), sentence);
	}
}

/* getopt(3) keeps state between calls: a refusal must not spoil the next line. */
static void lines_do_not_touch_each_other(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_refused(LINE("-xj", "list"),
			       "unknown option '-x'; 'sshidle --help' lists them");
		assert_false(accepted(LINE("list")).json);
		assert_int_equal(accepted(LINE("list", "1", "-j", "2", "3")).n_operands, 3);
		assert_refused(LINE("1", "2", "-p"), "-p needs an argument: LIST");
		assert_false(accepted(LINE("list")).json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_list),
		cmocka_unit_test(commands_by_name),
		cmocka_unit_test(options_before_and_after),
		cmocka_unit_test(every_option_has_its_place),
		cmocka_unit_test(letters_combine),
		cmocka_unit_test(modes),
		cmocka_unit_test(color_words),
		cmocka_unit_test(session_words),
		cmocka_unit_test(unknown_words_are_refused),
		cmocka_unit_test(missing_arguments_are_named),
		cmocka_unit_test(options_of_another_command_are_refused),
		cmocka_unit_test(command_of_a_wrong_line),
		cmocka_unit_test(operands_only_where_they_are_taken),
		cmocka_unit_test(lines_do_not_touch_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
