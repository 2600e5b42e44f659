// SPDX-License-Identifier: GPL-2.0-only
/* The constants that the BPF programs are loaded with. */
#include "watch.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

#include "duration.h"
#include "prefix.h"

#define IPV4_BITS 32
#define ADDRESS_BITS 128

static uint32_t kernel_hz(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return (NSEC_PER_SEC + tick.tv_nsec / 2) / tick.tv_nsec;
}

/* 0: unknown. */
static uint32_t our_pid_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) ? 0 : status.st_ino;
}

static void set_prefix(unsigned int length, struct path_prefix *prefix)
{
	prefix->length = length;
	memset(prefix->mask, 0xff, sizeof(prefix->mask));
	prefix_mask((uint8_t *)prefix->mask, length);
}

void watch_config_prefixes(unsigned int ipv4, unsigned int ipv6, struct watch_config *config)
{
	set_prefix(ADDRESS_BITS - IPV4_BITS + ipv4, &config->prefix4);
	set_prefix(ipv6, &config->prefix6);
}

void watch_config_init(const uint16_t *ports, size_t n, struct watch_config *config)
{
	struct timex timex = {};

	memset(config, 0, sizeof(*config));
	adjtimex(&timex);
	config->tai_offset_s = timex.tai;
	config->hz = kernel_hz();
	config->pid_namespace = our_pid_namespace();
	watch_config_prefixes(IPV4_BITS, ADDRESS_BITS, config);
	config->n_ports = n;
	for (size_t i = 0; i < n; i++) {
		config->ports[i] = ports[i];
		config->port_bits[ports[i] >> 3] |= 1 << (ports[i] & 7);
	}
}
