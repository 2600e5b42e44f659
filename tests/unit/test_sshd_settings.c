// SPDX-License-Identifier: GPL-2.0-only
/* What sshd -T prints, and which of its times concern a session. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../user/sshd_settings.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

/* As 9.2 prints it, with what is of no interest around. */
static const char PRINTED[] = "port 22\n"
			      "addressfamily any\n"
			      "logingracetime 120\n"
			      "x11displayoffset 10\n"
			      "clientaliveinterval 300\n"
			      "clientalivecountmax 3\n"
			      "unusedconnectiontimeout 90\n"
			      "usedns yes\n"
			      "versionaddendum none\n"
			      "channeltimeout session:*=5m x11-connection=1m\n"
			      "permitopen any\n";

static void settings_are_read(void **state)
{
	struct sshd_settings settings;

	(void)state;
	assert_int_equal(sshd_settings_parse(PRINTED, &settings), 0);
	assert_int_equal(settings.client_alive_s, 300);
	assert_int_equal(settings.client_alive_count, 3);
	assert_int_equal(settings.unused_s, 90);
	assert_int_equal(settings.login_s, 120);
	assert_int_equal(settings.channel_s, 300);
	assert_string_equal(settings.channel_timeout, "session:*=5m x11-connection=1m");
	assert_true(settings.use_dns);
}

static void what_an_older_one_lacks_is_off(void **state)
{
	struct sshd_settings settings;

	(void)state;
	assert_int_equal(sshd_settings_parse("Warning: a line of its own\n"
					     "clientaliveinterval 0\n\n"
					     "clientalivecountmax 2147483647",
					     &settings),
			 0);
	assert_int_equal(settings.client_alive_s, 0);
	assert_int_equal(settings.client_alive_count, INT32_MAX);
	assert_int_equal(settings.unused_s, 0);
	assert_int_equal(settings.login_s, 0);
	assert_int_equal(settings.channel_s, 0);
	assert_string_equal(settings.channel_timeout, "");
	assert_false(settings.use_dns);
}

static void none_is_off(void **state)
{
	struct sshd_settings settings;

	(void)state;
	assert_int_equal(sshd_settings_parse("clientaliveinterval 5\n"
					     "clientalivecountmax 0\n"
					     "unusedconnectiontimeout none\n"
					     "channeltimeout none\n",
					     &settings),
			 0);
	assert_int_equal(settings.unused_s, 0);
	assert_string_equal(settings.channel_timeout, "");
}

static void what_sshd_does_not_print_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n\n",
		"clientaliveinterval 300\n",
		"clientalivecountmax 3\n",
		"clientaliveinterval\nclientalivecountmax 3\n",
		"clientaliveinterval \nclientalivecountmax 3\n",
		"clientaliveinterval x\nclientalivecountmax 3\n",
		"clientaliveinterval -1\nclientalivecountmax 3\n",
		"clientaliveinterval 4294967296\nclientalivecountmax 3\n",
		"clientaliveinterval 300x\nclientalivecountmax 3\n",
		"clientaliveinterval 5\nclientalivecountmax\n",
		"clientaliveinterval 5\nclientalivecountmax 3\nunusedconnectiontimeout soon\n",
		"sshd: no hostkeys available -- exiting.\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct sshd_settings settings = {.client_alive_s = 42};

		print_message("%s\n", texts[i]);
		assert_int_equal(sshd_settings_parse(texts[i], &settings), -EBADMSG);
		assert_int_equal(settings.client_alive_s, 42);
	}
}

static void hostile_text_stays_clean_and_short(void **state)
{
	static char text[4096];
	struct sshd_settings settings;

	(void)state;
	snprintf(text, sizeof(text),
		 "clientaliveinterval 5\nclientalivecountmax 3\n"
		 "channeltimeout \x1b]0;x\a\xff=5m %03000d\n%s",
		 0, "unusedconnectiontimeout 7");
	assert_int_equal(sshd_settings_parse(text, &settings), 0);
	assert_null(strchr(settings.channel_timeout, '\x1b'));
	assert_null(strchr(settings.channel_timeout, 0xff));
	assert_true(strlen(settings.channel_timeout) < CHANNEL_TIMEOUT_SIZE);
	assert_int_equal(settings.unused_s, 7);
}

static void timeout_of_a_session_is_found(void **state)
{
	static const struct row {
		const char *setting;
		uint64_t seconds;
	} rows[] = {
		{"", 0},
		{"session:*=5m", 300},
		{"session:shell=10m", 600},
		{"session:command=1h session:shell=10m", 600},
		{"session:subsystem:sftp=30", 30},
		{"s?ssion:shell=1m30s", 90},
		{"*=2h", 7200},
		/* The first that matches a type counts for it. */
		{"session:shell=1h *=5m", 300},
		{"session:*=0 *=5m", 0},
		/* global is matched by its name alone, and stands beside the others. */
		{"global=7m", 420},
		{"global=7m session:*=20m", 420},
		{"global=20m session:*=7m", 420},
		/* Those that leave the session alone. */
		{"x11-connection=1m", 0},
		{"agent-connection=5m direct-tcpip=1m", 0},
		{"session:subsystem:other=5m", 0},
		/* What sshd would not have taken. */
		{"session:*", 0},
		{"session:*=", 0},
		{"session:*=soon", 0},
		{"=5m", 0},
		{" \t  session:shell=5m ", 300},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->setting);
		assert_int_equal(channel_timeout_of_session(row->setting), row->seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(what_an_older_one_lacks_is_off),
		cmocka_unit_test(none_is_off),
		cmocka_unit_test(what_sshd_does_not_print_is_refused),
		cmocka_unit_test(hostile_text_stays_clean_and_short),
		cmocka_unit_test(timeout_of_a_session_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
