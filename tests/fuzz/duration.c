// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes durations, and what takes them: ranges, timeouts, lists of ports. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/duration.h"
#include "../../user/policy.h"
#include "../../user/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is printed of a range reads back as the same. */
static void try_range(const char *text, size_t size, enum range_kind kind)
{
	char shown[RANGE_TEXT_SIZE], again[RANGE_TEXT_SIZE];
	struct range range;

	if (range_parse(text, size, kind, &range))
		return;
	range_format(&range, shown, sizeof(shown));
	assert(!range_parse(shown, strlen(shown), RANGE_COUNT, &range));
	assert(!strcmp(range_format(&range, again, sizeof(again)), shown));
}

static void try_seconds(const uint8_t *data, size_t size)
{
	char shown[DURATION_TEXT_SIZE];
	double seconds;

	if (size != sizeof(seconds))
		return;
	memcpy(&seconds, data, sizeof(seconds));
	assert(*duration_format(seconds, shown, sizeof(shown)) && strlen(shown) <= 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	uint64_t seconds, ns;
	uint16_t ports[PORTS_MAX];
	const char *name;
	size_t n;

	assert(text);
	if (!duration_parse(text, &seconds))
		assert(seconds <= DURATION_MAX_S);
	if (!policy_timeout_parse(text, &ns, &name))
		assert(ns && ns <= DURATION_MAX_S * NSEC_PER_SEC);
	if (!ports_parse(text, ports, &n))
		assert(n > 0 && n <= PORTS_MAX);
	for (enum range_kind kind = RANGE_COUNT; kind <= RANGE_SHORTEST; kind++)
		try_range(text, strlen(text), kind);
	try_seconds(data, size);
	free(text);
	return 0;
}
