/* SPDX-License-Identifier: GPL-2.0-only */
/* Which flows are ours, and the maps that recorder and snapshot share. */
#ifndef SSHIDLE_FLOW_H
#define SSHIDLE_FLOW_H

#include "compat.h"
#include "watch.h"
#include "record.h"

const volatile struct watch_config watch = {};

/* History lives and dies with its socket; the kernel frees it. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct flow_history);
} flows SEC(".maps");

/* What sockets had before sshidle set their keepalive: written by user space alone. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct keepalive_options);
} before SEC(".maps");

/* What could not be kept is counted; beside it user space writes whose histories these are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} losses SEC(".maps");

static __always_inline bool port_watched(__u16 port)
{
	__u32 byte;

	if (watch.n_ports == 1) /* the verifier prunes the other branch */
		return port == watch.ports[0];
	byte = port >> 3;
	barrier_var(byte); /* the verifier of 6.1 does not know that a swapped __u16 has 16 bits */
	return watch.port_bits[byte % sizeof(watch.port_bits)] & (1 << (port & 7));
}

static __always_inline bool flow_watched(const struct sock *sk)
{
	return port_watched(sk->__sk_common.skc_num) ||
	       port_watched(bpf_ntohs(sk->__sk_common.skc_dport));
}

static __always_inline void count_lost(void)
{
	__u32 key = COUNTER_LOST;
	__u64 *lost = bpf_map_lookup_elem(&losses, &key);

	if (lost)
		__sync_fetch_and_add(lost, 1);
}

static __always_inline __u32 ns_to_ms(__u64 ns)
{
	__u64 ms = ns / NSEC_PER_MSEC;

	return ms > 0xffffffff ? 0xffffffff : ms;
}

#endif
