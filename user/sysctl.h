/* SPDX-License-Identifier: GPL-2.0-only */
/* Sysctls of the caller's own namespaces. */
#ifndef SSHIDLE_SYSCTL_H
#define SSHIDLE_SYSCTL_H

#include <stdint.h>

/* Reads a number by its path below /proc/sys. 0; -ENOENT: this kernel has none; else -errno. */
int sysctl_read(const char *path, uint64_t *ret);

#endif
