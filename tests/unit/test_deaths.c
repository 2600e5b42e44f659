// SPDX-License-Identifier: GPL-2.0-only
/* Obituaries: order, what was missed, what is half written, the choice of them. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/deaths.h"

#define RECORDS 6

static void make_deaths(union record records[RECORDS], const uint64_t numbers[RECORDS - 1])
{
	for (int i = 0; i < RECORDS; i++)
		records[i] = (union record){};
	records[0].head.kind = RECORD_START;
	for (int i = 1; i < RECORDS; i++) {
		records[i].head.kind = RECORD_DEATH;
		records[i].death.death.number = numbers[i - 1];
		records[i].death.death.closed_ns = numbers[i - 1] * 1000;
		records[i].death.number_after = numbers[i - 1];
	}
}

static void the_newest_come_first(void **state)
{
	static const uint64_t numbers[] = {7, 3, 9, 1, 8}, sorted[] = {9, 8, 7, 3, 1};
	union record records[RECORDS];
	struct stream stream = {(union record *[]){records}, 1, RECORDS};
	struct deaths deaths;

	(void)state;
	make_deaths(records, numbers);
	records[0].start.counters[COUNTER_DEATHS] = 9;
	assert_int_equal(deaths_make(&stream, &deaths), 0);
	assert_int_equal(deaths.n, 5);
	assert_int_equal(deaths.missed, 4);
	for (size_t i = 0; i < deaths.n; i++)
		assert_int_equal(deaths.list[i]->number, sorted[i]);
	deaths_free(&deaths);
}

/* One that came after the count was read is not missed, nor less than nothing. */
static void none_is_missed_that_is_there(void **state)
{
	static const uint64_t numbers[] = {1, 2, 3, 4, 5};
	union record records[RECORDS];
	struct stream stream = {(union record *[]){records}, 1, RECORDS};
	struct deaths deaths;

	(void)state;
	make_deaths(records, numbers);
	records[0].start.counters[COUNTER_DEATHS] = 4;
	assert_int_equal(deaths_make(&stream, &deaths), 0);
	assert_int_equal(deaths.missed, 0);
	deaths_free(&deaths);
}

static void half_written_ones_are_left_out(void **state)
{
	static const uint64_t numbers[] = {1, 2, 3, 4, 5};
	union record records[RECORDS];
	struct stream stream = {(union record *[]){records}, 1, RECORDS};
	struct deaths deaths;

	(void)state;
	make_deaths(records, numbers);
	records[1].death.death.number = 0;
	records[1].death.number_after = 0;
	records[2].death.number_after = 1026;
	records[3].head.kind = RECORD_PATH;
	records[0].start.counters[COUNTER_DEATHS] = 5;
	assert_int_equal(deaths_make(&stream, &deaths), 0);
	assert_int_equal(deaths.n, 2);
	assert_int_equal(deaths.missed, 3);
	deaths_free(&deaths);
}

static void chosen_by_time_and_by_cut(void **state)
{
	static const uint64_t numbers[] = {1, 2, 3, 4, 5};
	union record records[RECORDS];
	struct stream stream = {(union record *[]){records}, 1, RECORDS};
	struct deaths deaths;

	(void)state;
	make_deaths(records, numbers);
	records[2].death.death.cause = END_RESET_RECEIVED;
	records[3].death.death.cause = END_RESET_SENT;
	records[4].death.death.cause = END_UNREACHABLE;
	assert_int_equal(deaths_make(&stream, &deaths), 0);
	deaths_filter(&deaths, 2000, false);
	assert_int_equal(deaths.n, 4);
	deaths_filter(&deaths, 0, true);
	assert_int_equal(deaths.n, 2);
	assert_int_equal(deaths.list[0]->number, 4);
	assert_int_equal(deaths.list[1]->number, 2);
	deaths_filter(&deaths, 4001, true);
	assert_int_equal(deaths.n, 0);
	deaths_free(&deaths);
}

static void only_what_nobody_wanted_is_a_cut(void **state)
{
	static const struct row {
		enum end_cause cause;
		bool cut, orderly;
	} rows[] = {
		{END_FIN_US, false, true},
		{END_FIN_PEER, false, true},
		{END_RESET_SENT, false, false},
		{END_RESET_RECEIVED, true, false},
		{END_KEEPALIVE_TIMEOUT, true, false},
		{END_RETRANSMISSION_TIMEOUT, true, false},
		{END_UNREACHABLE, true, false},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(*rows), END_CAUSES);
	for (int i = 0; i < END_CAUSES; i++) {
		assert_int_equal(cause_is_cut(rows[i].cause), rows[i].cut);
		assert_int_equal(cause_is_orderly(rows[i].cause), rows[i].orderly);
		assert_non_null(cause_name(rows[i].cause));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_come_first),
		cmocka_unit_test(none_is_missed_that_is_there),
		cmocka_unit_test(half_written_ones_are_left_out),
		cmocka_unit_test(chosen_by_time_and_by_cut),
		cmocka_unit_test(only_what_nobody_wanted_is_a_cut),
	};

	return cmocka_run_group_tests_name("deaths", tests, NULL, NULL);
}
