// SPDX-License-Identifier: GPL-2.0-only
/* Durations as sshd writes them and as people read them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../../user/duration.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static void parse_sums_units(void **state)
{
	static const struct row {
		const char *text;
		uint64_t seconds;
	} rows[] = {
		{"0", 0},
		{"0s", 0},
		{"350", 350},
		{"350s", 350},
		{"350S", 350},
		{"007", 7},
		{"5m50s", 350},
		{"5M50S", 350},
		{"5m50", 350},
		{"50s5m", 350},
		{"1m1m", 120},
		{"1h30m", 5400},
		{"1H", 3600},
		{"1d", 86400},
		{"1D", 86400},
		{"1w", 604800},
		{"1W2d3h4m5s", 788645},
		{"3650d", DURATION_MAX_S},
		{"3649d23h59m60s", DURATION_MAX_S},
		{"315360000", DURATION_MAX_S},
	};
	const struct row *row;
	uint64_t seconds;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		assert_int_equal(duration_parse(row->text, &seconds), 0);
		assert_int_equal(seconds, row->seconds);
	}
}

static void parse_refuses(void **state)
{
	static const struct row {
		const char *text;
		int error;
	} rows[] = {
		{"", -EINVAL},
		{"s", -EINVAL},
		{"-1", -EINVAL},
		{"+1", -EINVAL},
		{" 1", -EINVAL},
		{"1 ", -EINVAL},
		{"1 m", -EINVAL},
		{"1m ", -EINVAL},
		{"1m\n", -EINVAL},
		{"1.5m", -EINVAL},
		{"1,5", -EINVAL},
		{"1y", -EINVAL},
		{"1ms", -EINVAL},
		{"5m50x", -EINVAL},
		{"5m-1s", -EINVAL},
		{"0x10", -EINVAL},
		{"1e3", -EINVAL},
		{"\xd9\xa1", -EINVAL}, /* an Arabic one */
		{"315360001", -ERANGE},
		{"3650d1", -ERANGE},
		{"3651d", -ERANGE},
		{"522w", -ERANGE},
		{"315360000w", -ERANGE},
		{"18446744073709551616", -ERANGE},
		{"18446744073709551617s", -ERANGE},
		{"99999999999999999999999999999999", -ERANGE},
	};
	const struct row *row;
	uint64_t seconds = 42;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		assert_int_equal(duration_parse(row->text, &seconds), row->error);
		assert_int_equal(seconds, 42);
	}
}

static void format_reads_well(void **state)
{
	const double day = 86400;
	const struct row {
		double seconds;
		const char *text;
	} rows[] = {
		{0, "0s"},
		{-0.0, "0s"},
		{0.09, "0s"},
		{0.1, "0.1s"},
		{0.49, "0.4s"},
		{0.999, "0.9s"},
		{1, "1s"},
		{7.99, "7s"},
		{59.999, "59s"},
		{60, "1m00s"},
		{212, "3m32s"},
		{3599.9, "59m59s"},
		{3600, "1h00m"},
		{7500, "2h05m"},
		{day - 0.1, "23h59m"},
		{day, "1d00h"},
		{41 * day + 3 * 3600, "41d03h"},
		{100 * day - 1, "99d23h"},
		{100 * day, "100d"},
		{365.9 * day, "365d"},
		{10000 * day - 1, "9999d"},
		{10000 * day, ">9999d"},
		{1e300, ">9999d"},
		{-0.001, "-"},
		{-5, "-"},
		{NAN, "-"},
		{INFINITY, "-"},
		{-INFINITY, "-"},
	};
	const struct row *row;
	char buf[DURATION_TEXT_SIZE];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_ptr_equal(duration_format(row->seconds, buf, sizeof(buf)), buf);
		assert_string_equal(buf, row->text);
		assert_true(strlen(buf) <= 6);
	}
}

static void format_keeps_to_the_buffer(void **state)
{
	char buf[4] = {'x', 'x', 'x', 'x'};

	(void)state;
	assert_string_equal(duration_format(212, buf, 3), "3m");
	assert_int_equal(buf[3], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_sums_units),
		cmocka_unit_test(parse_refuses),
		cmocka_unit_test(format_reads_well),
		cmocka_unit_test(format_keeps_to_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
