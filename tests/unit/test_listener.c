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

#define WORDS 6
#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

/* A literal with the NULs in it, and the one behind it. */
#define ARGUMENTS(text) text, sizeof(text)

static void what_decides_settings_is_passed_on(void **state)
{
	static const struct row {
		const char *cmdline;
		size_t length;
		const char *words[WORDS];
	} rows[] = {
		{ARGUMENTS("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"), {}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -D -f /etc/ssh/other [listener] 3 of 10-100 "
			   "startups"),
		 {"-f", "/etc/ssh/other"}},
		{ARGUMENTS(
			 "sshd: /usr/sbin/sshd -Df/etc/other -E /log [listener] 0 of 1-2 startups"),
		 {"-f", "/etc/other"}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -f /etc/my own file -D [listener] 0 of 1-2 "
			   "startups"),
		 {"-f", "/etc/my own file"}},
		{ARGUMENTS(
			 "sshd: /usr/sbin/sshd -o ClientAliveInterval 5 -oUseDNS=no -D -o Port=22 "
			 "[listener] 0 of 1-2 startups"),
		 {"-o", "ClientAliveInterval 5", "-o", "UseDNS=no", "-o", "Port=22"}},
		{ARGUMENTS("sshd: /usr/sbin/sshd -f a  b -D [listener] 0 of 1-2 startups"),
		 {"-f", "a  b"}},
		/* Without its host keys sshd tells nothing. */
		{ARGUMENTS("sshd: /usr/sbin/sshd -D -h /keys/a -h /keys/b [listener] 0 of 1-2 "
			   "startups"),
		 {"-h", "/keys/a", "-h", "/keys/b"}},
		/* The last -f counts for sshd. */
		{ARGUMENTS("sshd: sshd -f one -f two [listener] 0 of 1-2 startups"),
		 {"-f", "one", "-f", "two"}},
		/* Before 8.2 there was no title; then blanks are in the arguments. */
		{ARGUMENTS("/usr/sbin/sshd\0-D"), {}},
		{ARGUMENTS("/usr/sbin/sshd\0-f\0/etc/my own file\0-o\0ClientAliveInterval 5\0-D"),
		 {"-f", "/etc/my own file", "-o", "ClientAliveInterval 5"}},
		{ARGUMENTS("/usr/sbin/sshd\0-p\02222\0-f\0-D"), {"-f", "-D"}},
		/* What another version knows is left to it. */
		{ARGUMENTS("sshd: sshd -Z -f one [listener] 0 of 1-2 startups"), {"-f", "one"}},
	};
	struct listener_options options;

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		size_t n = 0;

		print_message("%s\n", row->cmdline);
		assert_int_equal(listener_options_parse(row->cmdline, row->length, &options), 0);
		for (; n < WORDS && row->words[n]; n++)
			assert_string_equal(options.words[n], row->words[n]);
		assert_int_equal(options.n_words, n);
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
	for (int i = 0; i <= LISTENER_WORDS_MAX / 2; i++)
		used += sprintf(overrides + used, "%s", i ? "-oA=b" : "sshd") + 1;
	assert_int_equal(listener_options_parse(overrides, used, &options), 0);
	assert_int_equal(options.n_words, LISTENER_WORDS_MAX);
	used += sprintf(overrides + used, "-oA=b") + 1;
	assert_int_equal(listener_options_parse(overrides, used, &options), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_decides_settings_is_passed_on),
		cmocka_unit_test(others_are_no_listeners),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
