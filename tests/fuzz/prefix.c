// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes prefixes: what is printed of one reads back as the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/prefix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), shown[PREFIX_TEXT_SIZE];
	struct prefix prefix, again;

	assert(text);
	if (!prefix_parse_masked(text, &prefix)) {
		assert(!prefix_parse(prefix_format(&prefix, shown, sizeof(shown)), &again));
		assert(prefix_equal(&prefix, &again) && prefix_match(&prefix, again.addr));
	}
	if (!prefix_parse(text, &again))
		assert(prefix_equal(&prefix, &again));
	free(text);
	return 0;
}
