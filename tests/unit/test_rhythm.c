// SPDX-License-Identifier: GPL-2.0-only
/* The rhythm of an SSH-level keepalive: found where it is, and nowhere else. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/rhythm.h"

struct seen {
	struct burst burst;
	bool first_us;
};

/* The oldest first, as the recorder would have put them into its ring, whatever fell out of it. */
static struct flow_history ring_of(const struct seen *seen, unsigned int n)
{
	struct flow_history history = {};

	for (unsigned int i = 0; i < n; i++) {
		unsigned int slot = i % BURSTS_MAX;

		history.bursts[slot] = seen[i].burst;
		history.burst_first_us &= ~(1 << slot);
		history.burst_first_us |= seen[i].first_us << slot;
		history.burst_next = (slot + 1) % BURSTS_MAX;
		if (history.burst_count < BURSTS_MAX)
			history.burst_count++;
	}
	return history;
}

/* Log-in, then keepalives, as the recorder saw them of OpenSSH 9.2. */
static const struct seen server_alive[] = {
	{{0, 3577, 3421}, false}, {{2999, 52, 28}, false}, {{2999, 52, 28}, false},
	{{2956, 52, 28}, false},  {{3000, 52, 28}, false},
};

static const struct seen client_alive[] = {
	{{0, 3585, 3421}, false},
	{{4005, 36, 60}, true},
	{{4004, 36, 60}, true},
	{{4003, 36, 60}, true},
};

/* SSH_MSG_IGNORE goes one way. */
static const struct seen ignore[] = {
	{{0, 3585, 3421}, false}, {{20000, 0, 68}, true}, {{20011, 0, 68}, true},
	{{19990, 0, 68}, true},	  {{20002, 0, 68}, true}, {{20001, 0, 68}, true},
	{{20000, 0, 68}, true},	  {{20003, 0, 68}, true}, {{20000, 0, 68}, true},
	{{20000, 0, 68}, true},	  {{20000, 0, 68}, true},
};

static void keepalive_of_the_peer_is_found(void **state)
{
	struct flow_history history = ring_of(server_alive, 5);
	struct rhythm rhythm;

	(void)state;
	assert_true(rhythm_find(&history, &rhythm));
	assert_false(rhythm.from_us);
	assert_true(rhythm.replied);
	assert_int_equal(rhythm.n, 4);
	assert_int_equal(rhythm.sum_ns, 11954000000);
	assert_int_equal(rhythm.period_ns, 2988500000);
	assert_int_equal(rhythm.jitter_ns, 32500000);
}

static void keepalive_of_ours_is_found(void **state)
{
	struct flow_history history = ring_of(client_alive, 4);
	struct rhythm rhythm;

	(void)state;
	assert_true(rhythm_find(&history, &rhythm));
	assert_true(rhythm.from_us);
	assert_true(rhythm.replied);
	assert_int_equal(rhythm.period_ns, 4004000000);
}

static void one_way_keepalive_fills_the_ring(void **state)
{
	struct flow_history history = ring_of(ignore, 11);
	struct rhythm rhythm;

	(void)state;
	assert_true(rhythm_find(&history, &rhythm));
	assert_false(rhythm.replied);
	assert_int_equal(rhythm.n, BURSTS_MAX);
}

static void two_bursts_are_no_rhythm(void **state)
{
	struct flow_history history = ring_of(server_alive, 3);
	struct rhythm rhythm = {.n = 77};

	(void)state;
	assert_false(rhythm_find(&history, &rhythm));
	assert_int_equal(rhythm.n, 77);
	history = ring_of(server_alive, 4);
	assert_true(rhythm_find(&history, &rhythm));
}

static void no_burst_is_no_rhythm(void **state)
{
	struct flow_history history = {};
	struct rhythm rhythm;

	(void)state;
	assert_false(rhythm_find(&history, &rhythm));
}

/* The newest three, the first of which is varied to the bounds and one beyond. */
struct variation {
	struct seen oldest;
	bool found;
};

static void bounds_hold(void **state)
{
	static const struct variation variations[] = {
		{{{8000, 100, 100}, true}, true},  {{{8000, 116, 100}, true}, true},
		{{{8000, 117, 100}, true}, false}, {{{8000, 84, 100}, true}, true},
		{{{8000, 83, 100}, true}, false},  {{{8000, 100, 116}, true}, true},
		{{{8000, 100, 117}, true}, false}, {{{9500, 100, 100}, true}, true},
		{{{9501, 100, 100}, true}, false}, {{{6500, 100, 100}, true}, true},
		{{{6499, 100, 100}, true}, false}, {{{8000, 100, 100}, false}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(variations) / sizeof(*variations); i++) {
		struct seen seen[3] = {
			variations[i].oldest, {{8000, 100, 100}, true}, {{8000, 100, 100}, true}};
		struct flow_history history = ring_of(seen, 3);
		struct rhythm rhythm;

		if (rhythm_find(&history, &rhythm) != variations[i].found)
			fail_msg("variation %zu", i);
	}
}

static void large_bursts_are_no_keepalive(void **state)
{
	struct seen seen[3] = {
		{{8000, 0, 192}, true}, {{8000, 0, 192}, true}, {{8000, 0, 192}, true}};
	struct flow_history history = ring_of(seen, 3);
	struct rhythm rhythm;

	(void)state;
	assert_true(rhythm_find(&history, &rhythm));
	for (int i = 0; i < 3; i++)
		seen[i].burst.tx_bytes = 193;
	history = ring_of(seen, 3);
	assert_false(rhythm_find(&history, &rhythm));
}

/* A user who types between two keepalives ends the rhythm until it has beaten three times more. */
static void typing_breaks_it(void **state)
{
	struct seen seen[6];
	struct flow_history history;
	struct rhythm rhythm;

	(void)state;
	memcpy(seen, server_alive, sizeof(server_alive));
	seen[5] = (struct seen){{1200, 36, 36}, false};
	history = ring_of(seen, 6);
	assert_false(rhythm_find(&history, &rhythm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keepalive_of_the_peer_is_found),
		cmocka_unit_test(keepalive_of_ours_is_found),
		cmocka_unit_test(one_way_keepalive_fills_the_ring),
		cmocka_unit_test(two_bursts_are_no_rhythm),
		cmocka_unit_test(no_burst_is_no_rhythm),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(large_bursts_are_no_keepalive),
		cmocka_unit_test(typing_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
