/* SPDX-License-Identifier: GPL-2.0-only */
/* The constants that the BPF programs are loaded with. */
#ifndef SSHIDLE_USER_WATCH_H
#define SSHIDLE_USER_WATCH_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/watch.h"

/*
 * Fills config for n watched ports (host order, 1..WATCHED_PORTS_MAX), with no recorder attached
 * and every peer a path of its own.
 * HZ is the reciprocal of the coarse clocks' resolution (kernel/time/posix-timers.c,
 * posix_get_coarse_res()): no kernel config file is needed.
 */
void watch_config_init(const uint16_t *ports, size_t n, struct watch_config *config);

/* Sets the lengths of the prefixes that paths are told apart by: 0..32 for IPv4, 0..128 for IPv6.
 */
void watch_config_prefixes(unsigned int ipv4, unsigned int ipv6, struct watch_config *config);

#endif
