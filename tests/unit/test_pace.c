// SPDX-License-Identifier: GPL-2.0-only
/* How often to speak on a path, and how many silences a budget is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../../user/duration.h"
#include "../../user/pace.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static void period_is_a_third_within_bounds(void **state)
{
	static const struct row {
		uint64_t timeout_s;
		uint32_t period_s;
	} rows[] = {
		{0, 1},
		{1, 1},
		{2, 1},
		{3, 1},
		{4, 2},
		{9, 4},
		{10, 5},
		{14, 5},
		{15, 5},
		{17, 5},
		{18, 6},
		{350, 116},
		{98303, 32767},
		{98304, 32767},
		{98306, 32767},
		{DURATION_MAX_S, 32767},
		{UINT64_MAX, 32767},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++)
		assert_int_equal(pace_period_s(row->timeout_s), row->period_s);
}

static void period_is_faster_than_the_path(void **state)
{
	(void)state;
	for (uint64_t timeout_s = PACE_TIMEOUT_MIN_S; timeout_s < 200000; timeout_s++)
		assert_true(2 * pace_period_s(timeout_s) <= timeout_s);
	assert_false(pace_period_s(PACE_TIMEOUT_MIN_S - 1) < PACE_TIMEOUT_MIN_S - 1);
}

static void count_is_the_least_that_is_no_shorter(void **state)
{
	static const struct row {
		uint64_t budget_s;
		uint32_t period_s;
		uint64_t count;
	} rows[] = {
		{0, 1, 3},
		{3, 1, 3},
		{4, 1, 4},
		{0, 7, 3},
		{21, 7, 3},
		{22, 7, 4},
		{28, 7, 4},
		{7875, 1, 7875},
		{7875, 116, 68},
		{7875, 2625, 3},
		{7875, 2624, 4},
		{7875, 32767, 3},
		{4294967296, 2, 2147483648},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++)
		assert_int_equal(pace_count(row->budget_s, row->period_s), row->count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(period_is_a_third_within_bounds),
		cmocka_unit_test(period_is_faster_than_the_path),
		cmocka_unit_test(count_is_the_least_that_is_no_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
