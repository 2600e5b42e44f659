// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes: how they are read, what they hold, how they are shown. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../user/prefix.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static struct prefix prefix(const char *text)
{
	struct prefix found;

	assert_int_equal(prefix_parse(text, &found), 0);
	return found;
}

static void parse_reads_one_form(void **state)
{
	static const struct row {
		const char *text;
		uint8_t len;
		const char *shown;
	} rows[] = {
		{"10.0.0.0/8", 104, "10.0.0.0/8"},
		{"10.0.0.0/08", 104, "10.0.0.0/8"},
		{"10.1.2.0/24", 120, "10.1.2.0/24"},
		{"10.1.2.128/25", 121, "10.1.2.128/25"},
		{"192.0.2.7", 128, "192.0.2.7"},
		{"192.0.2.7/32", 128, "192.0.2.7"},
		{"192.0.2.6/31", 127, "192.0.2.6/31"},
		{"0.0.0.0/0", 96, "0.0.0.0/0"},
		{"128.0.0.0/1", 97, "128.0.0.0/1"},
		{"255.255.255.255", 128, "255.255.255.255"},
		{"::/0", 0, "::/0"},
		{"8000::/1", 1, "8000::/1"},
		{"2001:db8::/32", 32, "2001:db8::/32"},
		{"2001:DB8:0:0::/32", 32, "2001:db8::/32"},
		{"2001:db8::1", 128, "2001:db8::1"},
		{"2001:db8::1/128", 128, "2001:db8::1"},
		{"::ffff:192.0.2.7", 128, "192.0.2.7"},
		{"::ffff:c000:207", 128, "192.0.2.7"},
		{"::ffff:10.0.0.0/104", 104, "10.0.0.0/8"},
		{"::ffff:0:0/96", 96, "0.0.0.0/0"},
		{"1111:2222:3333:4444:5555:6666:123.123.123.123/128", 128,
		 "1111:2222:3333:4444:5555:6666:7b7b:7b7b"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 127,
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"},
	};
	const struct row *row;
	char buf[PREFIX_TEXT_SIZE];
	struct prefix again, found;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		found = prefix(row->text);
		assert_int_equal(found.len, row->len);
		assert_string_equal(prefix_format(&found, buf, sizeof(buf)), row->shown);
		again = prefix(buf);
		assert_true(prefix_equal(&found, &again));
	}
}

static void parse_puts_ipv4_inside(void **state)
{
	static const uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1};
	struct prefix found = prefix("10.1.0.0/16");

	(void)state;
	assert_memory_equal(found.addr, addr, sizeof(addr));
	assert_int_equal(found.len, 112);
}

static void parse_refuses(void **state)
{
	static const struct row {
		const char *text;
		int error;
	} rows[] = {
		{"", -EINVAL},
		{"/", -EINVAL},
		{"/8", -EINVAL},
		{"10", -EINVAL},
		{"10.0.0/8", -EINVAL},
		{"10.0.0.0/", -EINVAL},
		{"10.0.0.0/8/8", -EINVAL},
		{"10.0.0.0/8 ", -EINVAL},
		{" 10.0.0.0/8", -EINVAL},
		{"10.0.0.0 /8", -EINVAL},
		{"10.0.0.0/-1", -EINVAL},
		{"10.0.0.0/+8", -EINVAL},
		{"10.0.0.0/255.0.0.0", -ERANGE}, /* the first fault counts */
		{"10.0.0.256", -EINVAL},
		{"010.0.0.0/8", -EINVAL},
		{"fe80::1%lo", -EINVAL},
		{"2001:db8::/x", -EINVAL},
		{"2001:db8:/32", -EINVAL},
		{":::/0", -EINVAL},
		{"example.org", -EINVAL},
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999:a", -EINVAL}, /* 46 bytes */
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", -EINVAL},
		{"10.0.0.0/33", -ERANGE},
		{"10.0.0.0/128", -ERANGE},
		{"2001:db8::/129", -ERANGE},
		{"2001:db8::/18446744073709551617", -ERANGE},
		{"10.0.0.1/8", -EDOM},
		{"10.0.0.1/31", -EDOM},
		{"10.1.2.128/24", -EDOM},
		{"1.0.0.0/0", -EDOM},
		{"2001:db8::1/32", -EDOM},
		{"2001:db8::1/127", -EDOM},
		{"::1/0", -EDOM},
		{"::ffff:10.0.0.0/8", -EDOM}, /* its length counts in 128 bits */
		{"::ffff:0.0.0.0/95", -EDOM},
	};
	const struct row *row;
	const struct prefix before = {.len = 42};
	struct prefix found = before;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		assert_int_equal(prefix_parse(row->text, &found), row->error);
		assert_memory_equal(&found, &before, sizeof(found));
		if (row->error == -EDOM)
			continue;
		assert_int_equal(prefix_parse_masked(row->text, &found), row->error);
		assert_memory_equal(&found, &before, sizeof(found));
	}
}

static void masked_is_what_was_meant(void **state)
{
	static const struct row {
		const char *from, *to;
	} rows[] = {
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.255/25", "10.1.2.128/25"},
		{"10.1.2.3/0", "0.0.0.0/0"},
		{"10.1.2.3/32", "10.1.2.3"},
		{"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
		{"2001:db8::1/64", "2001:db8::/64"},
		{"ffff::/0", "::/0"},
	};
	const struct row *row;
	char buf[PREFIX_TEXT_SIZE];
	struct prefix found;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_int_equal(prefix_parse_masked(row->from, &found), 0);
		assert_string_equal(prefix_format(&found, buf, sizeof(buf)), row->to);
	}
}

static void match_holds_its_family_only(void **state)
{
	static const struct row {
		const char *prefix, *peer;
		bool holds;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0", true},
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "9.255.255.255", false},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"10.0.0.0/8", "::10.1.2.3", false},
		{"10.1.2.128/25", "10.1.2.127", false},
		{"10.1.2.128/25", "10.1.2.128", true},
		{"10.1.2.128/25", "10.1.2.255", true},
		{"10.1.2.128/25", "10.1.3.128", false},
		{"192.0.2.6/31", "192.0.2.5", false},
		{"192.0.2.6/31", "192.0.2.7", true},
		{"192.0.2.6/31", "192.0.2.8", false},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.6", false},
		{"0.0.0.0/0", "0.0.0.0", true},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"0.0.0.0/0", "::", false},
		{"::/0", "2001:db8::1", true},
		{"::/0", "::", true},
		{"::/0", "10.0.0.1", false},
		{"::/0", "::ffff:10.0.0.1", false},
		{"::/64", "0.0.0.0", false},
		{"::/80", "10.0.0.1", false},
		{"::/80", "::1", true},
		{"::/96", "10.0.0.1", false},
		{"2001:db8::/32", "2001:db8::", true},
		{"2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
		{"2001:db8::/32", "2001:db7:ffff::", false},
		{"2001:db8::/32", "2001:db9::", false},
		{"2001:db8::/33", "2001:db8:7fff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8::2", false},
	};
	const struct row *row;
	struct prefix holder, peer;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s in %s\n", row->peer, row->prefix);
		holder = prefix(row->prefix);
		peer = prefix(row->peer);
		assert_int_equal(prefix_match(&holder, peer.addr), row->holds);
	}
}

static void mask_clears_at_every_length(void **state)
{
	uint8_t addr[16];
	unsigned int len, i;

	(void)state;
	for (len = 0; len <= 128; len++) {
		memset(addr, 0xff, sizeof(addr));
		prefix_mask(addr, (uint8_t)len);
		for (i = 0; i < 128; i++)
			assert_int_equal(addr[i / 8] >> (7 - i % 8) & 1, i < len);
	}
}

static void equal_looks_at_both(void **state)
{
	struct prefix a = prefix("10.0.0.0/8"), b = prefix("10.0.0.0/9"), c = prefix("11.0.0.0/8");

	(void)state;
	assert_true(prefix_equal(&a, &a));
	assert_false(prefix_equal(&a, &b));
	assert_false(prefix_equal(&a, &c));
}

static void words_tell_errors_apart(void **state)
{
	(void)state;
	assert_string_equal(prefix_words(-EINVAL),
			    "is not an address or prefix; allowed are forms such as 192.0.2.7, "
			    "10.0.0.0/8 and 2001:db8::/32");
	assert_string_equal(prefix_words(-ERANGE),
			    "is longer than its address; allowed are /0 to /32 for IPv4, /0 to "
			    "/128 for IPv6");
	assert_string_equal(
		prefix_words(-EDOM),
		"has bits set behind its length; allowed is a prefix such as 10.0.0.0/8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_reads_one_form),
		cmocka_unit_test(parse_puts_ipv4_inside),
		cmocka_unit_test(parse_refuses),
		cmocka_unit_test(masked_is_what_was_meant),
		cmocka_unit_test(match_holds_its_family_only),
		cmocka_unit_test(mask_clears_at_every_length),
		cmocka_unit_test(equal_looks_at_both),
		cmocka_unit_test(words_tell_errors_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
