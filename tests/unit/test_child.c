// SPDX-License-Identifier: GPL-2.0-only
/* Children: what they say is caught, and neither their time nor their words are without bound. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/child.h"
#include "../../user/run.h"

#define SHELL "/bin/sh"

/* Runs a script; its output in buf. */
static ssize_t run_script(const char *script, char *buf, size_t size, int *ret_status)
{
	char *const argv[] = {SHELL, "-c", (char *)script, NULL};

	return run_program(argv, buf, size, ret_status);
}

static void output_and_status_are_caught(void **state)
{
	static const struct row {
		const char *script, *output;
		int status;
	} rows[] = {
		{"echo one; echo two >&2; exit 3", "one\ntwo\n", 3},
		{"true", "", 0},
		{"kill -TERM $$", "", 128 + SIGTERM},
		{"read line || echo no input", "no input\n", 0},
		{"exec >&- 2>&-; exit 7", "", 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char buf[64];
		int status = -1;

		print_message("%s\n", rows[i].script);
		assert_int_equal(run_script(rows[i].script, buf, sizeof(buf), &status),
				 strlen(rows[i].output));
		assert_string_equal(buf, rows[i].output);
		assert_int_equal(status, rows[i].status);
	}
}

static void environment_is_clean_and_nothing_is_inherited(void **state)
{
	char buf[512];
	int status, inheritable = dup(STDERR_FILENO);

	(void)state;
	assert_true(inheritable > STDERR_FILENO);
	setenv("BASH_ENV", "/nowhere", 1);
	setenv("LD_PRELOAD", "", 1);
	assert_true(run_script("env | sort; ls /proc/self/fd | tr '\\n' ' '", buf, sizeof(buf),
			       &status) > 0);
	assert_null(strstr(buf, "BASH_ENV"));
	assert_null(strstr(buf, "LD_PRELOAD"));
	assert_non_null(strstr(buf, "LC_ALL=C\n"));
	assert_non_null(strstr(buf, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
	/* The fourth is that of ls itself. */
	assert_non_null(strstr(buf, "\n0 1 2 3 "));
	assert_null(strstr(buf, " 4 "));
	close(inheritable);
}

static void words_go_through_no_shell(void **state)
{
	char *const argv[] = {"/bin/echo", "$(id) `id`; id | id >x '\"", NULL};
	char buf[64];
	int status;

	(void)state;
	assert_true(run_program(argv, buf, sizeof(buf), &status) > 0);
	assert_string_equal(buf, "$(id) `id`; id | id >x '\"\n");
}

static void what_cannot_be_executed_is_told(void **state)
{
	char *const missing[] = {"/nowhere/sshd", NULL}, *const directory[] = {"/", NULL};
	char buf[16] = "kept";
	int status = 42;

	(void)state;
	assert_int_equal(run_program(missing, buf, sizeof(buf), &status), -ENOENT);
	assert_int_equal(run_program(directory, buf, sizeof(buf), &status), -EACCES);
	assert_int_equal(status, 42);
}

static void output_is_bounded(void **state)
{
	char buf[101];
	int status;

	(void)state;
	assert_int_equal(run_script("printf %100s", buf, sizeof(buf), &status), 100);
	assert_int_equal(strlen(buf), 100);
	assert_int_equal(run_script("printf %101s", buf, sizeof(buf), &status), -EFBIG);
	assert_int_equal(run_script("exec yes", buf, sizeof(buf), &status), -EFBIG);
}

static int count_children(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : 1;
}

static void time_is_bounded(void **state)
{
	static const char *const scripts[] = {
		"trap '' TERM INT HUP; sleep 1000; sleep 1000",
		"exec >&- 2>&-; exec sleep 1000",
	};
	char buf[16];
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		assert_int_equal(run_script(scripts[i], buf, sizeof(buf), &status), -ETIMEDOUT);
		assert_int_equal(count_children(), 0);
	}
}

/* Whoever holds the pipe's other end is not waited for. */
static void what_is_left_behind_does_not_hold_us_up(void **state)
{
	char buf[64];
	int status;
	pid_t left;

	(void)state;
	assert_true(run_script("sleep 1000 & echo $!", buf, sizeof(buf), &status) > 0);
	assert_int_equal(status, 0);
	left = atoi(buf);
	assert_true(left > 1);
	assert_int_equal(kill(left, SIGKILL), 0);
}

static int say_and_fail(void *data)
{
	assert_int_equal(write(STDOUT_FILENO, "half", 4), 4);
	return *(int *)data;
}

static void error_of_the_body_is_given(void **state)
{
	int err = -EPERM, none = 0, status = 42;
	char buf[16];

	(void)state;
	assert_int_equal(child_run(say_and_fail, &err, buf, sizeof(buf), &status), -EPERM);
	assert_int_equal(status, 42);
	assert_int_equal(child_run(say_and_fail, &none, buf, sizeof(buf), &status), 4);
	assert_string_equal(buf, "half");
	assert_int_equal(status, 0);
}

static int go_on_and_end(void *data)
{
	pid_t before = getpid();
	int err = child_go_on();

	if (err)
		return err;
	assert_int_not_equal(getpid(), before);
	_exit(*(int *)data);
}

static void status_of_the_one_that_goes_on_is_given(void **state)
{
	int wanted = 23, status;
	char buf[16];

	(void)state;
	assert_int_equal(child_run(go_on_and_end, &wanted, buf, sizeof(buf), &status), 0);
	assert_int_equal(status, 23);
}

static uint32_t our_netns(void)
{
	struct stat status;

	assert_int_equal(stat("/proc/self/ns/net", &status), 0);
	return status.st_ino;
}

static int fill(const void *data, void *ret)
{
	memset(ret, *(const int *)data, 32);
	return *(const int *)data > 0 ? 0 : -ENODATA;
}

static void a_function_fills_what_it_gives(void **state)
{
	char buf[32] = "untouched";
	int good = 'x', bad = -1;

	(void)state;
	assert_int_equal(run_in_netns(getpid(), our_netns(), fill, &bad, buf, sizeof(buf)),
			 -ENODATA);
	assert_string_equal(buf, "untouched");
	assert_int_equal(run_in_netns(getpid(), our_netns(), fill, &good, buf, sizeof(buf)), 0);
	assert_memory_equal(buf, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 32);
}

static void a_namespace_that_is_not_the_process_s_is_not_entered(void **state)
{
	char buf[32];
	int good = 'x';
	pid_t gone = fork();

	(void)state;
	if (!gone)
		_exit(0);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	assert_int_equal(run_in_netns(getpid(), 1, fill, &good, buf, sizeof(buf)), -EXDEV);
	assert_int_equal(run_in_netns(gone, 1, fill, &good, buf, sizeof(buf)), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_are_caught),
		cmocka_unit_test(environment_is_clean_and_nothing_is_inherited),
		cmocka_unit_test(words_go_through_no_shell),
		cmocka_unit_test(what_cannot_be_executed_is_told),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(what_is_left_behind_does_not_hold_us_up),
		cmocka_unit_test(error_of_the_body_is_given),
		cmocka_unit_test(status_of_the_one_that_goes_on_is_given),
		cmocka_unit_test(a_function_fills_what_it_gives),
		cmocka_unit_test(a_namespace_that_is_not_the_process_s_is_not_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
