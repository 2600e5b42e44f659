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

/* By whole seconds, as ssh and sshd count, who ask for an answer; or by half, as some sshd are. */
static bool is_early(const struct exchange *exchange, const struct exchange *model)
{
	int64_t early_ms = model->silence_ms - exchange->silence_ms;

	if (!model->reply || early_ms < 0)
		return false;
	return early_ms <= ALIKE_EARLY_MS ||
	       (model->from_server && near(2 * exchange->silence_ms, model->silence_ms,
					   ALIKE_SILENCE_DIFFER_MS(model->silence_ms)));
}

/* A reply may be longer than another by a keepalive of the one who replies, if both have one. */
static bool belongs(const struct exchange *exchange, const struct exchange *model)
{
	return is_small(exchange) && exchange->from_us == model->from_us &&
	       !exchange->reply == !model->reply &&
	       near(exchange->request, model->request, ALIKE_BYTES_DIFFER) &&
	       (in_time(exchange, model) || is_early(exchange, model));
}

/* A keepalive of the other end came first, or this one, and more: the user began to type. */
static bool excuses(const struct exchange *exchange, const struct exchange *model)
{
	if (exchange->from_us != model->from_us)
		return may_be_keepalive(exchange);
	return model->reply && exchange->request >= model->request &&
	       exchange->reply >= model->reply;
}

/* The keepalive was due, and something else came, or nothing. */
static bool contradicts(const struct exchange *exchange, const struct exchange *model)
{
	if (belongs(exchange, model))
		return false;
	if (in_time(exchange, model))
		return !excuses(exchange, model);
	return exchange->silence_ms > model->silence_ms;
}

/* The bursts of a ring beside the model of a rhythm. */
struct tally {
	unsigned int n; /* belong to it */
	unsigned int in_time;
	unsigned int odd; /* contradict it */
};

static struct tally count_bursts(const struct ring *ring, const struct exchange *model)
{
	struct tally tally = {};

	for (unsigned int i = 0; i < ring->n; i++) {
		const struct exchange *exchange = &ring->exchanges[i];
		bool is_one = belongs(exchange, model);

		tally.n += is_one;
		tally.in_time += is_one && in_time(exchange, model);
		tally.odd += contradicts(exchange, model);
	}
	return tally;
}

static bool is_rhythm(const struct tally *tally, const struct exchange *model)
{
	unsigned int odd = model->reply ? tally->odd : 2 * tally->odd;

	return tally->in_time >= RHYTHM_IN_TIME_MIN && tally->n >= RHYTHM_BURSTS_MIN + odd;
}

/* That of the most bursts, and of these the one after the longest silence; NULL: there is none. */
static const struct exchange *find_model(const struct ring *ring, unsigned int *ret_n)
{
	const struct exchange *model = NULL;
	unsigned int most = 0;

	for (unsigned int i = 0; i < ring->n; i++) {
		const struct exchange *exchange = &ring->exchanges[i];
		struct tally tally = count_bursts(ring, exchange);

		if (!may_be_keepalive(exchange) || !is_rhythm(&tally, exchange) || tally.n < most)
			continue;
		if (tally.n > most || exchange->silence_ms > model->silence_ms)
			model = exchange;
		most = tally.n;
	}
	*ret_n = most;
	return model;
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
	const struct exchange *model;
	struct rhythm rhythm = {};
	struct ring ring;

	read_ring(history, is_server, &ring);
	model = find_model(&ring, &rhythm.n);
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
