// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes the search for a keepalive in the history of a flow. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../user/rhythm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_history history;
	struct rhythm rhythm;

	if (size != sizeof(history))
		return 0;
	memcpy(&history, data, sizeof(history));
	history.burst_count %= BURSTS_MAX + 1;
	history.burst_next %= BURSTS_MAX;
	for (int is_server = 0; is_server < 2; is_server++) {
		if (!rhythm_find(&history, is_server, &rhythm))
			continue;
		assert(rhythm.n >= RHYTHM_BURSTS_MIN && rhythm.n <= history.burst_count);
		assert(rhythm.run <= rhythm.n && rhythm.run_ns >= 0);
		assert(rhythm.period_ns >= RHYTHM_PERIOD_MIN_MS * 1000000LL);
		assert(rhythm.jitter_ns >= 0 && rhythm.jitter_ns <= rhythm.period_ns);
		assert(rhythm.confidence >= 0 && rhythm.confidence <= 1);
	}
	return 0;
}
