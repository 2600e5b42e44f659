// SPDX-License-Identifier: GPL-2.0-only
/* The keepalive that stands on the command line of an ssh. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/ssh_options.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define ARGUMENTS(text) text, sizeof(text)
#define NONE (-1)

static void keepalive_is_found(void **state)
{
	static const struct row {
		const char *cmdline;
		size_t length;
		int interval, count;
	} rows[] = {
		{"", 0, NONE, NONE},
		{ARGUMENTS("ssh\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=15\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-oServerAliveInterval=15\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-o\0serveraliveinterval 1m\0host"), 60, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval = 15\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-o\0 ServerAliveInterval=15\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=\"15\"\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveCountMax = \"5\"\0host"), NONE, 5},
		{ARGUMENTS("ssh\0-4Ato\0ServerAliveInterval=15\0host"), 15, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=0\0host"), 0, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveCountMax=5\0host"), NONE, 5},
		/* Behind the host, and no further. */
		{ARGUMENTS("ssh\0host\0-o\0ServerAliveInterval=15"), 15, NONE},
		{ARGUMENTS("ssh\0-v\0host\0-v\0-oServerAliveInterval=15\0ls"), 15, NONE},
		{ARGUMENTS("ssh\0host\0ls\0-oServerAliveInterval=15"), NONE, NONE},
		{ARGUMENTS("ssh\0-v\0host\0ls -oServerAliveInterval=15"), NONE, NONE},
		/* The first counts. */
		{ARGUMENTS("ssh\0-oServerAliveInterval=1\0host\0-oServerAliveInterval=2"), 1, NONE},
		/* The values of other options are none. */
		{ARGUMENTS("ssh\0-l\0-oServerAliveInterval=15\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-F\0file\0-i\0key\0-p\022\0-oServerAliveInterval=15\0host"), 15,
		 NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveIntervals=15\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=-1\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveInterval=often\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o\0ServerAliveCountMax=99999999999999999999\0host"), NONE, NONE},
		{ARGUMENTS("ssh\0-o"), NONE, NONE},
		{ARGUMENTS("ssh: /tmp/control [mux]"), NONE, NONE},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct ssh_options options;

		print_message("row %td\n", row - rows);
		ssh_options_parse(row->cmdline, row->length, &options);
		assert_int_equal(options.has_interval, row->interval != NONE);
		if (options.has_interval)
			assert_int_equal(options.server_alive_s, row->interval);
		assert_int_equal(options.has_count, row->count != NONE);
		if (options.has_count)
			assert_int_equal(options.server_alive_count, row->count);
	}
}

static void long_lines_are_cut(void **state)
{
	static char words[100000];
	struct ssh_options options;

	(void)state;
	ssh_options_parse(words, sizeof(words), &options);
	assert_false(options.has_interval);
	memset(words, 'x', sizeof(words));
	ssh_options_parse(words, sizeof(words), &options);
	assert_false(options.has_interval);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keepalive_is_found),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
