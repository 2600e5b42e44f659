// SPDX-License-Identifier: GPL-2.0-only
/* Recognises an SSH-level keepalive in the bursts of a flow. Pure. */
#include "rhythm.h"

#include <stdlib.h>

#include "duration.h"

/* A burst as a conversation: what the first speaker said, and what the other. */
struct exchange {
	bool from_us;
	bool from_server;
	int32_t request;
	int32_t reply;
	int64_t silence_ms; /* before it */
};

/* The newest first. */
struct ring {
	unsigned int n;
	struct exchange exchanges[BURSTS_MAX];
};

static void read_ring(const struct flow_history *history, bool is_server, struct ring *ring)
{
	ring->n = history->burst_count < BURSTS_MAX ? history->burst_count : BURSTS_MAX;
	for (unsigned int i = 0; i < ring->n; i++) {
		unsigned int slot = (history->burst_next + 2 * BURSTS_MAX - 1 - i) % BURSTS_MAX;
		const struct burst *burst = &history->bursts[slot];
		bool from_us = history->burst_first_us >> slot & 1;

		ring->exchanges[i] = (struct exchange){
			.from_us = from_us,
			.from_server = from_us == is_server,
			.request = from_us ? burst->tx_bytes : burst->rx_bytes,
			.reply = from_us ? burst->rx_bytes : burst->tx_bytes,
			.silence_ms = burst->silence_ms,
		};
	}
}

static bool is_small(const struct exchange *exchange)
{
	return exchange->request <= ALIKE_BYTES_MAX && exchange->reply <= ALIKE_BYTES_MAX;
}

static bool may_be_keepalive(const struct exchange *exchange)
{
	int32_t shorter = exchange->request - exchange->reply;

	if (!is_small(exchange) || exchange->silence_ms < RHYTHM_PERIOD_MIN_MS)
		return false;
	if (exchange->from_server || !exchange->reply)
		return exchange->from_server == (exchange->reply > 0);
	return shorter >= RHYTHM_ANSWER_SHORTER ||
	       (shorter >= 0 && exchange->silence_ms >= RHYTHM_ECHO_PERIOD_MS);
}

static bool near(int64_t a, int64_t b, int64_t most)
{
	return llabs(a - b) <= most;
}

static bool in_time(const struct exchange *exchange, const struct exchange *model)
{
	return near(exchange->silence_ms, model->silence_ms,
		    ALIKE_SILENCE_DIFFER_MS(model->silence_ms));
}

static bool at_half_time(const struct exchange *exchange, const struct exchange *model)
{
	return near(2 * exchange->silence_ms, model->silence_ms,
		    ALIKE_SILENCE_DIFFER_MS(model->silence_ms));
}

/* A reply may be longer than another by a keepalive of the one who replies, if both have one. */
static bool belongs(const struct exchange *exchange, const struct exchange *model)
{
	return is_small(exchange) && exchange->from_us == model->from_us &&
	       !exchange->reply == !model->reply &&
	       near(exchange->request, model->request, ALIKE_BYTES_DIFFER) &&
	       (in_time(exchange, model) || (model->from_server && at_half_time(exchange, model)));
}

/* When the keepalive was due nothing came, or something else that was not the other end's. */
static bool contradicts(const struct exchange *exchange, const struct exchange *model)
{
	if (belongs(exchange, model) ||
	    exchange->silence_ms < model->silence_ms - ALIKE_SILENCE_DIFFER_MS(model->silence_ms))
		return false;
	return !in_time(exchange, model) || !may_be_keepalive(exchange) ||
	       exchange->from_us == model->from_us;
}

/* How many bursts belong to the model's rhythm, 0 where it is none. */
static unsigned int count_bursts(const struct ring *ring, const struct exchange *model)
{
	unsigned int n = 0, odd = 0;

	if (!may_be_keepalive(model))
		return 0;
	for (unsigned int i = 0; i < ring->n; i++) {
		n += belongs(&ring->exchanges[i], model);
		odd += contradicts(&ring->exchanges[i], model);
	}
	return n >= RHYTHM_BURSTS_MIN + (model->reply ? odd : 2 * odd) ? n : 0;
}

static void measure_period(const struct ring *ring, const struct exchange *model,
			   struct rhythm *rhythm)
{
	int64_t least = INT64_MAX, most = 0, sum = 0;
	unsigned int n = 0;

	for (unsigned int i = 0; i < ring->n; i++) {
		const struct exchange *exchange = &ring->exchanges[i];
		int64_t silence = exchange->silence_ms * NSEC_PER_MSEC;

		if (!belongs(exchange, model) || !in_time(exchange, model))
			continue;
		least = silence < least ? silence : least;
		most = silence > most ? silence : most;
		sum += silence;
		n++;
	}
	rhythm->period_ns = sum / n;
	rhythm->jitter_ns = most - rhythm->period_ns;
	if (rhythm->jitter_ns < rhythm->period_ns - least)
		rhythm->jitter_ns = rhythm->period_ns - least;
}

static void measure_run(const struct ring *ring, const struct exchange *model,
			struct rhythm *rhythm)
{
	const struct exchange *exchange = ring->exchanges;

	while (rhythm->run < ring->n && belongs(exchange, model)) {
		rhythm->run_ns += exchange->silence_ms * NSEC_PER_MSEC;
		rhythm->run++;
		exchange++;
	}
	for (exchange = ring->exchanges; !belongs(exchange, model); exchange++)
		rhythm->since_ns += exchange->silence_ms * NSEC_PER_MSEC;
}

static double confidence(const struct rhythm *rhythm)
{
	double part = (double)rhythm->n / BURSTS_MAX;
	double most_ms = ALIKE_SILENCE_DIFFER_MS(rhythm->period_ns / NSEC_PER_MSEC);
	double used = rhythm->jitter_ns / (most_ms * NSEC_PER_MSEC);

	return used < 1 ? part * (1 - used) : 0;
}

bool rhythm_find(const struct flow_history *history, bool is_server, struct rhythm *ret)
{
	const struct exchange *model = NULL;
	struct rhythm rhythm = {};
	struct ring ring;

	read_ring(history, is_server, &ring);
	for (unsigned int i = 0; i < ring.n; i++) {
		unsigned int n = count_bursts(&ring, &ring.exchanges[i]);

		if (n <= rhythm.n)
			continue;
		rhythm.n = n;
		model = &ring.exchanges[i];
	}
	if (!model)
		return false;
	rhythm.from_us = model->from_us;
	rhythm.replied = model->reply > 0;
	measure_period(&ring, model, &rhythm);
	measure_run(&ring, model, &rhythm);
	rhythm.confidence = confidence(&rhythm);
	*ret = rhythm;
	return true;
}
