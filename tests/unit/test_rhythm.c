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

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define MS(ms) ((ms)*INT64_C(1000000))

struct seen {
	struct burst burst;
	bool first_us;
};

/* A burst that we, or the peer, began: silence before it in ms, bytes received, bytes sent. */
#define US(silence, rx, tx)             \
	{                               \
		{silence, rx, tx}, true \
	}
#define PEER(silence, rx, tx)            \
	{                                \
		{silence, rx, tx}, false \
	}
#define AT_SERVER true
#define AT_CLIENT false

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

static bool find(const struct seen *seen, unsigned int n, bool is_server, struct rhythm *ret)
{
	struct flow_history history = ring_of(seen, n);

	return rhythm_find(&history, is_server, ret);
}

/* What the recorder saw of a real program. */
struct capture {
	const char *name;
	bool is_server;
	struct seen seen[BURSTS_MAX];
};

/* One of a keepalive, and what is to be found in it. */
struct keepalive {
	struct capture capture;
	bool from_us;
	bool replied;
	unsigned int n;
	unsigned int run;
	int64_t period_ms;
	int64_t jitter_ms; /* rounded up */
};

/* clang-format off */
static const struct keepalive keepalives[] = {
	{ { "ssh, ServerAliveInterval 3, chacha20-poly1305", AT_SERVER,
	  { PEER(2999, 52, 28), PEER(2999, 52, 28), PEER(2995, 52, 28), PEER(3002, 52, 28),
	    PEER(2998, 52, 28), PEER(2998, 52, 28), PEER(2998, 52, 28), PEER(2998, 52, 28) } },
	  false, true, 8, 8, 2998, 4 },
	{ { "the same at its client", AT_CLIENT,
	  { US(3001, 28, 52), US(3000, 28, 52), US(2995, 28, 52), US(3002, 28, 52),
	    US(2999, 28, 52), US(3000, 28, 52), US(2999, 28, 52), US(2999, 28, 52) } },
	  true, true, 8, 8, 2999, 5 },
	{ { "aes128-gcm: the least difference of request and reply", AT_SERVER,
	  { PEER(3000, 52, 36), PEER(2997, 52, 36), PEER(2994, 52, 36), PEER(3008, 52, 36),
	    PEER(2998, 52, 36), PEER(2999, 52, 36), PEER(3000, 52, 36), PEER(2998, 52, 36) } },
	  false, true, 8, 8, 2999, 9 },
	{ { "aes128-ctr, umac-64-etm: the smallest", AT_SERVER,
	  { PEER(3000, 44, 28), PEER(2994, 44, 28), PEER(2998, 44, 28), PEER(2999, 44, 28),
	    PEER(2991, 44, 28), PEER(3008, 44, 28), PEER(3000, 44, 28), PEER(2997, 44, 28) } },
	  false, true, 8, 8, 2998, 10 },
	{ { "aes256-ctr, hmac-sha2-512", AT_SERVER,
	  { PEER(3001, 112, 80), PEER(2993, 112, 80), PEER(2997, 112, 80), PEER(3001, 112, 80),
	    PEER(2995, 112, 80), PEER(3003, 112, 80), PEER(2999, 112, 80), PEER(2998, 112, 80) } },
	  false, true, 8, 8, 2998, 6 },
	{ { "aes128-gcm, compressed", AT_SERVER,
	  { PEER(10996, 36, 36), PEER(10999, 36, 28), PEER(11001, 36, 36), PEER(11003, 36, 28),
	    PEER(10995, 36, 36), PEER(11002, 36, 28), PEER(10998, 36, 36), PEER(10999, 36, 28) } },
	  false, true, 8, 8, 10999, 5 },
	{ { "sshd, ClientAliveInterval 2, hmac-sha2-512-etm: the largest", AT_SERVER,
	  { US(4007, 84, 116), US(4021, 84, 116), US(4018, 84, 116), US(4019, 84, 116),
	    US(4010, 84, 116), US(4022, 84, 116), US(4021, 84, 116), US(4014, 84, 116) } },
	  true, true, 8, 8, 4016, 10 },
	{ { "ClientAliveInterval 2, once after its interval", AT_SERVER,
	  { US(4012, 36, 68), US(2013, 36, 68), US(4022, 36, 68), US(4018, 36, 68),
	    US(4016, 36, 68), US(4022, 36, 68), US(4021, 36, 68), US(4021, 36, 68) } },
	  true, true, 8, 8, 4018, 7 },
	{ { "the same at its client", AT_CLIENT,
	  { PEER(3971, 68, 36), PEER(2011, 68, 36), PEER(4021, 68, 36), PEER(4017, 68, 36),
	    PEER(4016, 68, 36), PEER(4022, 68, 36), PEER(4021, 68, 36), PEER(4021, 68, 36) } },
	  false, true, 8, 8, 4012, 42 },
	{ { "ClientAliveInterval 2, compressed", AT_SERVER,
	  { US(3975, 36, 44), US(4021, 36, 36), US(4017, 36, 36), US(4024, 36, 36),
	    US(4021, 36, 36), US(4022, 36, 36), US(4022, 36, 36), US(4014, 36, 36) } },
	  true, true, 8, 8, 4014, 40 },
	{ { "ClientAlive and ServerAlive of 6 s, after the log-in", AT_SERVER,
	  { PEER(1883, 2008, 2360), PEER(5184, 52, 28), PEER(6004, 52, 28), PEER(5999, 52, 28),
	    PEER(6000, 52, 28), PEER(6000, 52, 28), PEER(5999, 52, 28), PEER(5999, 52, 28) } },
	  false, true, 7, 7, 6000, 4 },
	{ { "plink, PingIntervalSecs 4", AT_SERVER,
	  { PEER(4019, 36, 0), PEER(4020, 36, 0), PEER(4019, 36, 0), PEER(4019, 36, 0),
	    PEER(4026, 36, 0), PEER(4017, 36, 0), PEER(4019, 36, 0), PEER(4020, 36, 0) } },
	  false, false, 8, 8, 4019, 7 },
	{ { "the same at its client", AT_CLIENT,
	  { US(4019, 0, 36), US(4020, 0, 36), US(4019, 0, 36), US(4019, 0, 36),
	    US(4026, 0, 36), US(4017, 0, 36), US(4019, 0, 36), US(4020, 0, 36) } },
	  true, false, 8, 8, 4019, 7 },
	{ { "SSH_MSG_IGNORE of libssh, hmac-sha2-512-etm", AT_SERVER,
	  { PEER(4001, 84, 0), PEER(4000, 84, 0), PEER(4001, 84, 0), PEER(4004, 84, 0),
	    PEER(4000, 84, 0), PEER(4001, 84, 0), PEER(4001, 84, 0), PEER(4001, 84, 0) } },
	  false, false, 8, 8, 4001, 3 },
	{ { "PingIntervalSecs 10 and ClientAliveInterval 2, now and then in one burst", AT_SERVER,
	  { US(4017, 36, 60), US(4020, 72, 60), US(4020, 36, 60), US(4018, 36, 60),
	    US(4015, 72, 60), US(4019, 36, 60), US(4020, 72, 60), US(4016, 36, 60) } },
	  true, true, 8, 8, 4018, 4 },
	{ { "ServerAliveInterval 3, keys exchanged anew every 10 s", AT_SERVER,
	  { PEER(3006, 52, 28), PEER(1003, 2780, 2372), PEER(2917, 52, 28), PEER(2956, 52, 28),
	    PEER(2999, 52, 28), PEER(1006, 2780, 2372), PEER(2885, 52, 28), PEER(2949, 52, 28) } },
	  false, true, 6, 2, 2952, 68 },
	{ { "ClientAliveInterval 2, keys exchanged anew just before it is due", AT_SERVER,
	  { US(4022, 36, 60), PEER(3013, 2780, 2372), US(4018, 36, 60), US(4019, 36, 60),
	    PEER(3015, 2780, 2372), US(4017, 36, 60), US(4016, 36, 60), PEER(3015, 2780, 2372) } },
	  true, true, 5, 0, 4018, 4 },
	{ { "ServerAliveInterval 5, a key typed every 12 s", AT_SERVER,
	  { PEER(5004, 52, 28), PEER(2279, 36, 36), PEER(4716, 52, 28), PEER(5003, 52, 28),
	    PEER(2280, 36, 36), PEER(4716, 52, 28), PEER(5004, 52, 28), PEER(2281, 36, 36) } },
	  false, true, 5, 0, 4888, 173 },
	{ { "ServerAliveInterval 5, typing; once it met a key", AT_SERVER,
	  { PEER(4845, 52, 28), PEER(4960, 88, 64), PEER(4351, 52, 28), PEER(5004, 52, 28),
	    PEER(1662, 36, 36), PEER(4333, 52, 28), PEER(5004, 52, 28), PEER(1676, 36, 36) } },
	  false, true, 5, 0, 4951, 107 },
	{ { "ClientAliveInterval 5, a key typed every 12 s", AT_SERVER,
	  { US(10012, 36, 60), PEER(1944, 36, 36), US(10004, 36, 60), PEER(1948, 36, 36),
	    US(10008, 36, 60), PEER(1950, 36, 36), US(10008, 36, 60), PEER(1952, 36, 36) } },
	  true, true, 4, 0, 10008, 4 },
};

static const struct capture others[] = {
	{ "a key every 1.5 s", AT_SERVER,
	  { PEER(1503, 36, 36), PEER(1500, 36, 36), PEER(1500, 36, 36), PEER(1503, 36, 36),
	    PEER(1497, 36, 36), PEER(1500, 36, 36), PEER(1503, 36, 36), PEER(1500, 36, 36) } },
	{ "a key every 4 s, compressed", AT_SERVER,
	  { PEER(4000, 36, 36), PEER(4000, 36, 36), PEER(4004, 36, 36), PEER(4000, 36, 36),
	    PEER(3994, 36, 36), PEER(4001, 36, 36), PEER(4001, 36, 36), PEER(4000, 36, 36) } },
	{ "the same at the client", AT_CLIENT,
	  { US(4000, 36, 36), US(4000, 36, 36), US(4004, 36, 36), US(4000, 36, 36),
	    US(3994, 36, 36), US(4001, 36, 36), US(4001, 36, 36), US(4000, 36, 36) } },
	{ "Enter at a prompt every 3 s", AT_SERVER,
	  { PEER(2999, 36, 68), PEER(3000, 36, 68), PEER(2996, 36, 68), PEER(3003, 36, 68),
	    PEER(3004, 36, 68), PEER(2997, 36, 68), PEER(3001, 36, 68), PEER(3003, 36, 68) } },
	{ "a command every 3 s", AT_SERVER,
	  { PEER(2981, 44, 172), PEER(2969, 44, 172), PEER(2968, 44, 208), PEER(2983, 44, 208),
	    PEER(2981, 44, 208), PEER(2975, 44, 172), PEER(2962, 44, 208), PEER(2983, 44, 208) } },
	{ "typing", AT_SERVER,
	  { PEER(1440, 36, 140), PEER(2865, 36, 36), PEER(4132, 36, 208), PEER(18433, 36, 140),
	    PEER(1051, 36, 36), PEER(1329, 252, 424), PEER(2957, 288, 320), PEER(16225, 36, 36) } },
	{ "the space bar in less every 3 s", AT_SERVER,
	  { PEER(2996, 36, 104), PEER(3000, 36, 60), PEER(3003, 36, 104), PEER(3003, 36, 60),
	    PEER(3004, 36, 60), PEER(3000, 36, 60), PEER(3000, 36, 60), PEER(3002, 36, 60) } },
	{ "a loop that prints the date every 3 s", AT_SERVER,
	  { US(3035, 0, 68), US(3049, 0, 68), US(3044, 0, 68), US(3040, 0, 68),
	    US(3036, 0, 68), US(3042, 0, 68), US(3054, 0, 68), US(3053, 0, 68) } },
	{ "the same at the client", AT_CLIENT,
	  { PEER(3035, 68, 0), PEER(3049, 68, 0), PEER(3044, 68, 0), PEER(3040, 68, 0),
	    PEER(3036, 68, 0), PEER(3042, 68, 0), PEER(3054, 68, 0), PEER(3053, 68, 0) } },
	{ "watch", AT_SERVER,
	  { US(3066, 0, 132), US(3021, 0, 132), US(3026, 0, 132), US(3022, 0, 96),
	    US(3023, 0, 96), US(3026, 0, 132), US(3076, 0, 132), US(3058, 0, 96) } },
	{ "top", AT_SERVER,
	  { US(3025, 0, 3100), US(3021, 0, 3224), US(3033, 0, 3108), US(3035, 0, 3144),
	    US(2994, 0, 3144), US(3022, 0, 3152), US(3033, 0, 3144), US(3026, 0, 3108) } },
	{ "tail -f", AT_SERVER,
	  { US(3012, 0, 44), US(3015, 0, 44), US(3017, 0, 44), US(3021, 0, 44),
	    US(3016, 0, 44), US(3020, 0, 44), US(3026, 0, 44), US(3020, 0, 44) } },
	{ "chaff around typed keys", AT_SERVER,
	  { PEER(2025, 8028, 108), PEER(2022, 8028, 108), PEER(2020, 8028, 108),
	    PEER(2022, 8028, 108), PEER(2025, 8028, 108), PEER(2021, 8028, 108),
	    PEER(2020, 8028, 108), PEER(2024, 5256, 108) } },
	{ "a check through a tunnel every 3 s, each a connection", AT_SERVER,
	  { PEER(3062, 208, 160), PEER(3080, 208, 160), PEER(3050, 208, 160), PEER(3109, 208, 160),
	    PEER(3052, 208, 160), PEER(3054, 208, 160), PEER(3064, 208, 160),
	    PEER(3032, 208, 160) } },
	{ "a question and its answer through a tunnel every 3 s", AT_SERVER,
	  { PEER(3051, 44, 44), PEER(3017, 44, 44), PEER(3018, 44, 44), PEER(3025, 44, 44),
	    PEER(3011, 44, 44), PEER(3048, 44, 44), PEER(3043, 44, 44), PEER(3056, 44, 44) } },
	{ "sftp -l 200, put", AT_SERVER,
	  { PEER(10195, 65535, 176), PEER(10200, 65535, 176), PEER(10197, 65535, 176),
	    PEER(10199, 65535, 176), PEER(10201, 65535, 176), PEER(10162, 65535, 140),
	    PEER(10193, 65535, 176), PEER(10157, 65535, 104) } },
	{ "sftp -l 100, get, the last of it from the client's buffer", AT_SERVER,
	  { PEER(20377, 128, 65535), PEER(20384, 164, 65535), PEER(20395, 36, 0),
	    PEER(20401, 36, 0), PEER(20412, 36, 0), PEER(20402, 36, 0), PEER(5236, 36, 0),
	    PEER(15167, 36, 0) } },
	{ "sftp -l 250, more of the same", AT_SERVER,
	  { PEER(6845, 36, 54088), PEER(9492, 36, 0), PEER(8163, 36, 0), PEER(8161, 72, 0),
	    PEER(8160, 36, 0), PEER(8161, 36, 0), PEER(8161, 36, 0), PEER(8160, 36, 0) } },
	{ "sftp -l 400, the same", AT_SERVER,
	  { PEER(5099, 36, 0), PEER(5101, 36, 0), PEER(5100, 36, 0), PEER(5101, 72, 0),
	    PEER(5099, 36, 0), PEER(3942, 36, 0), PEER(6259, 36, 0), PEER(5100, 36, 0) } },
	{ "sftp -l 2000, the same", AT_SERVER,
	  { PEER(1020, 36, 0), PEER(1021, 36, 0), PEER(1019, 36, 0), PEER(1020, 36, 0),
	    PEER(1020, 36, 0), PEER(1020, 144, 0), PEER(1235, 36, 0), PEER(1020, 36, 0) } },
};
/* clang-format on */

static void keepalives_are_found(void **state)
{
	const struct keepalive *row;

	(void)state;
	for (row = keepalives; row < ARRAY_END(keepalives); row++) {
		const struct capture *capture = &row->capture;
		struct rhythm rhythm;

		print_message("%s\n", capture->name);
		assert_true(find(capture->seen, BURSTS_MAX, capture->is_server, &rhythm));
		assert_int_equal(rhythm.from_us, row->from_us);
		assert_int_equal(rhythm.replied, row->replied);
		assert_int_equal(rhythm.n, row->n);
		assert_int_equal(rhythm.run, row->run);
		assert_int_equal(rhythm.period_ns / MS(1), row->period_ms);
		assert_in_range(rhythm.jitter_ns, MS(row->jitter_ms - 1), MS(row->jitter_ms));
	}
}

static void nothing_else_is_found(void **state)
{
	const struct capture *capture;

	(void)state;
	for (capture = others; capture < ARRAY_END(others); capture++) {
		struct rhythm rhythm;

		print_message("%s\n", capture->name);
		assert_false(find(capture->seen, BURSTS_MAX, capture->is_server, &rhythm));
	}
}

/* Log-in, then keepalives. */
static const struct seen server_alive[] = {
	PEER(0, 3577, 3421), PEER(2999, 52, 28), PEER(2999, 52, 28),
	PEER(2956, 52, 28),  PEER(3000, 52, 28),
};

static void two_bursts_are_no_rhythm(void **state)
{
	struct rhythm rhythm = {.n = 77};

	(void)state;
	assert_false(find(server_alive, 0, AT_SERVER, &rhythm));
	assert_false(find(server_alive, 3, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 77);
	assert_true(find(server_alive, 4, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 3);
}

static void silences_are_measured(void **state)
{
	struct rhythm rhythm;

	(void)state;
	assert_true(find(server_alive, 5, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.period_ns, 2988500000);
	assert_int_equal(rhythm.jitter_ns, 32500000);
	assert_int_equal(rhythm.run_ns, MS(11954));
}

static void what_came_behind_it_ends_the_run(void **state)
{
	struct seen seen[8];
	struct rhythm rhythm;

	(void)state;
	memcpy(seen, server_alive, sizeof(server_alive));
	seen[5] = (struct seen)PEER(1200, 36, 36);
	seen[6] = (struct seen)PEER(1100, 72, 180);
	assert_true(find(seen, 7, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 4);
	assert_int_equal(rhythm.run, 0);
	assert_int_equal(rhythm.run_ns, 0);
}

/* Of three bursts the oldest is varied to the bounds and one beyond. */
static void bursts_are_alike_within_bounds(void **state)
{
	static const struct variation {
		struct seen oldest;
		bool found;
	} rows[] = {
		{US(8000, 60, 100), true},
		{US(8000, 60, 108), true},
		{US(8000, 60, 109), false},
		{US(8000, 60, 92), true},
		{US(8000, 60, 91), false},
		{US(9066, 60, 100), true}, /* by its own sixteenth */
		{US(9067, 60, 100), false},
		{US(7000, 60, 100), true},
		{US(6999, 60, 100), false},
		/* half, as sshd 9.2 has it */
		{US(4000, 60, 100), true},
		{US(4500, 60, 100), true},
		{US(4501, 60, 100), false},
		{US(3500, 60, 100), true},
		{US(3499, 60, 100), false},
		/* an answer may carry another keepalive, but it must be there, and small */
		{US(8000, 128, 100), true},
		{US(8000, 129, 100), false},
		{US(8000, 1, 100), true},
		{US(8000, 0, 100), false},
		{PEER(8000, 60, 100), false},
		{PEER(8000, 100, 60), false},
	};
	const struct variation *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct seen seen[] = {row->oldest, US(8000, 60, 100), US(8000, 60, 100)};
		struct rhythm rhythm;

		print_message("row %td\n", row - rows);
		assert_int_equal(find(seen, 3, AT_SERVER, &rhythm), row->found);
	}
}

/* Below 8 s by an eighth; who is answered may be early by a second, which is no jitter. */
static void short_silences_differ_less(void **state)
{
	static const struct row {
		uint32_t oldest_ms;
		bool one_way, answered;
	} rows[] = {
		{3500, true, true},   {3499, false, true}, {4571, true, true},
		{4572, false, false}, {3000, false, true}, {2999, false, false},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct seen ping[] = {PEER(row->oldest_ms, 36, 0), PEER(4000, 36, 0),
				      PEER(4000, 36, 0)};
		struct seen alive[] = {PEER(row->oldest_ms, 52, 28), PEER(4000, 52, 28),
				       PEER(4000, 52, 28)};
		struct rhythm rhythm = {};

		print_message("%u ms\n", row->oldest_ms);
		assert_int_equal(find(ping, 3, AT_SERVER, &rhythm), row->one_way);
		assert_int_equal(find(alive, 3, AT_SERVER, &rhythm), row->answered);
		if (row->answered && !row->one_way)
			assert_int_equal(rhythm.period_ns, MS(4000));
	}
}

/* Three bursts of one kind, at either end: what may be a keepalive at all. */
static void kinds_of_keepalive(void **state)
{
	static const struct kind {
		struct seen seen;
		bool at_server, at_client;
	} rows[] = {
		/* one way from us: a command's output, or the client's IGNORE */
		{US(8000, 0, 68), false, true},
		{PEER(8000, 68, 0), true, false},
		{PEER(8000, 128, 0), true, false},
		{PEER(8000, 129, 0), false, false},
		/* a server's request is told by being answered */
		{US(8000, 28, 28), true, false},
		{US(8000, 72, 60), true, false},
		{PEER(8000, 60, 72), false, true},
		{US(8000, 128, 128), true, false},
		{US(8000, 129, 128), false, false},
		{US(8000, 128, 129), false, false},
		/* a client's request by what its answer is shorter */
		{PEER(8000, 52, 36), true, true},
		{PEER(8000, 52, 37), false, true},
		{US(8000, 36, 52), true, true},
		{US(8000, 37, 52), true, false},
		/* or, where it could be a key and its echo, by the patience of who presses it */
		{PEER(9999, 36, 36), false, true},
		{PEER(10000, 36, 36), true, true},
		{PEER(10000, 36, 37), false, true},
		/* gulps of traffic */
		{PEER(1499, 52, 28), false, false},
		{PEER(1500, 52, 28), true, true},
	};
	const struct kind *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct seen seen[] = {row->seen, row->seen, row->seen};
		struct rhythm rhythm;

		print_message("row %td\n", row - rows);
		assert_int_equal(find(seen, 3, AT_SERVER, &rhythm), row->at_server);
		assert_int_equal(find(seen, 3, AT_CLIENT, &rhythm), row->at_client);
	}
}

/* Only a server's keepalive comes at half the time. */
static void client_is_never_early(void **state)
{
	static const struct seen seen[] = {PEER(8000, 52, 28), PEER(4000, 52, 28),
					   PEER(8000, 52, 28), PEER(8000, 52, 28)};
	struct rhythm rhythm;

	(void)state;
	assert_true(find(seen, 4, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 3);
	assert_int_equal(rhythm.run, 2);
	assert_true(find(seen, 4, AT_CLIENT, &rhythm));
	assert_int_equal(rhythm.n, 4);
}

/* A silence that lasted a period without ending in the keepalive asks for one burst more. */
static void contradictions_are_outweighed(void **state)
{
	static const struct row {
		struct seen odd[2];
		unsigned int beats;
	} rows[] = {
		/* nothing else was due before */
		{{PEER(6999, 500, 500), PEER(6999, 500, 500)}, 3},
		/* something else came when it was due, or nothing came */
		{{PEER(6999, 500, 500), PEER(7000, 500, 27)}, 4},
		{{PEER(7000, 51, 500), PEER(7000, 500, 27)}, 5},
		{{PEER(9001, 500, 500), PEER(3600000, 500, 500)}, 5},
		{{PEER(9067, 52, 28), PEER(6000, 52, 28)}, 4},
		/* a keepalive of the other end came first, or not in time either */
		{{US(7000, 36, 60), US(8000, 36, 60)}, 3},
		{{US(9001, 36, 60), US(8000, 36, 60)}, 4},
		{{US(7000, 0, 60), US(8000, 36, 600)}, 5},
		/* there is more in it than the keepalive */
		{{PEER(7000, 61, 28), PEER(8000, 500, 500)}, 3},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct seen seen[BURSTS_MAX] = {row->odd[0], row->odd[1]};
		struct rhythm rhythm;

		print_message("row %td\n", row - rows);
		for (unsigned int n = 2; n < BURSTS_MAX; n++)
			seen[n] = (struct seen)PEER(8000, 52, 28);
		assert_false(find(seen, 2 + row->beats - 1, AT_SERVER, &rhythm));
		assert_true(find(seen, 2 + row->beats, AT_SERVER, &rhythm));
		assert_int_equal(rhythm.n, row->beats);
	}
}

/* One that the network delayed does not make all others early. */
static void a_late_one_sets_no_period(void **state)
{
	static const struct seen seen[] = {PEER(4000, 52, 28), PEER(4000, 52, 28),
					   PEER(4600, 52, 28), PEER(4000, 52, 28),
					   PEER(4000, 52, 28)};
	struct rhythm rhythm;

	(void)state;
	assert_false(find(seen, 3, AT_SERVER, &rhythm));
	assert_true(find(seen, 5, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 4);
	assert_int_equal(rhythm.period_ns, MS(4000));
}

/* The longest silence tells what is early: 4351 is no more than early to 5004. */
static void early_ones_shorten_no_period(void **state)
{
	static const struct seen seen[] = {PEER(5004, 52, 28), PEER(5004, 52, 28),
					   PEER(4351, 52, 28), PEER(4845, 52, 28)};
	struct rhythm rhythm;

	(void)state;
	assert_true(find(seen, 4, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.n, 4);
	assert_int_equal(rhythm.period_ns, MS(4951));
}

static void one_way_asks_for_two(void **state)
{
	static const struct seen seen[] = {PEER(8000, 72, 0), PEER(8000, 36, 0), PEER(8000, 36, 0),
					   PEER(8000, 36, 0), PEER(8000, 36, 0), PEER(8000, 36, 0)};
	struct rhythm rhythm;

	(void)state;
	assert_false(find(seen, 5, AT_SERVER, &rhythm));
	assert_true(find(seen, 6, AT_SERVER, &rhythm));
}

static void assert_confidence(const struct seen *seen, unsigned int n, double expected)
{
	struct rhythm rhythm;

	assert_true(find(seen, n, AT_SERVER, &rhythm));
	if (rhythm.confidence < expected - 1e-6 || rhythm.confidence > expected + 1e-6)
		fail_msg("%f, not %f", rhythm.confidence, expected);
}

/* Of 8 bursts those that belong, of the tolerance what the jitter leaves. */
static void confidence_grows_with_bursts_and_falls_with_jitter(void **state)
{
	struct seen seen[] = {PEER(8000, 52, 28), PEER(8000, 52, 28), PEER(8000, 52, 28),
			      PEER(8000, 52, 28), PEER(8000, 52, 28), PEER(8000, 52, 28),
			      PEER(8000, 52, 28), PEER(8000, 52, 28), PEER(1200, 36, 36)};

	(void)state;
	assert_confidence(seen, 3, 3 / 8.0);
	assert_confidence(seen, 7, 7 / 8.0);
	assert_confidence(seen, 8, 1);
	assert_confidence(seen, 9, 7 / 8.0);
	/* mean 8100, jitter 200 of 1006 */
	seen[1].burst.silence_ms = 8300;
	assert_confidence(seen, 3, 3 / 8.0 * (1 - 200 / 1006.0));
	/* the widest: 7000, 8000 and 9000 */
	seen[0].burst.silence_ms = 7000;
	seen[1].burst.silence_ms = 9000;
	assert_confidence(seen, 3, 0);
}

/* A copy of a file may hold anything. */
static void garbage_is_borne(void **state)
{
	struct flow_history history;
	struct rhythm rhythm;

	(void)state;
	for (int fill = 0; fill < 256; fill++) {
		memset(&history, fill, sizeof(history));
		if (rhythm_find(&history, AT_SERVER, &rhythm))
			assert_in_range(rhythm.run, 0, BURSTS_MAX);
	}
	memset(&history, 0xff, sizeof(history));
	for (int i = 0; i < BURSTS_MAX; i++)
		history.bursts[i] = (struct burst){UINT32_MAX, 36, 60};
	assert_true(rhythm_find(&history, AT_SERVER, &rhythm));
	assert_int_equal(rhythm.run, BURSTS_MAX);
	assert_int_equal(rhythm.run_ns, BURSTS_MAX * MS(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keepalives_are_found),
		cmocka_unit_test(nothing_else_is_found),
		cmocka_unit_test(two_bursts_are_no_rhythm),
		cmocka_unit_test(silences_are_measured),
		cmocka_unit_test(what_came_behind_it_ends_the_run),
		cmocka_unit_test(bursts_are_alike_within_bounds),
		cmocka_unit_test(short_silences_differ_less),
		cmocka_unit_test(kinds_of_keepalive),
		cmocka_unit_test(client_is_never_early),
		cmocka_unit_test(contradictions_are_outweighed),
		cmocka_unit_test(a_late_one_sets_no_period),
		cmocka_unit_test(early_ones_shorten_no_period),
		cmocka_unit_test(one_way_asks_for_two),
		cmocka_unit_test(confidence_grows_with_bursts_and_falls_with_jitter),
		cmocka_unit_test(garbage_is_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
