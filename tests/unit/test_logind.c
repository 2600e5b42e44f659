// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of logind in cgroups, and the times that its bus gives. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../user/logind.h"
#include "../../user/shell.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static void session_is_found_in_its_cgroup(void **state)
{
	static const struct row {
		const char *cgroup, *id;
	} rows[] = {
		{"0::/user.slice/user-1000.slice/session-12.scope\n", "12"},
		{"1:name=systemd:/user.slice/user-0.slice/session-c1.scope\n0::/x\n", "c1"},
		{"0::/user.slice/session-7.scope/init.scope\n", "7"},
		{"0::/session-x.service/session-9.scope\n", "9"},
		{"0::/user.slice/session-12.scope", "12"},
		{"", NULL},
		{"0::/\n", NULL},
		{"0::/system.slice/ssh.service\n", NULL},
		{"0::/user.slice/session-.scope\n", NULL},
		{"0::/user.slice/session-12.scopes\n", NULL},
		{"0::/user.slice/my-session-12.scope\n", NULL},
		{"0::/user.slice/session-12\n0::/x.scope\n", NULL},
		{"0::/session-0123456789012345.scope\n", NULL},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		char id[16] = "kept";

		print_message("%s\n", row->cgroup);
		assert_int_equal(logind_session_parse(row->cgroup, id, sizeof(id)),
				 row->id != NULL);
		assert_string_equal(id, row->id ? row->id : "kept");
	}
}

static void time_is_read_as_busctl_prints_it(void **state)
{
	static const struct row {
		const char *text;
		int err;
		uint64_t seconds;
	} rows[] = {
		{"t 900000000\n", 0, 900},
		{"t 1500000\n", 0, 1},
		{"t 18446744073709551615\n", 0, 0}, /* infinity */
		{"s \"900\"\n", -EBADMSG, 42},
		{"t \n", -EBADMSG, 42},
		{"", -EBADMSG, 42},
		{"Failed to get property\n", -EBADMSG, 42},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		uint64_t seconds = 42;

		print_message("%s\n", row->text);
		assert_int_equal(logind_usec_parse(row->text, &seconds), row->err);
		assert_int_equal(seconds, row->seconds);
	}
}

static void variable_is_found_in_an_environment(void **state)
{
	static const struct row {
		const char *environment;
		size_t length;
		const char *value;
	} rows[] = {
		{"TMOUT=600", sizeof("TMOUT=600"), "600"},
		{"A=b\0TMOUT=600\0C=d", sizeof("A=b\0TMOUT=600\0C=d"), "600"},
		{"TMOUT=1\0TMOUT=2", sizeof("TMOUT=1\0TMOUT=2"), "1"},
		{"TMOUT=", sizeof("TMOUT="), ""},
		{"\0\0TMOUT=3", sizeof("\0\0TMOUT=3"), "3"},
		{"TMOUT", sizeof("TMOUT"), NULL},
		{"XTMOUT=600\0TMOUTS=1", sizeof("XTMOUT=600\0TMOUTS=1"), NULL},
		{"A=TMOUT=600", sizeof("A=TMOUT=600"), NULL},
		{"tmout=600", sizeof("tmout=600"), NULL},
		{"", 0, NULL},
		{"TMOUT=600", 5, NULL}, /* cut where the buffer was full */
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		const char *value = environment_find(row->environment, row->length, "TMOUT");

		print_message("row %td\n", row - rows);
		if (row->value)
			assert_string_equal(value, row->value);
		else
			assert_null(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_is_found_in_its_cgroup),
		cmocka_unit_test(time_is_read_as_busctl_prints_it),
		cmocka_unit_test(variable_is_found_in_an_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
