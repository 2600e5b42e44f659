// SPDX-License-Identifier: GPL-2.0-only
/* Bytes chosen by others, made safe to print. */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Well-formed sequences, The Unicode Standard table 3-7; bytes from the third on are 80..BF. */
static const struct lead {
	uint8_t first, last;
	uint8_t second_min, second_max;
	uint8_t len;
} leads[] = {
	{0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static const struct range {
	uint32_t first, last;
} unsafe[] = {
	{0x0000, 0x001f}, /* C0 */
	{0x007f, 0x009f}, /* DEL, C1 */
	{0x061c, 0x061c}, /* Arabic letter mark */
	{0x200e, 0x200f}, /* left-to-right and right-to-left mark */
	{0x2028, 0x202e}, /* line and paragraph separator, embeddings and overrides */
	{0x2066, 0x2069}, /* isolates */
};

static const struct lead *lead_find(uint8_t byte)
{
	const struct lead *lead;

	for (lead = leads; lead < ARRAY_END(leads); lead++)
		if (byte >= lead->first && byte <= lead->last)
			return lead;
	return NULL;
}

static bool is_unsafe(uint32_t code)
{
	const struct range *range;

	for (range = unsafe; range < ARRAY_END(unsafe); range++)
		if (code >= range->first && code <= range->last)
			return true;
	return false;
}

/*
 * Bytes of src (len > 0) that make one character, or the maximal subpart of one; whether it may be
 * shown as it is.
 */
static size_t char_read(const uint8_t *src, size_t len, bool *ret_good)
{
	const struct lead *lead = lead_find(src[0]);
	uint8_t min, max;
	uint32_t code;
	size_t i;

	*ret_good = false;
	if (!lead)
		return 1;
	min = lead->second_min;
	max = lead->second_max;
	code = lead->len == 1 ? src[0] : src[0] & (0x7fU >> lead->len);
	for (i = 1; i < lead->len; i++) {
		if (i == len || src[i] < min || src[i] > max)
			return i;
		code = code << 6 | (src[i] & 0x3f);
		min = 0x80;
		max = 0xbf;
	}
	*ret_good = !is_unsafe(code);
	return i;
}

size_t utf8_clean(const char *src, size_t len, char *dst, size_t size)
{
	const char *end = src + strnlen(src, len);
	size_t written = 0, taken, given;
	bool good;

	if (!size)
		return 0;
	for (; src < end; src += taken, written += given) {
		taken = char_read((const uint8_t *)src, (size_t)(end - src), &good);
		given = good ? taken : sizeof(replacement) - 1;
		if (given >= size - written)
			break;
		memcpy(dst + written, good ? src : replacement, given);
	}
	dst[written] = '\0';
	return written;
}
