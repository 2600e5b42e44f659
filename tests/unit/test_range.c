// SPDX-License-Identifier: GPL-2.0-only
/* Threshold ranges: what is read, what raises an alert, how it is written. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../user/range.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

/* Examples of the guidelines first, then each part left out or at its limit. */
static void ranges_are_read(void **state)
{
	static const struct row {
		const char *text;
		enum range_kind kind;
		double start, end;
		bool alert_inside;
		const char *written;
	} rows[] = {
		{"10", RANGE_COUNT, 0, 10, false, "10"},
		{"10:", RANGE_COUNT, 10, INFINITY, false, "10:"},
		{"~:10", RANGE_COUNT, -INFINITY, 10, false, "~:10"},
		{"10:20", RANGE_COUNT, 10, 20, false, "10:20"},
		{"@10:20", RANGE_COUNT, 10, 20, true, "@10:20"},
		{"0", RANGE_COUNT, 0, 0, false, "0"},
		{"@0", RANGE_COUNT, 0, 0, true, "@0"},
		{":5", RANGE_COUNT, 0, 5, false, "5"},
		{"0:5", RANGE_COUNT, 0, 5, false, "5"},
		{"0:", RANGE_COUNT, 0, INFINITY, false, "0:"},
		{"~:", RANGE_COUNT, -INFINITY, INFINITY, false, "~:"},
		{"@~:", RANGE_COUNT, -INFINITY, INFINITY, true, "@~:"},
		{"@~:0", RANGE_COUNT, -INFINITY, 0, true, "@~:0"},
		{"-5:5", RANGE_COUNT, -5, 5, false, "-5:5"},
		{"-10:-5", RANGE_COUNT, -10, -5, false, "-10:-5"},
		{"5:5", RANGE_COUNT, 5, 5, false, "5:5"},
		{"0.5:1.25", RANGE_COUNT, 0.5, 1.25, false, "0.5:1.25"},
		{"0.0001:", RANGE_COUNT, 0.0001, INFINITY, false, "0.0001:"},
		{".5", RANGE_COUNT, 0, 0.5, false, "0.5"},
		{"-.00000006:3", RANGE_COUNT, -.00000006, 3, false, "3"},
		{"-0:", RANGE_COUNT, 0, INFINITY, false, "0:"},
		{"1000000000000", RANGE_COUNT, 0, 1e12, false, "1000000000000"},
		{"60", RANGE_LONGEST, 0, 60, false, "60"},
		{"1h30m", RANGE_LONGEST, 0, 5400, false, "5400"},
		{"90:1d", RANGE_LONGEST, 90, 86400, false, "90:86400"},
		{"@8h:", RANGE_LONGEST, 28800, INFINITY, true, "@28800:"},
		{"1.5", RANGE_LONGEST, 0, 1.5, false, "1.5"},
		{"400000000", RANGE_LONGEST, 0, 400000000, false, "400000000"},
		{"60", RANGE_SHORTEST, 60, INFINITY, false, "60:"},
		{"2m", RANGE_SHORTEST, 120, INFINITY, false, "120:"},
		{"0:60", RANGE_SHORTEST, 0, 60, false, "60"},
		{"@60", RANGE_SHORTEST, 60, INFINITY, true, "@60:"},
		{"~:2m", RANGE_SHORTEST, -INFINITY, 120, false, "~:120"},
	};
	const struct row *row;
	char written[RANGE_TEXT_SIZE];
	struct range range;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s\n", row->text);
		assert_int_equal(range_parse(row->text, strlen(row->text), row->kind, &range), 0);
		assert_true(range.start == row->start);
		assert_true(range.end == row->end);
		assert_int_equal(range.alert_inside, row->alert_inside);
		assert_string_equal(range_format(&range, written, sizeof(written)), row->written);
	}
}

static void others_are_refused(void **state)
{
	static const struct row {
		const char *text;
		enum range_kind kind;
		int err;
	} rows[] = {
		{"", RANGE_COUNT, -EINVAL},
		{"@", RANGE_COUNT, -EINVAL},
		{":", RANGE_COUNT, -EINVAL},
		{"@:", RANGE_COUNT, -EINVAL},
		{"~", RANGE_COUNT, -EINVAL},
		{"5:~", RANGE_COUNT, -EINVAL},
		{"x", RANGE_COUNT, -EINVAL},
		{"5x", RANGE_COUNT, -EINVAL},
		{" 5", RANGE_COUNT, -EINVAL},
		{"5 ", RANGE_COUNT, -EINVAL},
		{"5,6", RANGE_COUNT, -EINVAL},
		{"1:2:3", RANGE_COUNT, -EINVAL},
		{"@@5", RANGE_COUNT, -EINVAL},
		{"1@5", RANGE_COUNT, -EINVAL},
		{"+5", RANGE_COUNT, -EINVAL},
		{"--5", RANGE_COUNT, -EINVAL},
		{"-", RANGE_COUNT, -EINVAL},
		{".", RANGE_COUNT, -EINVAL},
		{"1.2.3", RANGE_COUNT, -EINVAL},
		{"1e3", RANGE_COUNT, -EINVAL},
		{"0x10", RANGE_COUNT, -EINVAL},
		{"inf", RANGE_COUNT, -EINVAL},
		{"nan", RANGE_COUNT, -EINVAL},
		{"1m", RANGE_COUNT, -EINVAL},
		{"1m:", RANGE_COUNT, -EINVAL},
		{"1x", RANGE_LONGEST, -EINVAL},
		{"99999999999999999999999999999999999999999", RANGE_COUNT, -EINVAL},
		{"1000000000001", RANGE_COUNT, -ERANGE},
		{"-1000000000001:", RANGE_COUNT, -ERANGE},
		{"3651d", RANGE_SHORTEST, -ERANGE},
		{"1h:3651d", RANGE_LONGEST, -ERANGE},
		{"5:4", RANGE_COUNT, -EDOM},
		{"-5", RANGE_COUNT, -EDOM}, /* from 0 to -5 */
		{"1h:30m", RANGE_LONGEST, -EDOM},
	};
	const struct range before = {.start = 1, .end = 2, .alert_inside = true};
	const struct row *row;
	struct range range;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("'%s'\n", row->text);
		memcpy(&range, &before, sizeof(range));
		assert_int_equal(range_parse(row->text, strlen(row->text), row->kind, &range),
				 row->err);
		assert_memory_equal(&range, &before, sizeof(range));
		assert_true(strlen(range_words(row->err)) > 0);
	}
}

/* What stands behind the length is not looked at. */
static void length_is_kept(void **state)
{
	struct range range;

	(void)state;
	assert_int_equal(range_parse("5,6", 1, RANGE_COUNT, &range), 0);
	assert_true(range.end == 5);
	assert_int_equal(range_parse("5:9", 1, RANGE_COUNT, &range), 0);
	assert_true(range.start == 0 && range.end == 5);
	assert_int_equal(range_parse("@9", 0, RANGE_COUNT, &range), -EINVAL);
}

static void endpoints_belong_to_the_range(void **state)
{
	static const struct row {
		const char *text;
		double value;
		bool alerts;
	} rows[] = {
		{"10", -0.1, true},    {"10", 0, false},	{"10", 10, false},
		{"10", 10.1, true},    {"10:", 9.9, true},	{"10:", 10, false},
		{"10:", 1e300, false}, {"~:10", -1e300, false}, {"~:10", 10, false},
		{"~:10", 11, true},    {"10:20", 9, true},	{"10:20", 10, false},
		{"10:20", 20, false},  {"10:20", 21, true},	{"@10:20", 9, false},
		{"@10:20", 10, true},  {"@10:20", 20, true},	{"@10:20", 21, false},
		{"0", 0, false},       {"0", 1, true},		{"@0", 0, true},
		{"~:", 5, false},      {"@~:", 5, true},	{"1:", 0, true},
	};
	const struct row *row;
	struct range range;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%g in %s\n", row->value, row->text);
		assert_int_equal(range_parse(row->text, strlen(row->text), RANGE_COUNT, &range), 0);
		assert_int_equal(range_alerts(&range, row->value), row->alerts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(length_is_kept),
		cmocka_unit_test(endpoints_belong_to_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
