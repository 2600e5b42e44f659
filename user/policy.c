// SPDX-License-Identifier: GPL-2.0-only
/* What the operator decided: where a path's timeout comes from, when to warn, which ports. */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>

#include "duration.h"
#include "profile.h"

void policy_init(struct policy *policy)
{
	*policy = (struct policy){
		.warn = POLICY_WARN,
		.ports = {POLICY_PORT},
		.n_ports = 1,
		.prefix4 = POLICY_PREFIX4,
		.prefix6 = POLICY_PREFIX6,
	};
}

void policy_free(struct policy *policy)
{
	free(policy->rules);
	policy_init(policy);
}

int policy_add_rule(struct policy *policy, const struct path_rule *rule)
{
	struct path_rule *rules;
	size_t i;

	for (i = 0; i < policy->n_rules; i++)
		if (prefix_equal(&policy->rules[i].prefix, &rule->prefix))
			return -EEXIST;
	rules = reallocarray(policy->rules, policy->n_rules + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	rules[policy->n_rules++] = *rule;
	policy->rules = rules;
	return 0;
}

int policy_timeout_parse(const char *text, uint64_t *ret_ns, const char **ret_name)
{
	const struct profile *profile = profile_find(text);
	uint64_t seconds;
	int r;

	if (profile) {
		seconds = profile->timeout_s;
	} else {
		r = duration_parse(text, &seconds);
		if (r)
			return r;
		if (!seconds)
			return -ERANGE;
	}
	*ret_ns = seconds * NSEC_PER_SEC;
	*ret_name = profile ? profile->name : NULL;
	return 0;
}

const char *policy_timeout_words(int error)
{
	if (error == -ERANGE)
		return "is out of range; allowed are 1s to 3650d";
	return "is neither a duration nor a profile; allowed are forms such as 350, 5m50s and the "
	       "profiles in sshidle.conf(5)";
}

static const struct path_rule *longest_match(const struct policy *policy, const uint8_t peer[16])
{
	const struct path_rule *best = NULL, *rule;
	size_t i;

	for (i = 0; i < policy->n_rules; i++) {
		rule = &policy->rules[i];
		if (prefix_match(&rule->prefix, peer) &&
		    (!best || rule->prefix.len > best->prefix.len))
			best = rule;
	}
	return best;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void raise(struct path *path, uint64_t survived_ns)
{
	if (survived_ns <= path->timeout_ns)
		return;
	path->timeout_ns = survived_ns;
	path->source = PATH_LEARNED;
}

/*
 * No operator spoke: what the place taught, or the assumption, and what this flow itself proved.
 * Where we spoke first, as a keepalive does every two hours, a cut tells only that the path forgets
 * no later: that may lower the assumption, but raises it no further than what did pass.
 */
static struct path observed_path(uint64_t longest_survived_ns, const struct learned *learned)
{
	struct path path = {.timeout_ns = POLICY_ASSUMED_S * NSEC_PER_SEC, .source = PATH_ASSUMED};

	if (learned && learned->fatal_ns &&
	    (!learned->spoken || learned->fatal_ns < path.timeout_ns))
		path = (struct path){.timeout_ns = learned->fatal_ns, .source = PATH_LEARNED};
	else if (learned)
		raise(&path, learned->fatal_ns ? least(learned->fatal_ns, learned->survived_ns)
					       : learned->survived_ns);
	raise(&path, longest_survived_ns);
	return path;
}

static struct path decided_path(const struct policy *policy, const uint8_t peer[16],
				uint64_t longest_survived_ns, const struct learned *learned)
{
	const struct path_rule *rule;

	if (policy->has_option)
		return policy->option;
	rule = longest_match(policy, peer);
	if (rule)
		return (struct path){
			.timeout_ns = rule->timeout_ns, .source = PATH_CONFIG, .name = rule->name};
	if (policy->has_default)
		return policy->default_path;
	return observed_path(longest_survived_ns, learned);
}

struct path policy_path(const struct policy *policy, const uint8_t peer[16],
			uint64_t longest_survived_ns, const struct learned *learned)
{
	struct path path = decided_path(policy, peer, longest_survived_ns, learned);

	if (learned && learned->survived_ns > path.timeout_ns) {
		path.let_pass_ns = learned->survived_ns;
		path.let_pass_times = learned_longer(learned, path.timeout_ns);
	}
	return path;
}

const char *path_source_name(enum path_source source)
{
	static const char *const names[] = {
		[PATH_OPTION] = "option",
		[PATH_CONFIG] = "config",
		[PATH_LEARNED] = "learned",
		[PATH_ASSUMED] = "assumed",
	};

	return names[source];
}
