// SPDX-License-Identifier: GPL-2.0-only
/* The table of profiles is what the data file and the manual page say. Run in the top directory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cleanup.h"
#include "../../user/duration.h"
#include "../../user/profile.h"

static void find_knows_exact_names(void **state)
{
	static const char *const unknown[] = {"",	 "aws",	     "aws-nlb ",
					      "AWS-NLB", "aws-nlbx", "# name"};
	const struct profile *profile = profile_find("aws-nlb");
	size_t i;

	(void)state;
	assert_non_null(profile);
	assert_string_equal(profile->name, "aws-nlb");
	assert_int_equal(profile->timeout_s, 350);
	assert_string_equal(profile->range, "60-6000");
	assert_string_equal(profile->at_expiry, "silent-rst");
	assert_string_equal(profile->what, "AWS Network Load Balancer, TCP listener");
	assert_string_equal(profile->confidence, "documented");
	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_null(profile_find(unknown[i]));
}

static void range_may_be_unknown(void **state)
{
	(void)state;
	assert_string_equal(profile_find("openwrt")->range, "");
	assert_string_equal(profile_find("aws-nat-gateway")->range, "fixed");
}

/* A name that reads as a duration could never be chosen. */
static void no_name_is_a_duration(void **state)
{
	const struct profile *profile;
	uint64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; (profile = profile_at(i)); i++) {
		assert_ptr_equal(profile_find(profile->name), profile);
		assert_int_equal(duration_parse(profile->name, &seconds), -EINVAL);
		assert_in_range(profile->timeout_s, 1, DURATION_MAX_S);
	}
	assert_true(i > 0);
	assert_null(profile_at(i + 1));
	assert_null(profile_at(SIZE_MAX));
}

static void every_row_is_there_in_order(void **state)
{
	CLEANUP_FILE FILE *file = fopen("user/path-timeouts.tsv", "re");
	const struct profile *profile;
	char line[256], expected[256];
	size_t i = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (*line == '#')
			continue;
		profile = profile_at(i++);
		assert_non_null(profile);
		snprintf(expected, sizeof(expected), "%s\t%ju\t%s\t%s\t%s\t%s\n", profile->name,
			 (uintmax_t)profile->timeout_s, profile->range, profile->at_expiry,
			 profile->what, profile->confidence);
		assert_string_equal(line, expected);
	}
	assert_null(profile_at(i));
}

static void manual_page_lists_them_all(void **state)
{
	CLEANUP_FILE FILE *file = fopen("user/sshidle.conf.5", "re");
	const struct profile *profile;
	char line[256], expected[256];
	size_t i = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		profile = profile_at(i);
		if (!profile)
			break;
		snprintf(expected, sizeof(expected), ".It %s Ta %jus Ta %s\n", profile->name,
			 (uintmax_t)profile->timeout_s, profile->what);
		i += !strcmp(line, expected);
	}
	assert_null(profile_at(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_knows_exact_names),
		cmocka_unit_test(range_may_be_unknown),
		cmocka_unit_test(no_name_is_a_duration),
		cmocka_unit_test(every_row_is_there_in_order),
		cmocka_unit_test(manual_page_lists_them_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
