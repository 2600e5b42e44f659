/* SPDX-License-Identifier: GPL-2.0-only */
/* What the operator decided: where a path's timeout comes from, when to warn, which ports. */
#ifndef SSHIDLE_POLICY_H
#define SSHIDLE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lesson.h"
#include "ports.h"
#include "prefix.h"

/* When nobody knows better. */
#define POLICY_ASSUMED_S 300ULL
#define POLICY_WARN 0.5
#define POLICY_PORT 22

/* What one operator runs, as a rule, is behind one path: a /24 of IPv4, a /48 of IPv6. */
#define POLICY_PREFIX4 24
#define POLICY_PREFIX6 48

enum path_source {
	PATH_OPTION,  /* --path-timeout */
	PATH_CONFIG,  /* a rule or the default of the config */
	PATH_LEARNED, /* what the path itself has shown */
	PATH_ASSUMED,
};

struct path {
	uint64_t timeout_ns;
	enum path_source source;
	const char *name; /* of the profile, static, or NULL */
	/* Silences longer than the timeout that the path let pass: the longest, how many. */
	uint64_t let_pass_ns;
	uint32_t let_pass_times;
};

struct path_rule {
	struct prefix prefix;
	uint64_t timeout_ns;
	const char *name; /* of the profile, static, or NULL */
};

struct policy {
	bool has_option;
	struct path option;
	struct path_rule *rules; /* owned; in any order, no prefix twice */
	size_t n_rules;
	bool has_default;
	struct path default_path;
	double warn; /* silent beyond this part of the timeout, above 0 and below 1 */
	uint16_t ports[PORTS_MAX];
	size_t n_ports;
	bool has_ports;		       /* they were named */
	unsigned int prefix4, prefix6; /* lengths of the prefixes that paths are told apart by */
};

/* Nothing decided: no option, no rules, POLICY_WARN, POLICY_PORT. */
void policy_init(struct policy *policy);

/* Frees the rules and leaves policy as policy_init() does. */
void policy_free(struct policy *policy);

/*
 * Adds a copy of rule; pointers to rules become stale.
 * -EEXIST: there is a rule for that prefix; -ENOMEM.
 */
int policy_add_rule(struct policy *policy, const struct path_rule *rule);

/*
 * Reads DURATION|PROFILE; gives nanoseconds, above 0, and the profile's name (static) or NULL.
 * -EINVAL: neither; -ERANGE: 0 or above DURATION_MAX_S.
 */
int policy_timeout_parse(const char *text, uint64_t *ret_ns, const char **ret_name);

/* Its error in words to follow the text: "what is wrong; what is allowed". */
const char *policy_timeout_words(int error);

/*
 * The path to peer (the 128-bit form of struct prefix): the option, else the longest rule that
 * matches, else the config's default, else the silence at which it was learned to cut (learned may
 * be NULL), else POLICY_ASSUMED_S or the longest silence that it was learned to let pass. The
 * longest silence that the flow itself survived raises a learned or assumed timeout, which is then
 * learned. What the operator said stands, and let_pass tells what speaks against it.
 */
struct path policy_path(const struct policy *policy, const uint8_t peer[16],
			uint64_t longest_survived_ns, const struct learned *learned);

/* The source's name in JSON. */
const char *path_source_name(enum path_source source);

#endif
