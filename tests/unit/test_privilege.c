// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities are given up for ever, and what is missing is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/privilege.h"

/* In a child, since what is given up is gone. */
static void in_child(bool (*holds)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(!holds());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool words_start(uint64_t set, const char *start)
{
	char words[PRIVILEGE_WORDS_SIZE];

	return !strncmp(privilege_words(set, words, sizeof(words)), start, strlen(start));
}

static bool nothing_is_left(void)
{
	return !privilege_keep(0) && !privilege_has(CAPABILITY(CAP_CHOWN)) && privilege_has(0) &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void nothing_is_kept(void **state)
{
	(void)state;
	in_child(nothing_is_left);
}

static bool tells_what_is_missing(void)
{
	return !privilege_keep(0) && words_start(CAPABILITY(CAP_CHOWN), "it lacks CAP_CHOWN") &&
	       words_start(PRIVILEGE_LOAD, "it lacks CAP_BPF and CAP_PERFMON");
}

static bool tells_that_none_is_missing(void)
{
	return words_start(0, "the kernel, a container or a security module forbids it");
}

static void words_name_what_is_missing(void **state)
{
	(void)state;
	in_child(tells_what_is_missing);
	in_child(tells_that_none_is_missing);
}

static bool ends_in_time(void)
{
	char words[PRIVILEGE_WORDS_SIZE], text[sizeof(words) + 1];

	memset(text, 'x', sizeof(text));
	privilege_keep(0);
	/* All names at once, into ever less room. */
	for (size_t size = 1; size <= sizeof(words); size++) {
		privilege_words(UINT64_MAX, text, size);
		if (strlen(text) >= size || text[size] != 'x')
			return false;
	}
	return true;
}

static void words_fit_where_there_is_little_room(void **state)
{
	(void)state;
	in_child(ends_in_time);
}

/* Also the upper half, in which CAP_BPF and CAP_PERFMON are. */
static bool only_those_are_given_up(void)
{
	if (!privilege_has(PRIVILEGE_LOAD | CAPABILITY(CAP_CHOWN)))
		return true; /* not root: there is nothing to give up */
	return !privilege_give_up(CAPABILITY(CAP_BPF)) && !privilege_has(CAPABILITY(CAP_BPF)) &&
	       privilege_has(CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_CHOWN)) &&
	       !privilege_keep(CAPABILITY(CAP_PERFMON)) && privilege_has(CAPABILITY(CAP_PERFMON)) &&
	       !privilege_has(CAPABILITY(CAP_CHOWN));
}

static void only_the_set_is_given_up(void **state)
{
	(void)state;
	in_child(only_those_are_given_up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_kept),
		cmocka_unit_test(words_name_what_is_missing),
		cmocka_unit_test(words_fit_where_there_is_little_room),
		cmocka_unit_test(only_the_set_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
