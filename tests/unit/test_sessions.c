// SPDX-License-Identifier: GPL-2.0-only
/* Records of one socket become one session. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "../../user/sessions.h"
#include "blank.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define MANY 100000

struct owner_of {
	uint64_t cookie;
	uint32_t pid, fd;
};

/* A start record, and one for each owner. */
static struct stream make_stream(const struct owner_of *owners, size_t n)
{
	struct stream stream = blank_stream(n + 1);

	for (size_t i = 0; i < n; i++) {
		struct record_session *session = &stream_record(&stream, i + 1)->session;

		session->head.kind = RECORD_SESSION;
		session->cookie = owners[i].cookie;
		session->owner_pid = owners[i].pid;
		session->owner_fd = owners[i].fd;
	}
	return stream;
}

/* The owners of all sessions in order are the n expected, and each session's lie together. */
static void assert_owners(const struct sessions *sessions, const struct owner_of *expected,
			  size_t n)
{
	size_t seen = 0;

	for (size_t i = 0; i < sessions->n; i++) {
		const struct session *session = &sessions->list[i];

		assert_ptr_equal(session->record, session_owner(sessions, session, 0));
		for (uint32_t j = 0; j < session->n_owners; j++, seen++) {
			const struct record_session *owner = session_owner(sessions, session, j);

			assert_true(seen < n);
			assert_true(owner->cookie == expected[seen].cookie);
			assert_true(owner->cookie == session->record->cookie);
			assert_int_equal(owner->owner_pid, expected[seen].pid);
			assert_int_equal(owner->owner_fd, expected[seen].fd);
		}
	}
	assert_int_equal(seen, n);
}

static void merged(struct sessions *ret, const struct owner_of *owners, size_t n)
{
	struct stream stream = make_stream(owners, n);
	union record *const *blocks = stream.blocks;

	assert_int_equal(sessions_merge(&stream, ret), 0);
	assert_null(stream.blocks);
	assert_int_equal(stream.n, 0);
	assert_ptr_equal(ret->stream.blocks, blocks);
	assert_int_equal(ret->stream.n, n + 1);
}

static void none_is_a_list_too(void **state)
{
	struct sessions sessions;

	(void)state;
	merged(&sessions, NULL, 0);
	assert_int_equal(sessions.n, 0);
	sessions_free(&sessions);
	assert_null(sessions.list);
	assert_null(sessions.by_cookie);
	assert_null(sessions.stream.blocks);
	assert_int_equal(sessions.n, 0);
	sessions_free(&sessions);
}

static void owners_come_together_and_in_order(void **state)
{
	static const struct owner_of records[] = {
		{70, 12, 4}, {30, 9, 3},
		{70, 11, 9}, {UINT64_MAX, 1, 0},
		{70, 11, 4}, {30, 4000000000U, 3},
		{1, 5, 5},   {UINT64_MAX, 1, UINT32_MAX},
		{70, 2, 40}, {0x100000046ULL, 7, 7},
		{1, 5, 4},
	};
	static const struct owner_of expected[] = {
		{1, 5, 4},
		{1, 5, 5},
		{30, 9, 3},
		{30, 4000000000U, 3},
		{70, 2, 40},
		{70, 11, 4},
		{70, 11, 9},
		{70, 12, 4},
		{0x100000046ULL, 7, 7},
		{UINT64_MAX, 1, 0},
		{UINT64_MAX, 1, UINT32_MAX},
	};
	/* 0x46 is 70: the whole cookie counts */
	static const uint32_t counts[] = {2, 2, 4, 1, 2};
	struct sessions sessions;

	(void)state;
	merged(&sessions, records, ARRAY_END(records) - records);
	assert_int_equal(sessions.n, ARRAY_END(counts) - counts);
	for (size_t i = 0; i < sessions.n; i++)
		assert_int_equal(sessions.list[i].n_owners, counts[i]);
	assert_owners(&sessions, expected, ARRAY_END(expected) - expected);
	sessions_free(&sessions);
}

static void find_gives_the_first_record(void **state)
{
	static const struct owner_of records[] = {
		{5, 2, 1}, {5, 1, 9}, {5, 1, 3}, {1, 7, 1}, {UINT64_MAX, 4, 1},
	};
	static const struct owner_of first[] = {{1, 7, 1}, {5, 1, 3}, {UINT64_MAX, 4, 1}};
	static const uint64_t missing[] = {0, 2, 4, 6, UINT64_MAX - 1, 0x100000005ULL};
	struct sessions sessions;

	(void)state;
	merged(&sessions, records, ARRAY_END(records) - records);
	for (size_t i = 0; i < 3; i++) {
		const struct record_session *found = sessions_find(&sessions, first[i].cookie);

		assert_non_null(found);
		assert_true(found->cookie == first[i].cookie);
		assert_int_equal(found->owner_pid, first[i].pid);
		assert_int_equal(found->owner_fd, first[i].fd);
	}
	for (const uint64_t *cookie = missing; cookie < ARRAY_END(missing); cookie++)
		assert_null(sessions_find(&sessions, *cookie));
	sessions_free(&sessions);
}

static bool is_odd(const struct session *session, const void *data)
{
	(void)data;
	return session->record->cookie % 2;
}

static bool is_below(const struct session *session, const void *data)
{
	return session->record->cookie < *(const uint64_t *)data;
}

static void filter_keeps_order_and_owners(void **state)
{
	static const struct owner_of records[] = {
		{5, 1, 1}, {4, 1, 1}, {3, 2, 1}, {3, 1, 1}, {2, 1, 1}, {1, 1, 1},
	};
	static const struct owner_of odd[] = {{1, 1, 1}, {3, 1, 1}, {3, 2, 1}, {5, 1, 1}};
	static const struct owner_of odd_below_4[] = {{1, 1, 1}, {3, 1, 1}, {3, 2, 1}};
	uint64_t limit = 4;
	struct sessions sessions;

	(void)state;
	merged(&sessions, records, ARRAY_END(records) - records);
	sessions_filter(&sessions, is_odd, NULL);
	assert_int_equal(sessions.n, 3);
	assert_owners(&sessions, odd, ARRAY_END(odd) - odd);
	sessions_filter(&sessions, is_below, &limit);
	assert_int_equal(sessions.n, 2);
	assert_owners(&sessions, odd_below_4, ARRAY_END(odd_below_4) - odd_below_4);
	limit = UINT64_MAX;
	sessions_filter(&sessions, is_below, &limit);
	assert_int_equal(sessions.n, 2);
	limit = 0;
	sessions_filter(&sessions, is_below, &limit);
	assert_int_equal(sessions.n, 0);
	sessions_free(&sessions);
}

/* Two owners each, in an order that 7919, a prime, stirs. */
static void many_are_merged(void **state)
{
	struct owner_of *records = calloc(2 * MANY, sizeof(*records));
	struct sessions sessions;

	(void)state;
	assert_non_null(records);
	for (size_t i = 0; i < 2 * MANY; i++) {
		size_t stirred = i * 7919 % (2 * MANY);

		records[i] = (struct owner_of){1 + stirred / 2, 10 + stirred % 2, 4};
	}
	merged(&sessions, records, 2 * MANY);
	for (size_t i = 0; i < 2 * MANY; i++)
		records[i] = (struct owner_of){1 + i / 2, 10 + i % 2, 4};
	assert_int_equal(sessions.n, MANY);
	assert_owners(&sessions, records, 2 * MANY);
	sessions_free(&sessions);
	free(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_a_list_too),
		cmocka_unit_test(owners_come_together_and_in_order),
		cmocka_unit_test(find_gives_the_first_record),
		cmocka_unit_test(filter_keeps_order_and_owners),
		cmocka_unit_test(many_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
