// SPDX-License-Identifier: GPL-2.0-only
/* Where a path's timeout comes from. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "../../user/duration.h"
#include "../../user/policy.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((seconds)*NSEC_PER_SEC)

static int add(struct policy *policy, const char *prefix, uint64_t seconds, const char *name)
{
	struct path_rule rule = {.timeout_ns = S(seconds), .name = name};

	assert_int_equal(prefix_parse(prefix, &rule.prefix), 0);
	return policy_add_rule(policy, &rule);
}

static void assert_path(struct path path, uint64_t seconds, enum path_source source,
			const char *name)
{
	assert_int_equal(path.timeout_ns, S(seconds));
	assert_int_equal(path.source, source);
	assert_ptr_equal(path.name, name);
}

static struct path path_to(const struct policy *policy, const char *peer, uint64_t survived_s,
			   const struct learned *learned)
{
	struct prefix host;

	assert_int_equal(prefix_parse(peer, &host), 0);
	return policy_path(policy, host.addr, S(survived_s), learned);
}

static void init_decides_nothing(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_false(policy.has_option);
	assert_false(policy.has_default);
	assert_null(policy.rules);
	assert_int_equal(policy.n_rules, 0);
	assert_true(policy.warn == 0.5);
	assert_int_equal(policy.n_ports, 1);
	assert_int_equal(policy.ports[0], 22);
	assert_path(path_to(&policy, "10.0.0.1", 0, NULL), 300, PATH_ASSUMED, NULL);
	policy_free(&policy);
}

static void free_may_come_twice(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_int_equal(add(&policy, "10.0.0.0/8", 1, NULL), 0);
	policy_free(&policy);
	assert_null(policy.rules);
	assert_int_equal(policy.n_rules, 0);
	policy_free(&policy);
}

static void timeout_is_duration_or_profile(void **state)
{
	static const struct row {
		const char *text;
		int error;
		uint64_t seconds;
		const char *name;
	} rows[] = {
		{"350s", 0, 350, NULL},
		{"5m50s", 0, 350, NULL},
		{"1", 0, 1, NULL},
		{"3650d", 0, DURATION_MAX_S, NULL},
		{"aws-nat-gateway", 0, 350, "aws-nat-gateway"},
		{"pf", 0, 86400, "pf"},
		{"", -EINVAL, 0, NULL},
		{"aws-nat-gatewa", -EINVAL, 0, NULL},
		{"AWS-NAT-GATEWAY", -EINVAL, 0, NULL},
		{"350 s", -EINVAL, 0, NULL},
		{"-1", -EINVAL, 0, NULL},
		{"0", -ERANGE, 0, NULL},
		{"0h0m", -ERANGE, 0, NULL},
		{"3651d", -ERANGE, 0, NULL},
	};
	const struct row *row;
	const char *name;
	uint64_t ns;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("\"%s\"\n", row->text);
		ns = 42;
		name = row->text;
		assert_int_equal(policy_timeout_parse(row->text, &ns, &name), row->error);
		assert_int_equal(ns, row->error ? 42 : S(row->seconds));
		if (row->name)
			assert_string_equal(name, row->name);
		else
			assert_ptr_equal(name, row->error ? row->text : NULL);
	}
}

/* The text given may go away: the name is the table's own. */
static void timeout_borrows_from_the_table(void **state)
{
	char text[] = "pf";
	const char *name;
	uint64_t ns;

	(void)state;
	assert_int_equal(policy_timeout_parse(text, &ns, &name), 0);
	assert_ptr_not_equal(name, text);
}

static void sources_come_in_order(void **state)
{
	const struct learned learned = {.fatal_ns = S(900)};
	static const char option[] = "o", rule[] = "r", other[] = "d";
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_path(path_to(&policy, "10.0.0.1", 0, NULL), 300, PATH_ASSUMED, NULL);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 900, PATH_LEARNED, NULL);
	policy.has_default = true;
	policy.default_path =
		(struct path){.timeout_ns = S(500), .source = PATH_CONFIG, .name = other};
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 500, PATH_CONFIG, other);
	assert_int_equal(add(&policy, "10.0.0.0/8", 400, rule), 0);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 400, PATH_CONFIG, rule);
	assert_path(path_to(&policy, "11.0.0.1", 0, &learned), 500, PATH_CONFIG, other);
	policy.has_option = true;
	policy.option = (struct path){.timeout_ns = S(200), .source = PATH_OPTION, .name = option};
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 200, PATH_OPTION, option);
	policy_free(&policy);
}

static void longest_prefix_wins(void **state)
{
	static const struct row {
		const char *peer;
		uint64_t seconds;
	} rows[] = {
		{"10.1.2.3", 32},     {"10.1.2.4", 24},	       {"10.1.3.4", 16},
		{"10.2.3.4", 8},      {"11.0.0.1", 1},	       {"::1", 2},
		{"2001:db8::2", 64},  {"2001:db8::1", 128},    {"2001:dead::", 2},
		{"2001:db8:1::", 48}, {"::ffff:10.1.2.3", 32},
	};
	const struct row *row;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_int_equal(add(&policy, "10.1.0.0/16", 16, NULL), 0);
	assert_int_equal(add(&policy, "10.1.2.3", 32, NULL), 0);
	assert_int_equal(add(&policy, "0.0.0.0/0", 1, NULL), 0);
	assert_int_equal(add(&policy, "10.0.0.0/8", 8, NULL), 0);
	assert_int_equal(add(&policy, "10.1.2.0/24", 24, NULL), 0);
	assert_int_equal(add(&policy, "2001:db8::/32", 48, NULL), 0);
	assert_int_equal(add(&policy, "2001:db8::1", 128, NULL), 0);
	assert_int_equal(add(&policy, "::/0", 2, NULL), 0);
	assert_int_equal(add(&policy, "2001:db8::/64", 64, NULL), 0);
	for (row = rows; row < ARRAY_END(rows); row++) {
		print_message("%s\n", row->peer);
		assert_path(path_to(&policy, row->peer, 0, NULL), row->seconds, PATH_CONFIG, NULL);
	}
	policy_free(&policy);
}

static void prefix_has_one_rule(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_int_equal(add(&policy, "10.0.0.0/8", 1, NULL), 0);
	assert_int_equal(add(&policy, "10.0.0.0/9", 2, NULL), 0);
	assert_int_equal(add(&policy, "::ffff:10.0.0.0/104", 3, NULL), -EEXIST);
	assert_int_equal(policy.n_rules, 2);
	assert_path(path_to(&policy, "10.128.0.0", 0, NULL), 1, PATH_CONFIG, NULL);
	policy_free(&policy);
}

static void survival_raises_what_nobody_said(void **state)
{
	static const struct row {
		uint64_t survived_s, learned_s, timeout_s;
		enum path_source source;
	} rows[] = {
		{0, 0, 300, PATH_ASSUMED},	 {299, 0, 300, PATH_ASSUMED},
		{300, 0, 300, PATH_ASSUMED},	 {301, 0, 301, PATH_LEARNED},
		{86400, 0, 86400, PATH_LEARNED}, {0, 100, 100, PATH_LEARNED},
		{99, 100, 100, PATH_LEARNED},	 {101, 100, 101, PATH_LEARNED},
		{301, 900, 900, PATH_LEARNED},	 {901, 900, 901, PATH_LEARNED},
	};
	const struct row *row;
	struct learned learned = {};
	struct policy policy;

	(void)state;
	policy_init(&policy);
	for (row = rows; row < ARRAY_END(rows); row++) {
		learned.fatal_ns = S(row->learned_s);
		assert_path(path_to(&policy, "10.0.0.1", row->survived_s,
				    row->learned_s ? &learned : NULL),
			    row->timeout_s, row->source, NULL);
	}
	policy_free(&policy);
}

/* Three laptops that vanished, each found by the two hours' keepalive, make no path patient. */
static void a_cut_that_we_found_raises_nothing(void **state)
{
	struct learned learned = {.fatal_ns = S(7200), .spoken = true};
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 300, PATH_ASSUMED, NULL);
	learned.survived_ns = S(3600);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 3600, PATH_LEARNED, NULL);
	learned.survived_ns = S(9000);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 7200, PATH_LEARNED, NULL);
	learned.fatal_ns = S(299);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 299, PATH_LEARNED, NULL);
	policy_free(&policy);
}

/* What others survived on the path raises the assumption, but not what cuts have taught. */
static void a_path_is_as_patient_as_it_was_seen(void **state)
{
	struct learned learned = {.survived_ns = S(2460)};
	struct policy policy;

	(void)state;
	policy_init(&policy);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 2460, PATH_LEARNED, NULL);
	assert_path(path_to(&policy, "10.0.0.1", 3000, &learned), 3000, PATH_LEARNED, NULL);
	learned.fatal_ns = S(350);
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 350, PATH_LEARNED, NULL);
	learned = (struct learned){.survived_ns = S(200)};
	assert_path(path_to(&policy, "10.0.0.1", 0, &learned), 300, PATH_ASSUMED, NULL);
	policy_free(&policy);
}

static void what_speaks_against_the_operator_is_told(void **state)
{
	struct learned learned = {.survived_ns = S(2460), .passed = {[12] = 5, [14] = 9, [18] = 3}};
	struct policy policy;
	struct path path;

	(void)state;
	policy_init(&policy);
	policy.has_option = true;
	policy.option = (struct path){.timeout_ns = S(350), .source = PATH_OPTION};
	path = path_to(&policy, "10.0.0.1", 0, &learned);
	assert_path(path, 350, PATH_OPTION, NULL);
	assert_int_equal(path.let_pass_ns, S(2460));
	assert_int_equal(path.let_pass_times,
			 12); /* of 512 s and more: 256 s may be less than 350 */
	policy.option.timeout_ns = S(2460);
	path = path_to(&policy, "10.0.0.1", 0, &learned);
	assert_int_equal(path.let_pass_ns, 0);
	assert_int_equal(path.let_pass_times, 0);
	policy_free(&policy);
}

static void survival_leaves_what_was_said(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	policy.has_default = true;
	policy.default_path = (struct path){.timeout_ns = S(500), .source = PATH_CONFIG};
	assert_int_equal(add(&policy, "10.0.0.0/8", 400, NULL), 0);
	assert_path(path_to(&policy, "10.0.0.1", 9999, NULL), 400, PATH_CONFIG, NULL);
	assert_path(path_to(&policy, "11.0.0.1", 9999, NULL), 500, PATH_CONFIG, NULL);
	policy.has_option = true;
	policy.option = (struct path){.timeout_ns = S(200), .source = PATH_OPTION};
	assert_path(path_to(&policy, "10.0.0.1", 9999, NULL), 200, PATH_OPTION, NULL);
	policy_free(&policy);
}

static void names_are_those_of_the_schema(void **state)
{
	(void)state;
	assert_string_equal(path_source_name(PATH_OPTION), "option");
	assert_string_equal(path_source_name(PATH_CONFIG), "config");
	assert_string_equal(path_source_name(PATH_LEARNED), "learned");
	assert_string_equal(path_source_name(PATH_ASSUMED), "assumed");
}

static void words_tell_errors_apart(void **state)
{
	(void)state;
	assert_string_equal(policy_timeout_words(-EINVAL),
			    "is neither a duration nor a profile; allowed are forms such as 350, "
			    "5m50s and the profiles in sshidle.conf(5)");
	assert_string_equal(policy_timeout_words(-ERANGE),
			    "is out of range; allowed are 1s to 3650d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_decides_nothing),
		cmocka_unit_test(free_may_come_twice),
		cmocka_unit_test(timeout_is_duration_or_profile),
		cmocka_unit_test(timeout_borrows_from_the_table),
		cmocka_unit_test(sources_come_in_order),
		cmocka_unit_test(longest_prefix_wins),
		cmocka_unit_test(prefix_has_one_rule),
		cmocka_unit_test(survival_raises_what_nobody_said),
		cmocka_unit_test(a_cut_that_we_found_raises_nothing),
		cmocka_unit_test(a_path_is_as_patient_as_it_was_seen),
		cmocka_unit_test(what_speaks_against_the_operator_is_told),
		cmocka_unit_test(survival_leaves_what_was_said),
		cmocka_unit_test(names_are_those_of_the_schema),
		cmocka_unit_test(words_tell_errors_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
