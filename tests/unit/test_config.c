// SPDX-License-Identifier: GPL-2.0-only
/* sshidle.conf: what is taken, and the sentence for everything else. Run in the top directory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/config.h"
#include "../../user/duration.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((seconds)*NSEC_PER_SEC)

#define TEN "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN

/* A policy that an untouched one is compared with, byte for byte. */
static void policy_fill(struct policy *policy)
{
	struct path_rule rule = {.timeout_ns = S(77)};

	memset(policy, 0, sizeof(*policy)); /* the padding too */
	policy_init(policy);
	assert_int_equal(prefix_parse("192.0.2.0/24", &rule.prefix), 0);
	assert_int_equal(policy_add_rule(policy, &rule), 0);
	policy->has_option = true;
	policy->option.timeout_ns = S(33);
	policy->has_default = true;
	policy->default_path = (struct path){.timeout_ns = S(88), .source = PATH_CONFIG};
	policy->warn = 0.25;
	policy->ports[0] = 4242;
}

static int parse(const char *text, struct policy *policy, char *err)
{
	return config_parse("F", text, strlen(text), policy, err, CONFIG_ERR_SIZE);
}

static void assert_taken(const char *text, struct policy *policy)
{
	char err[CONFIG_ERR_SIZE] = "";

	policy_init(policy);
	if (parse(text, policy, err))
		fail_msg("%s", err);
	assert_string_equal(err, "");
}

static void assert_refused(const char *text, size_t len, const char *sentence)
{
	struct policy policy, before;
	char err[CONFIG_ERR_SIZE] = "";

	policy_fill(&policy);
	memcpy(&before, &policy, sizeof(before));
	assert_int_equal(config_parse("F", text, len, &policy, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, sentence);
	assert_memory_equal(&policy, &before, sizeof(policy));
	policy_free(&policy);
}

static void assert_rule(const struct path_rule *rule, const char *prefix, uint64_t seconds,
			const char *name)
{
	char text[PREFIX_TEXT_SIZE];

	assert_string_equal(prefix_format(&rule->prefix, text, sizeof(text)), prefix);
	assert_int_equal(rule->timeout_ns, S(seconds));
	assert_string_equal(rule->name ? rule->name : "-", name);
}

static void whole_file_is_taken(void **state)
{
	struct policy policy;

	(void)state;
	assert_taken("[sshidle]\n"
		     "ports=22,2222\n"
		     "warn=40%\n"
		     "prefix4=16\n"
		     "prefix6=56\n"
		     "[path 10.8.0.0/16]\n"
		     "timeout=cisco-asa\n"
		     "[path 2001:db8::/32]\n"
		     "timeout=1h30m\n"
		     "[path default]\n"
		     "timeout=aws-nat-gateway\n",
		     &policy);
	assert_int_equal(policy.n_ports, 2);
	assert_int_equal(policy.ports[0], 22);
	assert_int_equal(policy.ports[1], 2222);
	assert_true(policy.warn == 0.4);
	assert_int_equal(policy.prefix4, 16);
	assert_int_equal(policy.prefix6, 56);
	assert_int_equal(policy.n_rules, 2);
	assert_rule(&policy.rules[0], "10.8.0.0/16", 3600, "cisco-asa");
	assert_rule(&policy.rules[1], "2001:db8::/32", 5400, "-");
	assert_true(policy.has_default);
	assert_int_equal(policy.default_path.timeout_ns, S(350));
	assert_int_equal(policy.default_path.source, PATH_CONFIG);
	assert_string_equal(policy.default_path.name, "aws-nat-gateway");
	assert_false(policy.has_option);
	policy_free(&policy);
}

/* Every row is the rule 10.0.0.0/8 of 350 s, nothing else. */
static void spelling_is_free(void **state)
{
	static const char *const rows[] = {
		"[path 10.0.0.0/8]\ntimeout=350",
		"[path 10.0.0.0/8]\ntimeout=350\n",
		"\n\n[path 10.0.0.0/8]\n\n\ntimeout=350\n\n",
		"[path 10.0.0.0/8]\r\ntimeout=350\r\n",
		"\xef\xbb\xbf[path 10.0.0.0/8]\ntimeout=350\n",
		"\xef\xbb\xbf# comment\n[path 10.0.0.0/8]\ntimeout=350\n",
		"[path 10.0.0.0/8]\ntimeout = 350\n",
		"[path 10.0.0.0/8]\ntimeout\t=\t350\t\n",
		"[path 10.0.0.0/8]\ntimeout: 350\n",
		"[path 10.0.0.0/8]\n\ttimeout=350\n",
		"  [path 10.0.0.0/8]\n  timeout=350\n",
		"[ path \t 10.0.0.0/8 ]  \ntimeout=350\n",
		"# c\n; c\n\t# c\n[path 10.0.0.0/8] ; c\ntimeout=350 ; c = 5\n#timeout=5\n",
		"[path 10.0.0.0/8]\n# \xff\x1b[2J \xe2\x82\ntimeout=350\n",
		"[path 10.0.0.0/8]\n;" FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\ntimeout=350\n",
		"[path ::ffff:10.0.0.0/104]\ntimeout=350\n",
	};
	const char *const *row;
	struct policy policy;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		assert_taken(*row, &policy);
		assert_int_equal(policy.n_rules, 1);
		assert_rule(policy.rules, "10.0.0.0/8", 350, "-");
		assert_false(policy.has_default);
		assert_int_equal(policy.n_ports, 1);
		policy_free(&policy);
	}
}

/* libinih by itself takes an indented key for more of the value above. */
static void indented_keys_are_keys(void **state)
{
	struct policy policy;

	(void)state;
	assert_taken("[sshidle]\n  ports=23\n  warn=1%\n[path default]\n\ttimeout=1\n", &policy);
	assert_int_equal(policy.ports[0], 23);
	assert_true(policy.warn == 0.01);
	assert_int_equal(policy.default_path.timeout_ns, S(1));
	policy_free(&policy);
}

/* libinih by itself keeps 49 bytes of a section's name: these two differ behind them. */
static void long_names_are_told_apart(void **state)
{
	struct policy policy;

	(void)state;
	assert_taken("[path 2001:0db8:0000:0000:0000:0000:0000:0000/000000127]\ntimeout=5\n"
		     "[path 2001:0db8:0000:0000:0000:0000:0000:0000/000000128]\ntimeout=6\n",
		     &policy);
	assert_int_equal(policy.n_rules, 2);
	assert_rule(&policy.rules[0], "2001:db8::/127", 5, "-");
	assert_rule(&policy.rules[1], "2001:db8::", 6, "-");
	policy_free(&policy);
}

static void nothing_said_changes_nothing(void **state)
{
	static const char *const rows[] = {"", "\n", "# c", "\n \t\r\n;\n", "\xef\xbb\xbf"};
	struct policy policy;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_taken(rows[i], &policy);
		assert_true(policy.warn == POLICY_WARN);
		assert_int_equal(policy.n_ports, 1);
		assert_int_equal(policy.ports[0], POLICY_PORT);
		assert_null(policy.rules);
		assert_false(policy.has_default);
		policy_free(&policy);
	}
}

static void loading_replaces_paths_and_keeps_the_rest(void **state)
{
	char err[CONFIG_ERR_SIZE];
	struct policy policy;

	(void)state;
	policy_fill(&policy);
	assert_int_equal(parse("[path 10.0.0.0/8]\ntimeout=5\n", &policy, err), 0);
	assert_int_equal(policy.n_rules, 1);
	assert_rule(policy.rules, "10.0.0.0/8", 5, "-");
	assert_false(policy.has_default);
	assert_true(policy.has_option);
	assert_int_equal(policy.option.timeout_ns, S(33));
	assert_true(policy.warn == 0.25);
	assert_int_equal(policy.ports[0], 4242);
	policy_free(&policy);
}

static void warn_has_bounds(void **state)
{
	struct policy policy;

	(void)state;
	assert_taken("[sshidle]\nwarn=1%\n", &policy);
	assert_true(policy.warn == 0.01);
	assert_taken("[sshidle]\nwarn=99%\n", &policy);
	assert_true(policy.warn == 0.99);
}

static const struct {
	const char *text, *sentence;
} wrong[] = {
	/* sections */
	{"[pth default]\ntimeout=5\n", "F:1: [pth default] is not a section; allowed are "
				       "[sshidle], [path default] and [path PREFIX]"},
	{"[pth default]\n", "F:1: [pth default] is not a section; allowed are [sshidle], "
			    "[path default] and [path PREFIX]"},
	{"[]\n", "F:1: [] is not a section; allowed are [sshidle], [path default] and "
		 "[path PREFIX]"},
	{"[path]\n", "F:1: [path] is not a section; allowed are [sshidle], [path default] and "
		     "[path PREFIX]"},
	{"[path ]\n", "F:1: [path] is not a section; allowed are [sshidle], [path default] and "
		      "[path PREFIX]"},
	{"[SSHIDLE]\n", "F:1: [SSHIDLE] is not a section; allowed are [sshidle], [path default] "
			"and [path PREFIX]"},
	{"[sshidle x]\n", "F:1: [sshidle x] is not a section; allowed are [sshidle], "
			  "[path default] and [path PREFIX]"},
	{"[pathdefault]\n", "F:1: [pathdefault] is not a section; allowed are [sshidle], "
			    "[path default] and [path PREFIX]"},
	{"[a\x1b[2J\xffz]\n", "F:1: [a\xef\xbf\xbd[2J\xef\xbf\xbdz] is not a section; allowed are "
			      "[sshidle], [path default] and [path PREFIX]"},
	{"[path default\ntimeout=5\n", "F:1: \"[path default\" has no closing bracket; allowed is "
				       "[SECTION]"},
	{"[path default] timeout=5\n", "F:1: \"timeout=5\" stands behind a section; allowed is a "
				       "comment after a blank and ;"},
	{"[path default]; c\ntimeout=5\n", "F:1: \"; c\" stands behind a section; allowed is a "
					   "comment after a blank and ;"},
	{"[path default] # c\ntimeout=5\n", "F:1: \"# c\" stands behind a section; allowed is a "
					    "comment after a blank and ;"},
	{"[path default]\rtimeout=5\r", "F:1: \"timeout=5\" stands behind a section; allowed is "
					"a comment after a blank and ;"},
	{"[sshidle]\nprefix4=0\n",
	 "F:2: prefix4 \"0\" is no length of a prefix; allowed are 1 to 32"},
	{"[sshidle]\nprefix4=33\n",
	 "F:2: prefix4 \"33\" is no length of a prefix; allowed are 1 to 32"},
	{"[sshidle]\nprefix6=/48\n",
	 "F:2: prefix6 \"/48\" is no length of a prefix; allowed are 1 to 128"},
	{"[sshidle]\nprefix6=129\n",
	 "F:2: prefix6 \"129\" is no length of a prefix; allowed are 1 to 128"},
	{"[sshidle]\n", "F:1: [sshidle] has no keys; allowed: ports, warn, prefix4 and prefix6"},
	{"# c\n[path default]\n# timeout=5\n", "F:2: [path default] has no keys; allowed: "
					       "timeout"},
	{"[path default]\n\n[sshidle]\nwarn=5%\n", "F:1: [path default] has no keys; allowed: "
						   "timeout"},
	{"[path 10.0.0.0/8]\n[pth]\n", "F:1: [path 10.0.0.0/8] has no keys; allowed: timeout"},
	{"[sshidle]\nwarn=5%\n[path default]\ntimeout=5\n[sshidle]\nports=1\n",
	 "F:5: [sshidle] is given twice; allowed is once"},
	{"[path default]\ntimeout=5\n[path  default]\ntimeout=6\n",
	 "F:3: [path  default] is given twice; allowed is once"},

	/* prefixes */
	{"[path 10.0.0.0/8]\ntimeout=5\n[path 10.0.0.0/8]\ntimeout=6\n",
	 "F:3: prefix 10.0.0.0/8 has two sections; allowed is one"},
	{"[path 10.0.0.0/8]\ntimeout=5\n[path ::FFFF:10.0.0.0/104]\ntimeout=6\n",
	 "F:3: prefix 10.0.0.0/8 has two sections; allowed is one"},
	{"[path 2001:db8::1]\ntimeout=5\n[path 2001:DB8:0::1/128]\ntimeout=6\n",
	 "F:3: prefix 2001:db8::1 has two sections; allowed is one"},
	{"[path 10.1.2.3/8]\ntimeout=5\n", "F:1: prefix \"10.1.2.3/8\" has bits set behind its "
					   "length; did you mean 10.0.0.0/8?"},
	{"[path 2001:db8::1/32]\ntimeout=5\n", "F:1: prefix \"2001:db8::1/32\" has bits set "
					       "behind its length; did you mean 2001:db8::/32?"},
	{"[path 10.0.0.0/33]\ntimeout=5\n", "F:1: prefix \"10.0.0.0/33\" is longer than its "
					    "address; allowed are /0 to /32 for IPv4, /0 to /128 "
					    "for IPv6"},
	{"[path DEFAULT]\ntimeout=5\n", "F:1: prefix \"DEFAULT\" is not an address or prefix; "
					"allowed are forms such as 192.0.2.7, 10.0.0.0/8 and "
					"2001:db8::/32"},
	{"[path default x]\ntimeout=5\n", "F:1: prefix \"default x\" is not an address or prefix; "
					  "allowed are forms such as 192.0.2.7, 10.0.0.0/8 and "
					  "2001:db8::/32"},

	/* keys */
	{"timeout=5\n", "F:1: \"timeout\" is set before any section; allowed is a key behind "
			"[sshidle], [path default] or [path PREFIX]"},
	{"\xef\xbb\xbf\xef\xbb\xbf[sshidle]\nwarn=5%\n", "F:1: is neither [SECTION] nor "
							 "KEY=VALUE; a comment begins with # or ;"},
	{"[path default]\ntmeout=5\n", "F:2: \"tmeout\" is not a key of [path default]; allowed: "
				       "timeout"},
	{"[path default]\nTimeout=5\n", "F:2: \"Timeout\" is not a key of [path default]; "
					"allowed: timeout"},
	{"[sshidle]\ntimeout=5\n", "F:2: \"timeout\" is not a key of [sshidle]; allowed: ports, "
				   "warn, prefix4 and prefix6"},
	{"[path 10.0.0.0/8]\nports=5\n", "F:2: \"ports\" is not a key of [path 10.0.0.0/8]; "
					 "allowed: timeout"},
	{"[sshidle]\n=5\n",
	 "F:2: \"\" is not a key of [sshidle]; allowed: ports, warn, prefix4 and prefix6"},
	{"[sshidle]\n\x1b]0;x\x07=5\n", "F:2: \"\xef\xbf\xbd]0;x\xef\xbf\xbd\" is not a key of "
					"[sshidle]; allowed: ports, warn, prefix4 and prefix6"},
	{"[sshidle]\nwarn=5%\nports=1\nwarn=5%\n", "F:4: \"warn\" is set twice in [sshidle]; "
						   "allowed is once"},
	{"[path default]\ntimeout=5\n timeout=6\n", "F:3: \"timeout\" is set twice in "
						    "[path default]; allowed is once"},
	{"[path default]\ntimeout 5\n", "F:2: is neither [SECTION] nor KEY=VALUE; a comment "
					"begins with # or ;"},
	{"[path default]\ntimeout", "F:2: is neither [SECTION] nor KEY=VALUE; a comment begins "
				    "with # or ;"},
	{"[path default]\ntimeout ; =5\n[sshidle]\n", "F:2: is neither [SECTION] nor KEY=VALUE; "
						      "a comment begins with # or ;"},
	{"[path default]\ntimeout=5\n  more\n", "F:3: is neither [SECTION] nor KEY=VALUE; a "
						"comment begins with # or ;"},

	/* values */
	{"[sshidle]\nports=22,0\n", "F:2: ports \"22,0\" has a port out of range; allowed are 1 "
				    "to 65535"},
	{"[sshidle]\nports=22,22\n", "F:2: ports \"22,22\" names a port twice; allowed are "
				     "different ports"},
	{"[sshidle]\nports=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n",
	 "F:2: ports \"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\" names too many ports; allowed "
	 "are up to 16"},
	{"[sshidle]\nports=\n", "F:2: ports \"\" is not a list of ports; allowed are numbers with "
				"commas between, such as 22,2222"},
	{"[sshidle]\nwarn=0%\n", "F:2: warn \"0%\" is not a percentage; allowed are 1% to 99%"},
	{"[sshidle]\nwarn=100%\n", "F:2: warn \"100%\" is not a percentage; allowed are 1% to "
				   "99%"},
	{"[sshidle]\nwarn=50\n", "F:2: warn \"50\" is not a percentage; allowed are 1% to 99%"},
	{"[sshidle]\nwarn=0.5\n", "F:2: warn \"0.5\" is not a percentage; allowed are 1% to 99%"},
	{"[sshidle]\nwarn=-5%\n", "F:2: warn \"-5%\" is not a percentage; allowed are 1% to 99%"},
	{"[sshidle]\nwarn=50%%\n", "F:2: warn \"50%%\" is not a percentage; allowed are 1% to "
				   "99%"},
	{"[sshidle]\nwarn=\n", "F:2: warn \"\" is not a percentage; allowed are 1% to 99%"},
	{"[path default]\ntimeout=\n", "F:2: timeout \"\" is neither a duration nor a profile; "
				       "allowed are forms such as 350, 5m50s and the profiles in "
				       "sshidle.conf(5)"},
	{"[path default]\ntimeout=aws-nat\n", "F:2: timeout \"aws-nat\" is neither a duration nor "
					      "a profile; allowed are forms such as 350, 5m50s "
					      "and the profiles in sshidle.conf(5)"},
	{"[path default]\ntimeout=350 # c\n", "F:2: timeout \"350 # c\" is neither a duration nor "
					      "a profile; allowed are forms such as 350, 5m50s "
					      "and the profiles in sshidle.conf(5)"},
	{"[path default]\ntimeout=350\rwarn\n", "F:2: timeout \"350\xef\xbf\xbdwarn\" is neither "
						"a duration nor a profile; allowed are forms such "
						"as 350, 5m50s and the profiles in "
						"sshidle.conf(5)"},
	{"[path default]\ntimeout=0\n", "F:2: timeout \"0\" is out of range; allowed are 1s to "
					"3650d"},
	{"[path default]\ntimeout=3651d\n", "F:2: timeout \"3651d\" is out of range; allowed are "
					    "1s to 3650d"},
	/* what is shown of a value ends after 63 bytes */
	{"[sshidle]\nwarn=" FIFTY FIFTY "\n", "F:2: warn \"" FIFTY "aaaaaaaaaaaaa\" is not a "
					      "percentage; allowed are 1% to 99%"},

	/* the first one counts, whoever sees it */
	{"[sshidle]\nnonsense\nwarn=0%\n", "F:2: is neither [SECTION] nor KEY=VALUE; a comment "
					   "begins with # or ;"},
	{"[sshidle]\nwarn=0%\nnonsense\n", "F:2: warn \"0%\" is not a percentage; allowed are 1% "
					   "to 99%"},
	{"[sshidle]\nports=1\n[path default]\ntimeout=5\n[path 10.0.0.0/8]\ntimeout=6\nwarn=5%\n",
	 "F:7: \"warn\" is not a key of [path 10.0.0.0/8]; allowed: timeout"},
};

static void wrong_lines_get_one_sentence(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_refused(wrong[i].text, strlen(wrong[i].text), wrong[i].sentence);
}

static void nul_is_refused_wherever_it_is(void **state)
{
	static const struct row {
		const char *text;
		size_t len;
		unsigned int line;
	} rows[] = {
		{"\0", 1, 1},
		{"# c\0\n", 5, 1},
		{"[sshidle]\nwarn=5%\0\n", 19, 2},
		{"[sshidle]\n\0warn=5%\n", 19, 2},
		{"[sshidle\0]\nwarn=5%\n", 19, 1},
		{"[sshidle]\nwarn=5%\n\n\0", 20, 4},
	};
	const struct row *row;
	char sentence[64];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		snprintf(sentence, sizeof(sentence),
			 "F:%u: holds a NUL byte; allowed is plain text", row->line);
		assert_refused(row->text, row->len, sentence);
	}
}

/* 160 bytes are read to their end, one more is refused, whatever libinih has room for. */
static void lines_have_a_longest(void **state)
{
	char text[CONFIG_LINE_MAX + 64];
	struct policy policy;
	int pad;

	(void)state;
	for (pad = 0; pad <= 1; pad++) {
		snprintf(text, sizeof(text), "[path default]\n \ttimeout=%0*d \r\nwarn",
			 CONFIG_LINE_MAX - (int)strlen("timeout=") + pad, 5);
		if (pad) {
			assert_refused(text, strlen(text),
				       "F:2: is longer than 160 bytes; allowed are longer lines "
				       "in comments only");
			continue;
		}
		text[strlen(text) - strlen("warn")] = '\0';
		assert_taken(text, &policy);
		assert_int_equal(policy.default_path.timeout_ns, S(5));
	}
}

/* The longest section name that is an error, all of it replaced, still leaves a whole sentence. */
static void longest_sentence_fits(void **state)
{
	static const char tail[] = "]; allowed: ports, warn, prefix4 and prefix6";
	char name[256], text[512], err[CONFIG_ERR_SIZE];
	struct policy policy;

	(void)state;
	memset(name, 'f', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(text, '\x01', CONFIG_LINE_MAX);
	text[0] = '[';
	memcpy(text + CONFIG_LINE_MAX - 1, "]\n", sizeof("]\n"));
	policy_init(&policy);
	assert_int_equal(config_parse(name, text, strlen(text), &policy, err, sizeof(err)),
			 -EINVAL);
	assert_true(strlen(err) < sizeof(err) - 1);
	assert_string_equal(err + strlen(err) - strlen("and [path PREFIX]"), "and [path PREFIX]");
	snprintf(text, sizeof(text), "[sshidle]\n%0100d=1\n", 0);
	assert_int_equal(config_parse(name, text, strlen(text), &policy, err, sizeof(err)),
			 -EINVAL);
	assert_string_equal(err + strlen(err) - strlen(tail), tail);
}

static void small_err_is_kept_to(void **state)
{
	static const char text[] = "[sshidle]\nwarn=0\n";
	struct policy policy;
	char err[8];
	size_t size;

	(void)state;
	policy_init(&policy);
	for (size = 0; size < sizeof(err); size++) {
		memset(err, 'x', sizeof(err));
		assert_int_equal(config_parse("F", text, strlen(text), &policy, err, size),
				 -EINVAL);
		assert_memory_equal(err, "F:2: warn", size ? size - 1 : 0);
		assert_int_equal(err[size], 'x');
	}
}

/* Rules are freed with the policy that is dropped; the sanitizer sees those that are not. */
static void many_rules_are_taken(void **state)
{
	static char text[256 * 64];
	struct policy policy;
	size_t used = 0;
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "[path 10.%d.0.0/16]\ntimeout=%d\n", i, i + 1);
	assert_taken(text, &policy);
	assert_int_equal(policy.n_rules, 256);
	for (i = 0; i < 256; i++)
		assert_int_equal(policy.rules[i].timeout_ns, S((uint64_t)i + 1));
	policy_free(&policy);
}

/* Files: a template for mkstemp(3), removed by file_remove(). */
static int file_make(void **state)
{
	static const char template[] = "/tmp/test_config.XXXXXX";
	char *name = test_malloc(sizeof(template));
	int fd;

	memcpy(name, template, sizeof(template));
	fd = mkstemp(name);
	if (fd < 0)
		return -1;
	close(fd);
	*state = name;
	return 0;
}

static int file_remove(void **state)
{
	int r = unlink(*state);

	test_free(*state);
	return r;
}

static void file_write(const char *name, const char *text, size_t len)
{
	FILE *file = fopen(name, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void load_reads_the_file(void **state)
{
	static const char good[] = "[path default]\ntimeout=5\n", bad[] = "[path default]\n";
	char err[CONFIG_ERR_SIZE] = "", sentence[CONFIG_ERR_SIZE];
	struct policy policy;

	policy_init(&policy);
	file_write(*state, good, strlen(good));
	assert_int_equal(config_load(*state, true, &policy, err, sizeof(err)), 0);
	assert_int_equal(policy.default_path.timeout_ns, S(5));
	assert_string_equal(err, "");
	file_write(*state, bad, strlen(bad));
	assert_int_equal(config_load(*state, false, &policy, err, sizeof(err)), -EINVAL);
	snprintf(sentence, sizeof(sentence), "%s:1: [path default] has no keys; allowed: timeout",
		 (char *)*state);
	assert_string_equal(err, sentence);
	assert_int_equal(policy.default_path.timeout_ns, S(5));
	policy_free(&policy);
}

static void load_limits_the_size(void **state)
{
	char *text = test_malloc(CONFIG_SIZE_MAX + 1);
	char err[CONFIG_ERR_SIZE] = "", sentence[CONFIG_ERR_SIZE];
	struct policy policy;

	policy_init(&policy);
	memset(text, '#', CONFIG_SIZE_MAX + 1);
	file_write(*state, text, CONFIG_SIZE_MAX);
	assert_int_equal(config_load(*state, true, &policy, err, sizeof(err)), 0);
	file_write(*state, text, CONFIG_SIZE_MAX + 1);
	assert_int_equal(config_load(*state, true, &policy, err, sizeof(err)), -EFBIG);
	snprintf(sentence, sizeof(sentence),
		 "%s: cannot be read (File too large); allowed is a readable text file of up to "
		 "256 KiB",
		 (char *)*state);
	assert_string_equal(err, sentence);
	test_free(text);
}

static void load_tells_what_cannot_be_read(void **state)
{
	static const struct row {
		const char *path;
		bool must_exist;
		int error;
		const char *sentence;
	} rows[] = {
		{"/nonexistent/sshidle.conf", false, 0, ""},
		{"/nonexistent/sshidle.conf", true, -ENOENT,
		 "/nonexistent/sshidle.conf: cannot be read (No such file or directory); "
		 "allowed "
		 "is a readable text file of up to 256 KiB"},
		{"/", false, -EISDIR,
		 "/: cannot be read (Is a directory); allowed is a readable text file of "
		 "up to "
		 "256 KiB"},
		{"/dev/null/x", false, -ENOTDIR,
		 "/dev/null/x: cannot be read (Not a directory); allowed is a readable "
		 "text file "
		 "of up to 256 KiB"},
		{"/dev/zero", false, -EFBIG,
		 "/dev/zero: cannot be read (File too large); allowed is a readable text "
		 "file of "
		 "up to 256 KiB"},
		{"/dev/null", true, 0, ""},
	};
	const struct row *row;
	struct policy policy, before;
	char err[CONFIG_ERR_SIZE];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		policy_fill(&policy);
		memcpy(&before, &policy, sizeof(before));
		*err = '\0';
		assert_int_equal(config_load(row->path, row->must_exist, &policy, err, sizeof(err)),
				 row->error);
		assert_string_equal(err, row->sentence);
		if (strcmp(row->path, "/dev/null") != 0)
			assert_memory_equal(&policy, &before, sizeof(policy));
		policy_free(&policy);
	}
}

/* Root reads everything, so root goes on as another user for a moment. */
static void load_tells_what_may_not_be_read(void **state)
{
	char err[CONFIG_ERR_SIZE] = "", sentence[CONFIG_ERR_SIZE];
	const uid_t self = geteuid(), nobody = 65534;
	struct policy policy;
	int r;

	policy_init(&policy);
	assert_int_equal(chmod(*state, 0), 0);
	assert_int_equal(seteuid(self ? self : nobody), 0);
	r = config_load(*state, false, &policy, err, sizeof(err));
	assert_int_equal(seteuid(self), 0);
	assert_int_equal(r, -EACCES);
	snprintf(sentence, sizeof(sentence),
		 "%s: cannot be read (Permission denied); allowed is a readable text file of up "
		 "to 256 KiB",
		 (char *)*state);
	assert_string_equal(err, sentence);
}

static void example_is_accepted(void **state)
{
	char err[CONFIG_ERR_SIZE] = "";
	struct policy policy;

	(void)state;
	policy_init(&policy);
	if (config_load("user/sshidle.conf.example", true, &policy, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(policy.n_ports, 2);
	assert_int_equal(policy.n_rules, 3);
	assert_rule(&policy.rules[0], "10.8.0.0/16", 3600, "cisco-asa");
	assert_rule(&policy.rules[1], "203.0.113.7", 350, "aws-nat-gateway");
	assert_rule(&policy.rules[2], "2001:db8::/32", 5400, "-");
	assert_int_equal(policy.default_path.timeout_ns, S(350));
	policy_free(&policy);
}

/* The literal text under EXAMPLES of the manual page is a file as well. */
static void manual_page_example_is_accepted(void **state)
{
	char page[32768], *from, *to;
	struct policy policy;
	size_t len;
	FILE *file;

	(void)state;
	file = fopen("user/sshidle.conf.5", "re");
	assert_non_null(file);
	len = fread(page, 1, sizeof(page) - 1, file);
	fclose(file);
	page[len] = '\0';
	from = strstr(page, ".Sh EXAMPLES\n");
	assert_non_null(from);
	from = strstr(from, "[sshidle]\n");
	assert_non_null(from);
	to = strstr(from, ".Ed\n");
	assert_non_null(to);
	*to = '\0';
	assert_taken(from, &policy);
	assert_int_equal(policy.n_rules, 2);
	assert_rule(&policy.rules[1], "10.8.0.17", 90, "-");
	assert_string_equal(policy.default_path.name, "aws-nat-gateway");
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file_is_taken),
		cmocka_unit_test(spelling_is_free),
		cmocka_unit_test(indented_keys_are_keys),
		cmocka_unit_test(long_names_are_told_apart),
		cmocka_unit_test(nothing_said_changes_nothing),
		cmocka_unit_test(loading_replaces_paths_and_keeps_the_rest),
		cmocka_unit_test(warn_has_bounds),
		cmocka_unit_test(wrong_lines_get_one_sentence),
		cmocka_unit_test(nul_is_refused_wherever_it_is),
		cmocka_unit_test(lines_have_a_longest),
		cmocka_unit_test(longest_sentence_fits),
		cmocka_unit_test(small_err_is_kept_to),
		cmocka_unit_test(many_rules_are_taken),
		cmocka_unit_test_setup_teardown(load_reads_the_file, file_make, file_remove),
		cmocka_unit_test_setup_teardown(load_limits_the_size, file_make, file_remove),
		cmocka_unit_test(load_tells_what_cannot_be_read),
		cmocka_unit_test_setup_teardown(load_tells_what_may_not_be_read, file_make,
						file_remove),
		cmocka_unit_test(example_is_accepted),
		cmocka_unit_test(manual_page_example_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
