// SPDX-License-Identifier: GPL-2.0-only
/* Bytes chosen by others never reach a terminal or a JSON text as they are. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../user/utf8.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define R "\xef\xbf\xbd" /* U+FFFD */

static void clean_replaces(void **state)
{
	static const struct row {
		const char *from, *to;
	} rows[] = {
		{"", ""},
		{"sshd: alice@pts/0", "sshd: alice@pts/0"},
		{" ~", " ~"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\xe2\x82\xac\xf0\x9f\x94\x91", "\xe2\x82\xac\xf0\x9f\x94\x91"},
		{"a\x1b[2Jb", "a" R "[2Jb"},
		{"\x01\x1f\n\r\t\x7f", R R R R R R},
		/* C1: U+0080, U+009B (CSI), U+009F; U+00A0 is none */
		{"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", R R R "\xc2\xa0"},
		/* bidirectional: U+061C, U+200E, U+200F, U+202A, U+202E, U+2066, U+2069 */
		{"\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa", R R R R},
		{"\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", R R R},
		/* their neighbours: U+061B U+061D U+200D U+2010 U+202F U+2065 U+206A */
		{"\xd8\x9b\xd8\x9d\xe2\x80\x8d\xe2\x80\x90",
		 "\xd8\x9b\xd8\x9d\xe2\x80\x8d\xe2\x80\x90"},
		{"\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"},
		/* U+2027, separators U+2028 and U+2029 */
		{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9", "\xe2\x80\xa7" R R},
		/* the last of two bytes, first and last of three and of four */
		{"\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
		{"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
		{"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
		/* lone continuations, bytes that never occur */
		{"\x80\xbf", R R},
		{"\xc0\xc1\xf5\xfe\xff", R R R R R},
		/* overlong: each byte by itself is a maximal subpart */
		{"\xc0\xaf\xe0\x80\xaf", R R R R R},
		{"\xe0\x9f\xbf\xf0\x8f\xbf\xbf", R R R R R R R},
		/* surrogates U+D800, U+DFFF */
		{"\xed\xa0\x80\xed\xbf\xbf", R R R R R R},
		/* above U+10FFFF */
		{"\xf4\x90\x80\x80", R R R R},
		/* cut short: one for the maximal subpart, and what follows counts again */
		{"\xc3", R},
		{"\xe2\x82", R},
		{"\xf0\x9f\x94", R},
		{"\xe2\x82x\xf0\x9f\x94y", R "x" R "y"},
		{"\xe2\xe2\x82\xac", R "\xe2\x82\xac"},
		{"\xc3\n", R R},
		/* The Unicode Standard, table 3-8 and 3-11 */
		{"\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
		 "a" R R R "b" R "c" R R "d"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", R R R R "A"},
	};
	const struct row *row;
	char dst[128];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_int_equal(utf8_clean(row->from, strlen(row->from), dst, sizeof(dst)),
				 strlen(row->to));
		assert_string_equal(dst, row->to);
	}
}

static void clean_stops_at_length_and_nul(void **state)
{
	static const struct row {
		const char *src;
		size_t len;
		const char *dst;
	} rows[] = {
		{"abc", 0, ""},
		{"abc", 2, "ab"},
		{"ab\0cd", 5, "ab"},
		{"\0cd", 3, ""},
		{"a\xe2\x82\xac", 3, "a" R},   /* the character goes on behind the length */
		{"a\xe2\x82\0\xac", 5, "a" R}, /* nor does it go on behind the NUL */
	};
	const struct row *row;
	char dst[32];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_int_equal(utf8_clean(row->src, row->len, dst, sizeof(dst)),
				 strlen(row->dst));
		assert_string_equal(dst, row->dst);
	}
}

/* src need not end with NUL: comm of 16 bytes. The sanitizer sees a byte read too many. */
static void clean_reads_no_byte_behind(void **state)
{
	char *src = test_malloc(16), dst[64];

	(void)state;
	memset(src, 'a', 16);
	assert_int_equal(utf8_clean(src, 16, dst, sizeof(dst)), 16);
	src[15] = '\xc3';
	assert_int_equal(utf8_clean(src, 16, dst, sizeof(dst)), 18);
	test_free(src);
}

static void clean_never_splits(void **state)
{
	static const char src[] = "a\xc3\xbc\xe2\x82\xac\x1b\xf0\x9f\x94\x91";
	static const char all[] = "a\xc3\xbc\xe2\x82\xac" R "\xf0\x9f\x94\x91";
	static const size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 9, 9, 9, 9, 13};
	char dst[16];
	size_t size;

	(void)state;
	for (size = 1; size <= sizeof(all); size++) {
		memset(dst, 'x', sizeof(dst));
		assert_int_equal(utf8_clean(src, strlen(src), dst, size), ends[size - 1]);
		assert_memory_equal(dst, all, ends[size - 1]);
		assert_int_equal(dst[ends[size - 1]], '\0');
		assert_int_equal(dst[size], 'x');
	}
	dst[0] = 'x';
	assert_int_equal(utf8_clean(src, strlen(src), dst, 0), 0);
	assert_int_equal(dst[0], 'x');
}

/* Written from the definition: what must come out of one code point, encoded without thought. */
static bool shown_as_is(unsigned int code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && code != 0x61c && code != 0x200e &&
	       code != 0x200f && !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069);
}

static size_t encode(unsigned int code, char *dst)
{
	static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4, i;

	for (i = len; i-- > 1; code >>= 6)
		dst[i] = (char)(0x80 | (code & 0x3f));
	dst[0] = (char)(marks[len] | code);
	return len;
}

static void clean_knows_every_code_point(void **state)
{
	unsigned int code;
	char src[4], dst[16];
	size_t len, got;

	(void)state;
	for (code = 1; code < 0x110000; code++) {
		len = encode(code, src);
		got = utf8_clean(src, len, dst, sizeof(dst));
		if (code >= 0xd800 && code <= 0xdfff)
			assert_string_equal(dst, R R R);
		else if (!shown_as_is(code))
			assert_string_equal(dst, R);
		else if (got != len || memcmp(src, dst, len) != 0)
			fail_msg("U+%04X", code);
	}
}

/* Whatever goes in, what comes out is clean: it goes through unchanged. */
static void clean_is_stable(void **state)
{
	char src[64], once[3 * sizeof(src) + 1], twice[sizeof(once)];
	uint32_t random = 1;
	size_t i, len;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(src); i++) {
			random = random * 1664525 + 1013904223;
			src[i] = (char)(random >> 24 | (random >> 10 & 0x80));
		}
		len = utf8_clean(src, sizeof(src), once, sizeof(once));
		assert_int_equal(utf8_clean(once, len, twice, sizeof(twice)), len);
		assert_string_equal(once, twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_replaces),
		cmocka_unit_test(clean_stops_at_length_and_nul),
		cmocka_unit_test(clean_reads_no_byte_behind),
		cmocka_unit_test(clean_never_splits),
		cmocka_unit_test(clean_knows_every_code_point),
		cmocka_unit_test(clean_is_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
