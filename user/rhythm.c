// SPDX-License-Identifier: GPL-2.0-only
/* Recognises an SSH-level keepalive in the bursts of a flow. Pure. */
#include "rhythm.h"

#include <stdlib.h>

#define NSEC_PER_MSEC 1000000LL

/* Burst i counted back from the newest, 0..burst_count-1. */
static unsigned int slot_of(const struct flow_history *history, unsigned int i)
{
	return (history->burst_next + 2 * BURSTS_MAX - 1 - i) % BURSTS_MAX;
}

static bool near(int64_t a, int64_t b, int64_t most)
{
	return llabs(a - b) <= most;
}

static bool is_small(const struct burst *burst)
{
	return burst->rx_bytes <= ALIKE_BYTES_MAX && burst->tx_bytes <= ALIKE_BYTES_MAX;
}

/* Compared with the newest, not with its neighbour: a slow drift is no rhythm. */
static bool belongs(const struct flow_history *history, unsigned int i)
{
	unsigned int slot = slot_of(history, i), newest = slot_of(history, 0);
	const struct burst *burst = &history->bursts[slot], *model = &history->bursts[newest];

	return is_small(burst) &&
	       (history->burst_first_us >> slot & 1) == (history->burst_first_us >> newest & 1) &&
	       near(burst->rx_bytes, model->rx_bytes, ALIKE_BYTES_DIFFER) &&
	       near(burst->tx_bytes, model->tx_bytes, ALIKE_BYTES_DIFFER) &&
	       near(burst->silence_ms, model->silence_ms,
		    ALIKE_SILENCE_DIFFER_MS + model->silence_ms / 8);
}

static void measure(const struct flow_history *history, struct rhythm *rhythm)
{
	const struct burst *newest = &history->bursts[slot_of(history, 0)];

	for (unsigned int i = 0; i < rhythm->n; i++)
		rhythm->sum_ns += history->bursts[slot_of(history, i)].silence_ms * NSEC_PER_MSEC;
	rhythm->period_ns = rhythm->sum_ns / rhythm->n;
	for (unsigned int i = 0; i < rhythm->n; i++) {
		int64_t silence = history->bursts[slot_of(history, i)].silence_ms * NSEC_PER_MSEC;
		int64_t distance = llabs(silence - rhythm->period_ns);

		if (distance > rhythm->jitter_ns)
			rhythm->jitter_ns = distance;
	}
	rhythm->from_us = history->burst_first_us >> slot_of(history, 0) & 1;
	rhythm->replied = newest->rx_bytes && newest->tx_bytes;
}

bool rhythm_find(const struct flow_history *history, struct rhythm *ret)
{
	struct rhythm rhythm = {};

	while (rhythm.n < history->burst_count && belongs(history, rhythm.n))
		rhythm.n++;
	if (rhythm.n < RHYTHM_BURSTS_MIN)
		return false;
	measure(history, &rhythm);
	*ret = rhythm;
	return true;
}
