// SPDX-License-Identifier: GPL-2.0-only
/* What /proc says of processes, whatever they call themselves. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/duration.h"
#include "../../user/process.h"

/* A child of this name that waits until killed. */
static pid_t start_named(const char *name)
{
	int ends[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_NAME, name);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		close(ends[1]);
		pause();
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void no_name_shifts_the_fields(void **state)
{
	static const char *const names[] = {"plain",   "a b c", ") S 1 1",
					    "(((",     ")",	"new\nline",
					    "\x1b[2J", "",	"fifteen bytes.."};
	struct process process;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		pid_t pid = start_named(names[i]);

		print_message("name %zu\n", i);
		assert_int_equal(process_read(pid, &process), 0);
		assert_string_equal(process.comm, names[i]);
		assert_int_equal(process.parent, getpid());
		assert_int_equal(process.group, getpgrp());
		assert_true(process.start_ticks > 0);
		end(pid);
	}
}

static void the_gone_are_not_read(void **state)
{
	struct process process = {.parent = 42};
	pid_t pid = start_named("gone");
	char buf[16];

	(void)state;
	end(pid);
	assert_int_equal(process_read(pid, &process), -ESRCH);
	assert_int_equal(process_read_file(pid, "cmdline", buf, sizeof(buf)), -ESRCH);
	assert_int_equal(process.parent, 42);
}

static void an_owner_is_known_by_its_start(void **state)
{
	struct record_session record = {.owner_pid = getpid()};
	struct process process;

	(void)state;
	assert_int_equal(process_read(getpid(), &process), 0);
	record.owner_start_ns =
		process.start_ticks * (NSEC_PER_SEC / (unsigned long)sysconf(_SC_CLK_TCK));
	assert_int_equal(process_read_owner(&record, &process), 0);
	record.owner_start_ns += NSEC_PER_SEC;
	assert_int_equal(process_read_owner(&record, &process), -ESRCH);
}

static bool is_among(pid_t pid, const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static void children_are_listed_up_to_a_number(void **state)
{
	pid_t started[3], found[3] = {};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		started[i] = start_named("child");
	assert_int_equal(process_children(getpid(), found, 2), 2);
	assert_int_equal(found[2], 0);
	assert_int_equal(process_children(getpid(), found, 3), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(is_among(started[i], found, 3));
	assert_int_equal(process_children(started[0], found, 3), 0);
	for (size_t i = 0; i < 3; i++)
		end(started[i]);
}

static void files_are_cut_at_the_buffer(void **state)
{
	char small[5], large[4096];
	ssize_t length;

	(void)state;
	length = process_read_file(getpid(), "cmdline", large, sizeof(large));
	assert_true(length > 4);
	assert_int_equal(large[length], 0);
	assert_int_equal(process_read_file(getpid(), "cmdline", small, sizeof(small)), 4);
	assert_memory_equal(small, large, 4);
	assert_int_equal(small[4], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_shifts_the_fields),
		cmocka_unit_test(the_gone_are_not_read),
		cmocka_unit_test(an_owner_is_known_by_its_start),
		cmocka_unit_test(children_are_listed_up_to_a_number),
		cmocka_unit_test(files_are_cut_at_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
