// SPDX-License-Identifier: GPL-2.0-only
/* What each path has taught, by the prefix of its peers. */
#include "paths.h"

#include <stddef.h>

int paths_read(const char *run_dir, struct paths **ret)
{
	(void)run_dir;
	*ret = NULL;
	return 0;
}

void paths_free(struct paths *paths)
{
	(void)paths;
}

const struct learned *paths_find(const struct paths *paths, const uint8_t peer[16])
{
	(void)paths;
	(void)peer;
	return NULL;
}
