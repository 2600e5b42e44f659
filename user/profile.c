// SPDX-License-Identifier: GPL-2.0-only
/* Known idle timeouts of NATs, firewalls and load balancers. */
#include "profile.h"

#include <string.h>

static const struct profile profiles[] = {
#include "user/profiles.inc" /* generated from user/path-timeouts.tsv */
};

const struct profile *profile_at(size_t i)
{
	return i < sizeof(profiles) / sizeof(*profiles) ? &profiles[i] : NULL;
}

const struct profile *profile_find(const char *name)
{
	const struct profile *profile;
	size_t i;

	for (i = 0; (profile = profile_at(i)); i++)
		if (!strcmp(profile->name, name))
			return profile;
	return NULL;
}
