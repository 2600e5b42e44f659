// SPDX-License-Identifier: GPL-2.0-only
/* Words for a monitoring system: clean, on standard output, and nothing on standard error. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/log.h"
#include "../../user/plugin.h"

#define SAID_SIZE 4096
#define LINGER_S 20
#define R "\xef\xbf\xbd" /* U+FFFD */

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(plugin_state(OUTCOME_DONE), "OK");
	assert_string_equal(plugin_state(OUTCOME_WARNING), "WARNING");
	assert_string_equal(plugin_state(OUTCOME_CRITICAL), "CRITICAL");
	assert_string_equal(plugin_state(OUTCOME_FAILED), "UNKNOWN");
	assert_string_equal(plugin_state(OUTCOME_USAGE), "UNKNOWN");
	assert_string_equal(plugin_state(OUTCOME_TOLD), "UNKNOWN");
}

static void text_is_one_line_without_bars(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"plain", "plain"},
		{"a|b||c", "a/b//c"},
		{"two\nlines\r\n", "two" R "lines" R R},
		{"\x1b[31m\x07\x7f", R "[31m" R R},
		{"\xff\xc3", R R},
		{"\xc2\x9b|", R "/"},
		{"\xe2\x80\xaeright", R "right"},
		{"\xc3\xa9|", "\xc3\xa9/"},
	};
	char clean[64], small[6];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(plugin_clean(rows[i][0], clean, sizeof(clean)), rows[i][1]);
	assert_string_equal(plugin_clean("a|bcdefg", small, sizeof(small)), "a/bcd");
}

/* What a child of this process says, and how it ends. */
struct child {
	char out[SAID_SIZE], err[SAID_SIZE];
	int status;
};

static void read_back(int fd, char *buf)
{
	ssize_t length = pread(fd, buf, SAID_SIZE - 1, 0);

	assert_true(length >= 0);
	buf[length] = 0;
	close(fd);
}

static struct child run(void (*act)(void))
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	struct child child = {};
	pid_t pid;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		act();
		fflush(stdout);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &child.status, 0), pid);
	read_back(out, child.out);
	read_back(err, child.err);
	return child;
}

static void fail_as_plugin(void)
{
	log_set_sink(plugin_print_unknown);
	log_note("not this");
	log_set_verbose(true);
	log_detail("nor this");
	log_error("%s: may not read|%s", "/run", "x\ny");
}

static void fail_after_all(void)
{
	log_set_sink(plugin_print_unknown);
	log_set_sink(NULL);
	log_error("plain");
	log_note("noted");
}

static void errors_go_to_standard_output(void **state)
{
	struct child child = run(fail_as_plugin);

	(void)state;
	assert_string_equal(child.out, "SSHIDLE UNKNOWN - /run: may not read/x" R "y\n");
	assert_string_equal(child.err, "");
	child = run(fail_after_all);
	assert_string_equal(child.out, "");
	assert_string_equal(child.err, "sshidle: plain\nsshidle: note: noted\n");
}

/* Longer than any time-out here, but not for ever: a failure must end, too. */
static void linger(void)
{
	for (int i = 0; i < LINGER_S; i++)
		sleep(1);
}

static void work_in_vain(void)
{
	sigset_t set;

	/* as a parent may leave it */
	signal(SIGALRM, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	plugin_set_timeout(1);
	linger();
}

static void answer_slowly(void)
{
	plugin_set_timeout(1);
	plugin_answers();
	linger();
}

static void time_out_is_unknown(void **state)
{
	struct child child = run(work_in_vain);

	(void)state;
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), PLUGIN_UNKNOWN);
	assert_string_equal(child.out, "SSHIDLE UNKNOWN - no answer within 1 s; -t allows more\n");
	assert_string_equal(child.err, "");
	child = run(answer_slowly);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), PLUGIN_UNKNOWN);
	assert_string_equal(child.out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(text_is_one_line_without_bars),
		cmocka_unit_test(errors_go_to_standard_output),
		cmocka_unit_test(time_out_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
