// SPDX-License-Identifier: GPL-2.0-only
/* Sysctls of the caller's own namespaces. */
#include "sysctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cleanup.h"

int sysctl_read(const char *path, uint64_t *ret)
{
	CLEANUP_FILE FILE *file = NULL;
	char full[128];

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	file = fopen(full, "re");
	if (!file)
		return -errno;
	return fscanf(file, "%" SCNu64, ret) == 1 ? 0 : -EBADMSG;
}
