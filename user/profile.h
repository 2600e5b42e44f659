/* SPDX-License-Identifier: GPL-2.0-only */
/* Known idle timeouts of NATs, firewalls and load balancers. */
#ifndef SSHIDLE_PROFILE_H
#define SSHIDLE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

/* One row of user/path-timeouts.tsv, which explains the words; static, none is NULL. */
struct profile {
	const char *name;	/* lower case, begins with a letter: never a duration */
	uint64_t timeout_s;	/* its default, above 0 */
	const char *range;	/* what it can be set to in seconds, "60-6000" or "fixed", or "" */
	const char *at_expiry;	/* "silent", "silent-rst", "rst" or "close" */
	const char *what;	/* the thing's name for people */
	const char *confidence; /* "documented", "reported" or "recalled" */
};

/* The profile with exactly this name, or NULL. */
const struct profile *profile_find(const char *name);

/* The profile i in the order of the file, or NULL past the end. */
const struct profile *profile_at(size_t i);

#endif
