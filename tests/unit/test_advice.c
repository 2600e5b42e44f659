// SPDX-License-Identifier: GPL-2.0-only
/* The numbers that each program is told for a path, and the files they are told in. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/advice_show.h"
#include "../../user/duration.h"
#include "../../user/pace.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define DAY_S 86400

static const struct sshd_version V8_4 = {8, 4}, V9_2 = {9, 2}, V9_6 = {9, 6};

static struct advice advice_for(uint64_t timeout_s, const struct sshd_version *version)
{
	struct path path = {.timeout_ns = timeout_s * NSEC_PER_SEC, .source = PATH_OPTION};
	struct advice advice;

	memset(&advice, 0xa5, sizeof(advice));
	assert_int_equal(advice_make(&path, NULL, version, &advice), 0);
	assert_int_equal(advice.timeout_s, timeout_s);
	return advice;
}

static void messages_are_a_third_and_bear_what_tcp_does(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		uint32_t period_s, count;
	} rows[] = {
		{2, 1, 7875},	       {3, 1, 7875},
		{4, 2, 3938},	       {6, 3, 2625},
		{10, 5, 1575},	       {15, 5, 1575},
		{60, 20, 394},	       {300, 100, 79},
		{350, 116, 68},	       {3600, 1200, 7},
		{7200, 2400, 4},       {9000, 3000, 3},
		{12000, 4000, 3},      {30000, 10000, 3},
		{5 * DAY_S, 32767, 3}, {DURATION_MAX_S, 32767, 3},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct advice advice = advice_for(row->timeout_s, &V9_6);

		assert_int_equal(advice.period_s, row->period_s);
		assert_int_equal(advice.count, row->count);
		/* An sshd that sends at the interval is told the same. */
		assert_true(advice.sshd.known);
		assert_false(advice.sshd.halved);
		assert_int_equal(advice.sshd.interval_s, row->period_s);
		assert_int_equal(advice.sshd.period_s, row->period_s);
		assert_int_equal(advice.sshd.count, row->count);
		assert_int_equal(advice_for(row->timeout_s, &V8_4).sshd.interval_s, row->period_s);
	}
}

/* An interval of 0 is none. */
static void sshd_that_doubles_gets_half(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		uint32_t interval_s, period_s, count, count_unknown;
	} rows[] = {
		{3, 1, 2, 3938, 7875},	    {4, 1, 2, 3938, 7875},
		{5, 1, 2, 3938, 7875},	    {6, 1, 2, 3938, 7875},
		{8, 2, 4, 1969, 3938},	    {15, 2, 4, 1969, 3938},
		{18, 3, 6, 1313, 2625},	    {350, 58, 116, 68, 136},
		{300, 50, 100, 79, 158},    {7200, 1200, 2400, 4, 7},
		{30000, 5000, 10000, 3, 3}, {5 * DAY_S, 16383, 32766, 3, 3},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct advice_sshd known = advice_for(row->timeout_s, &V9_2).sshd;
		struct advice_sshd unknown = advice_for(row->timeout_s, NULL).sshd;

		assert_true(known.known && known.halved);
		assert_int_equal(known.version.major, 9);
		assert_int_equal(known.version.minor, 2);
		assert_int_equal(known.interval_s, row->interval_s);
		assert_int_equal(known.period_s, row->period_s);
		assert_int_equal(known.count, row->count);
		assert_true(!unknown.known && unknown.halved);
		assert_int_equal(unknown.interval_s, row->interval_s);
		assert_int_equal(unknown.period_s, row->period_s);
		assert_int_equal(unknown.count, row->count_unknown);
	}
	assert_int_equal(advice_for(2, &V9_2).sshd.interval_s, 0);
	assert_int_equal(advice_for(2, NULL).sshd.interval_s, 0);
	assert_int_equal(advice_for(2, &V9_6).sshd.interval_s, 1);
}

static void tcp_is_within_what_the_kernel_takes(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		struct advice_tcp tcp;
	} rows[] = {
		{2, {1, 1, 127, 128}},
		{15, {5, 5, 127, 640}},
		{183, {61, 61, 127, 7808}},
		{186, {62, 62, 127, 7936}},
		{189, {63, 63, 124, 7875}},
		{350, {116, 116, 67, 7888}},
		{7200, {2400, 2400, 3, 9600}},
		{18000, {6000, 6000, 3, 24000}},
		{21599, {7199, 7199, 3, 28796}},
		/* From here on the defaults are fast enough. */
		{21600, {7200, 75, 9, 7875}},
		{5 * DAY_S, {7200, 75, 9, 7875}},
		{DURATION_MAX_S, {7200, 75, 9, 7875}},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct advice_tcp tcp = advice_for(row->timeout_s, &V9_6).tcp;

		assert_int_equal(tcp.idle_s, row->tcp.idle_s);
		assert_int_equal(tcp.interval_s, row->tcp.interval_s);
		assert_int_equal(tcp.count, row->tcp.count);
		assert_int_equal(tcp.budget_s, row->tcp.budget_s);
	}
}

/* Whatever the path and the version: fast enough, and an outage is borne as long as before. */
static void every_path_is_kept(void **state)
{
	static const struct sshd_version *const versions[] = {&V8_4, &V9_2, &V9_6, NULL};

	(void)state;
	for (uint64_t timeout_s = 3; timeout_s < 100000; timeout_s++) {
		struct advice advice = advice_for(timeout_s, versions[timeout_s % 4]);

		assert_true(advice.period_s <= timeout_s / 2 || timeout_s == 3);
		assert_true(advice.sshd.interval_s >= 1 && advice.sshd.period_s < timeout_s);
		assert_true(advice.sshd.period_s <= advice.period_s || advice.period_s == 1);
		assert_true(advice.tcp.idle_s <= advice.period_s);
		assert_true(advice.count * advice.period_s >= TCP_DEFAULT_BUDGET_S);
		assert_true(advice.sshd.count * advice.sshd.period_s >= TCP_DEFAULT_BUDGET_S);
		assert_true(advice.tcp.budget_s >= TCP_DEFAULT_BUDGET_S ||
			    advice.tcp.count == KEEPALIVE_COUNT_MAX);
	}
}

static void path_too_short_for_seconds_is_refused(void **state)
{
	static const uint64_t timeouts_ns[] = {1, NSEC_PER_SEC, 2 * NSEC_PER_SEC - 1};
	struct advice advice = {.timeout_s = 42};

	(void)state;
	for (size_t i = 0; i < sizeof(timeouts_ns) / sizeof(*timeouts_ns); i++) {
		struct path path = {.timeout_ns = timeouts_ns[i]};

		assert_int_equal(advice_make(&path, NULL, NULL, &advice), -ERANGE);
		assert_int_equal(advice.timeout_s, 42);
	}
}

/* What was learned is no whole number of seconds: cut, never rounded up. */
static void fraction_of_a_second_is_cut(void **state)
{
	struct path path = {.timeout_ns = 351 * NSEC_PER_SEC - 1};
	struct advice advice;

	(void)state;
	assert_int_equal(advice_make(&path, NULL, NULL, &advice), 0);
	assert_int_equal(advice.timeout_s, 350);
	assert_int_equal(advice.period_s, 116);
}

/* The file of a program, to be freed. */
static char *text_of(const char *program, const struct advice *advice)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_null(advice_obstacle(advice, advice_program_find(program)));
	advice_program_find(program)->print(advice, out);
	fclose(out);
	assert_int_equal(strlen(text), size);
	return text;
}

/* Of the file, what is no comment. */
static char *settings_of(const char *program, const struct advice *advice, const char *comment)
{
	char *text = text_of(program, advice), *end = text, *next;

	for (char *line = text; *line; line = next) {
		next = strchr(line, '\n');
		assert_non_null(next);
		next++;
		if (!strncmp(line, comment, strlen(comment)))
			continue;
		memmove(end, line, next - line);
		end += next - line;
	}
	*end = '\0';
	return text;
}

static void files_set_the_numbers(void **state)
{
	static const struct row {
		const char *program, *comment, *settings;
	} rows[] = {
		{"sshd", "# ",
		 "ClientAliveInterval 58\nClientAliveCountMax 68\nTCPKeepAlive yes\n"},
		{"ssh", "# ", "Host *\n\tServerAliveInterval 116\n\tServerAliveCountMax 68\n"},
		{"putty", "# ", "PingInterval=0\nPingIntervalSecs=116\n"},
		{"putty-reg", "; ",
		 "Windows Registry Editor Version 5.00\r\n\r\n"
		 "[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\"
		 "Default%20Settings]\r\n"
		 "\"PingInterval\"=dword:00000000\r\n\"PingIntervalSecs\"=dword:00000074\r\n"},
		{"securecrt", "# ",
		 "D:\"Idle NO-OP Check\"=00000001\nD:\"Idle NO-OP Timeout\"=00000074\n"},
		{"sysctl", "# ",
		 "net.ipv4.tcp_keepalive_time = 116\nnet.ipv4.tcp_keepalive_intvl = 116\n"
		 "net.ipv4.tcp_keepalive_probes = 67\n"},
	};
	struct advice advice = advice_for(350, &V9_2);
	size_t n = 0;

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++, n++) {
		char *settings = settings_of(row->program, &advice, row->comment);

		assert_string_equal(settings, row->settings);
		free(settings);
	}
	assert_non_null(advice_program_at(n - 1));
	assert_null(advice_program_at(n));
}

static void assert_says(const char *program, const struct advice *advice, const char *words)
{
	char *text = text_of(program, advice);

	if (!strstr(text, words))
		fail_msg("'%s' is not said in:\n%s", words, text);
	free(text);
}

static void comments_show_the_arithmetic(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		const char *program, *words;
	} rows[] = {
		{350, "ssh", "every 116 s keeps it open: 350 s / 3.\n"},
		{350, "ssh", "116 s x 68 = 7888 s, no less"},
		{350, "sysctl", "116 + 116 x 67 = 7888 s."},
		{3, "ssh", "every 1 s keeps it open: 3 s / 3.\n"},
		{11, "ssh", "every 5 s keeps it open: 11 s / 2.\n"},
		{12, "ssh", "every 5 s keeps it open: 12 s / 3, but not below 5 s.\n"},
		{98303, "ssh", "every 32767 s keeps it open: 98303 s / 3.\n"},
		{98304, "ssh",
		 "every 32767 s keeps it open: 98304 s / 3, but not above 32767 s.\n"},
		{15, "sysctl", "5 + 5 x 127 = 640 s."},
		{15, "sysctl", "More probes than 127 no socket takes"},
		{5 * DAY_S, "sysctl", "every 7200 s keeps it open: the kernel's defaults.\n"},
		{5 * DAY_S, "sysctl", "7200 + 75 x 9 = 7875 s."},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct advice advice = advice_for(row->timeout_s, &V9_6);

		assert_says(row->program, &advice, row->words);
	}
}

static void sshd_file_tells_the_version(void **state)
{
	struct advice known = advice_for(15, &V9_6), doubling = advice_for(15, &V9_2);
	struct advice unknown = advice_for(15, NULL);

	(void)state;
	assert_says("sshd", &known, "OpenSSH 9.6 sends at the interval.");
	assert_says("sshd", &known, "5 s x 1575 = 7875 s, no less");
	assert_says("sshd", &doubling, "OpenSSH 9.2 sends at twice the interval");
	assert_says("sshd", &doubling, "4 s x 1969 = 7876 s, no less");
	assert_says("sshd", &unknown, "The version of sshd is unknown");
	assert_says("sshd", &unknown, "2 s x 3938 = 7876 s or twice that, no less");
}

static void file_tells_whose_timeout_it_is(void **state)
{
	struct advice advice = advice_for(350, &V9_6);

	(void)state;
	assert_says("ssh", &advice, "the path forgets after 350 s of silence (--path-timeout).");
	advice.path.name = "aws-nlb";
	assert_says("ssh", &advice, "(aws-nlb, by --path-timeout).");
	advice.peer = "203.0.113.7";
	advice.path.source = PATH_CONFIG;
	assert_says("ssh", &advice,
		    "the path to 203.0.113.7 forgets after 350 s of silence "
		    "(aws-nlb, by the config");
	advice.path = (struct path){.source = PATH_LEARNED};
	assert_says("ssh", &advice, "(learned from earlier sessions).");
	advice.path.source = PATH_ASSUMED;
	assert_says("ssh", &advice, "(assumed, since nothing is known).");
}

static void only_sshd_can_be_too_slow(void **state)
{
	struct advice known = advice_for(2, &V9_2), unknown = advice_for(2, NULL);
	const struct advice_program *program;

	(void)state;
	for (size_t i = 0; (program = advice_program_at(i)); i++) {
		if (strcmp(program->name, "sshd") != 0) {
			assert_null(advice_obstacle(&known, program));
			continue;
		}
		assert_non_null(strstr(advice_obstacle(&known, program), "every 2 s at best"));
		assert_non_null(strstr(advice_obstacle(&unknown, program), "unknown"));
	}
}

static void programs_are_found_by_their_whole_names(void **state)
{
	char list[ADVICE_LIST_SIZE];

	(void)state;
	assert_string_equal(advice_program_list(list, sizeof(list)),
			    "sshd, ssh, putty, putty-reg, securecrt and sysctl");
	assert_string_equal(advice_program_find("ssh")->name, "ssh");
	assert_null(advice_program_find("ss"));
	assert_null(advice_program_find("SSH"));
	assert_null(advice_program_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_a_third_and_bear_what_tcp_does),
		cmocka_unit_test(sshd_that_doubles_gets_half),
		cmocka_unit_test(tcp_is_within_what_the_kernel_takes),
		cmocka_unit_test(every_path_is_kept),
		cmocka_unit_test(path_too_short_for_seconds_is_refused),
		cmocka_unit_test(fraction_of_a_second_is_cut),
		cmocka_unit_test(files_set_the_numbers),
		cmocka_unit_test(comments_show_the_arithmetic),
		cmocka_unit_test(sshd_file_tells_the_version),
		cmocka_unit_test(file_tells_whose_timeout_it_is),
		cmocka_unit_test(only_sshd_can_be_too_slow),
		cmocka_unit_test(programs_are_found_by_their_whole_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
