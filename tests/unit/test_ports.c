// SPDX-License-Identifier: GPL-2.0-only
/* Lists of ports. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "../../user/ports.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static void parse_reads_lists(void **state)
{
	static const struct row {
		const char *text;
		size_t n;
		uint16_t ports[PORTS_MAX];
	} rows[] = {
		{"22", 1, {22}},
		{"22,2222", 2, {22, 2222}},
		{"2222,22", 2, {2222, 22}},
		{" 22 ,\t2222 ", 2, {22, 2222}},
		{"022", 1, {22}},
		{"1,65535", 2, {1, 65535}},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
		 16,
		 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
	};
	const struct row *row;
	uint16_t ports[PORTS_MAX];
	size_t n;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		assert_int_equal(ports_parse(row->text, ports, &n), 0);
		assert_int_equal(n, row->n);
		assert_memory_equal(ports, row->ports, n * sizeof(*ports));
	}
}

static void parse_refuses(void **state)
{
	static const struct row {
		const char *text;
		int error;
	} rows[] = {
		{"", -EINVAL},
		{" ", -EINVAL},
		{",", -EINVAL},
		{"22,", -EINVAL},
		{",22", -EINVAL},
		{"22,,23", -EINVAL},
		{"22;23", -EINVAL},
		{"22 23", -EINVAL},
		{"22-23", -EINVAL},
		{"-22", -EINVAL},
		{"+22", -EINVAL},
		{"0x16", -ERANGE}, /* the first fault counts */
		{"22.0", -EINVAL},
		{"ssh", -EINVAL},
		{"22\n", -EINVAL},
		{"0", -ERANGE},
		{"22,0", -ERANGE},
		{"65536", -ERANGE},
		{"65558", -ERANGE},		   /* 22 in 16 bits */
		{"18446744073709551638", -ERANGE}, /* 22 in 64 bits */
		{"22,22", -EEXIST},
		{"22,23,022", -EEXIST},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", -E2BIG},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,1", -EEXIST},
	};
	const struct row *row;
	uint16_t ports[PORTS_MAX] = {4242};
	size_t n = 42;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		assert_int_equal(ports_parse(row->text, ports, &n), row->error);
		assert_int_equal(n, 42);
		assert_int_equal(ports[0], 4242);
	}
}

static void words_tell_errors_apart(void **state)
{
	(void)state;
	assert_string_equal(ports_words(-EINVAL),
			    "is not a list of ports; allowed are numbers with commas between, "
			    "such as 22,2222");
	assert_string_equal(ports_words(-ERANGE),
			    "has a port out of range; allowed are 1 to 65535");
	assert_string_equal(ports_words(-EEXIST),
			    "names a port twice; allowed are different ports");
	assert_string_equal(ports_words(-E2BIG), "names too many ports; allowed are up to 16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_reads_lists),
		cmocka_unit_test(parse_refuses),
		cmocka_unit_test(words_tell_errors_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
