// SPDX-License-Identifier: GPL-2.0-only
/* The command lines of listeners, as they stand in titles and as arguments. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../user/listener.h"

#define OVERRIDES 3
#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

/* A literal with the NULs in it, and the one behind it. */
#define ARGUMENTS(text) text, sizeof(text)

static void settings_are_found(void **state)
{
	static const struct row {
		const char *cmdline;
		size_t length;
		const char *config;
		const char *overrides[OVERRIDES];
	} rows[] = {
		{ARGUMENTS("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"), NULL, {}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -D -f /etc/ssh/other [listener] 3 of 10-100 "
			   "startups"),
		 "/etc/ssh/other",
		 {}},
		{ARGUMENTS(
			 "sshd: /usr/sbin/sshd -Df/etc/other -E /log [listener] 0 of 1-2 startups"),
		 "/etc/other",
		 {}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -f /etc/my own file -D [listener] 0 of 1-2 "
			   "startups"),
		 "/etc/my own file",
		 {}},
		{ARGUMENTS(
			 "sshd: /usr/sbin/sshd -o ClientAliveInterval 5 -oUseDNS=no -D -o Port=22 "
			 "[listener] 0 of 1-2 startups"),
		 NULL,
		 {"ClientAliveInterval 5", "UseDNS=no", "Port=22"}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -f a  b -D [listener] 0 of 1-2 startups"),
		 "a  b",
		 {}},
		/* The last -f counts, as for sshd. */
		{ARGUMENTS("sshd: sshd -f one -f two [listener] 0 of 1-2 startups"), "two", {}},
		/* Before 8.2 there was no title; then blanks are in the arguments. */
		{ARGUMENTS("/usr/sbin/sshd\0-D"), NULL, {}},
		{ARGUMENTS("/usr/sbin/sshd\0-f\0/etc/my own file\0-o\0ClientAliveInterval 5\0-D"),
		 "/etc/my own file",
		 {"ClientAliveInterval 5"}},
		{ARGUMENTS("/usr/sbin/sshd\0-p\02222\0-f\0-D"), "-D", {}},
		/* What another version knows is left to it. */
		{ARGUMENTS("sshd: sshd -Z -f one [listener] 0 of 1-2 startups"), "one", {}},
	};
	struct listener_options options;

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		size_t n = 0;

		print_message("%s\n", row->cmdline);
		assert_int_equal(listener_options_parse(row->cmdline, row->length, &options), 0);
		if (row->config)
			assert_string_equal(options.config, row->config);
		else
			assert_null(options.config);
		for (; n < OVERRIDES && row->overrides[n]; n++)
			assert_string_equal(options.overrides[n], row->overrides[n]);
		assert_int_equal(options.n_overrides, n);
	}
}

static void others_are_no_listeners(void **state)
{
	static const struct row {
		const char *cmdline;
		size_t length;
	} rows[] = {
		{"", 0},
		{ARGUMENTS("sshd: alice [priv]")},
		{ARGUMENTS("sshd: alice@pts/0")},
		{ARGUMENTS("sshd: ")},
	};
	struct listener_options options;

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s\n", row->cmdline);
		assert_int_equal(listener_options_parse(row->cmdline, row->length, &options),
				 -EINVAL);
	}
}

static void what_is_too_long_is_refused(void **state)
{
	static char words[LISTENER_TEXT_SIZE], overrides[1024];
	struct listener_options options;
	size_t used = 0;

	(void)state;
	memset(words, 'x', sizeof(words));
	assert_int_equal(listener_options_parse(words, sizeof(words) - 1, &options), -E2BIG);
	assert_int_equal(listener_options_parse(words, sizeof(words) - 2, &options), 0);
	/* Each byte a word. */
	memset(words, 0, sizeof(words));
	assert_int_equal(listener_options_parse(words, 200, &options), -E2BIG);
	for (int i = 0; i <= LISTENER_OVERRIDES_MAX; i++)
		used += sprintf(overrides + used, "%s", i ? "-oA=b" : "sshd") + 1;
	assert_int_equal(listener_options_parse(overrides, used, &options), 0);
	assert_int_equal(options.n_overrides, LISTENER_OVERRIDES_MAX);
	used += sprintf(overrides + used, "-oA=b") + 1;
	assert_int_equal(listener_options_parse(overrides, used, &options), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_found),
		cmocka_unit_test(others_are_no_listeners),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
