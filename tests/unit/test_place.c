// SPDX-License-Identifier: GPL-2.0-only
/* The place of a process: held whatever becomes of its pid, its files read without a way out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/place.h"
#include "../../user/run.h"

/* A directory that stands for the root directory of a process. */
struct scene {
	char top[32];
	struct place place;
};

static void write_file(const struct scene *scene, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scene->top, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void link_to(const struct scene *scene, const char *name, const char *target)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", scene->top, name);
	assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	char fifo[64];

	strcpy(scene->top, "/tmp/test_place.XXXXXX");
	assert_non_null(mkdtemp(scene->top));
	scene->place = (struct place){.pidfd = -1, .proc = -1, .exe = -1};
	scene->place.root = open(scene->top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	write_file(scene, "plain", "text\n");
	write_file(scene, "hostname", "its own\n");
	link_to(scene, "absolute", "/hostname");
	link_to(scene, "upwards", "../../../../../hostname");
	link_to(scene, "outside", "/etc/passwd");
	link_to(scene, "magic", "/proc/self/root/etc/passwd");
	link_to(scene, "loop", "loop");
	snprintf(fifo, sizeof(fifo), "%s/fifo", scene->top);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	*state = scene;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	place_close(&scene->place);
	assert_int_equal(nftw(scene->top, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(scene);
	return 0;
}

static void files_are_read_within_the_root(void **state)
{
	static const struct row {
		const char *path, *text;
	} rows[] = {
		{"plain", "text\n"},
		{"absolute", "its own\n"},
		{"upwards", "its own\n"},
	};
	struct scene *scene = *state;
	char buf[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].path);
		assert_int_equal(place_read_file(&scene->place, rows[i].path, buf, sizeof(buf)),
				 strlen(rows[i].text));
		assert_string_equal(buf, rows[i].text);
	}
	assert_int_equal(place_read_file(&scene->place, "plain", buf, 3), 2);
	assert_string_equal(buf, "te");
}

static void nothing_else_is_read(void **state)
{
	static const struct row {
		const char *path;
		int err;
	} rows[] = {
		{"none", -ENOENT}, {"outside", -ENOENT}, {"magic", -ENOENT},
		{"loop", -ELOOP},  {"fifo", -EINVAL},	 {".", -EINVAL},
	};
	struct scene *scene = *state;
	char buf[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].path);
		assert_int_equal(place_read_file(&scene->place, rows[i].path, buf, sizeof(buf)),
				 rows[i].err);
	}
}

static void our_own_place_is_no_other(void **state)
{
	struct place place;

	(void)state;
	assert_int_equal(place_open(getpid(), &place), 0);
	assert_int_equal(place.namespaces, 0);
	assert_false(place.other_root);
	place_close(&place);
	assert_int_equal(place.exe, -1);
}

static void the_place_of_the_gone_is_not_opened(void **state)
{
	struct place place;
	pid_t gone = fork();

	(void)state;
	if (!gone)
		_exit(0);
	/* A zombie has neither a program nor a root directory any more. */
	assert_int_equal(waitid(P_PID, gone, NULL, WEXITED | WNOWAIT), 0);
	assert_true(place_open(gone, &place) < 0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_int_equal(place_open(gone, &place), -ESRCH);
}

#define NOBODY 65534

/* A shell of nobody's, or of ours if we are not root, that reads from a pipe without a word. */
struct shell {
	pid_t pid;
	int input;
};

static _Noreturn void be_shell(int input)
{
	dup2(input, STDIN_FILENO);
	if (geteuid() || !(setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
		execl("/bin/sh", "sh", "-c", "read line", NULL);
	_exit(1);
}

static struct shell start_shell(void)
{
	int input[2], started[2];
	struct shell shell;
	char byte;

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(started, O_CLOEXEC), 0);
	shell.pid = fork();
	if (!shell.pid)
		be_shell(input[0]);
	shell.input = input[1];
	close(input[0]);
	close(started[1]);
	assert_int_equal(read(started[0], &byte, 1), 0); /* closed by exec */
	close(started[0]);
	return shell;
}

static void end(const struct shell *shell)
{
	close(shell->input);
	assert_int_equal(waitpid(shell->pid, NULL, 0), shell->pid);
}

static void its_program_is_run_as_its_user_and_gains_nothing(void **state)
{
	char *const argv[] = {"/its/name", "-c",
			      "echo $0 $(id -u) $(id -G); grep -E '^(NoNew|CapEff)' "
			      "/proc/self/status",
			      NULL};
	const gid_t more[] = {20, 30};
	char wanted[128], buf[1024];
	struct shell shell = start_shell();
	struct place place;
	int status;

	(void)state;
	/* Ours are not what nobody has. */
	if (!geteuid())
		assert_int_equal(setgroups(2, more), 0);
	assert_int_equal(place_open(shell.pid, &place), 0);
	assert_true(run_in_place(&place, argv, buf, sizeof(buf), &status) > 0);
	if (!geteuid()) {
		snprintf(wanted, sizeof(wanted),
			 "/its/name %d %d\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n", NOBODY,
			 NOBODY);
		assert_string_equal(buf, wanted);
	}
	assert_non_null(strstr(buf, "NoNewPrivs:\t1\n"));
	place_close(&place);
	end(&shell);
}

/* Root would have to become somebody whom nobody knows any more. */
static void nothing_is_run_as_root_for_the_gone(void **state)
{
	char *const argv[] = {"sh", "-c", "echo run", NULL};
	struct place place;
	struct shell shell = start_shell();
	char buf[64];
	int status;

	(void)state;
	if (geteuid()) {
		end(&shell);
		skip();
	}
	assert_int_equal(place_open(shell.pid, &place), 0);
	end(&shell);
	assert_int_equal(run_in_place(&place, argv, buf, sizeof(buf), &status), -ESRCH);
	place_close(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_read_within_the_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_else_is_read, set_up, tear_down),
		cmocka_unit_test(our_own_place_is_no_other),
		cmocka_unit_test(the_place_of_the_gone_is_not_opened),
		cmocka_unit_test(its_program_is_run_as_its_user_and_gains_nothing),
		cmocka_unit_test(nothing_is_run_as_root_for_the_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
