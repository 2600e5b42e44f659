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

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DEATHS_MAX);
	__type(key, __u32);
	__type(value, struct death);
} deaths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PATHS_MAX);
	__type(key, struct path_key);
	__type(value, struct path_lesson);
} paths SEC(".maps");

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

/* Counts one more; gives how many there were before. */
static __always_inline __u64 count(__u32 counter)
{
	__u64 *sum = bpf_map_lookup_elem(&counters, &counter);

	return sum ? __sync_fetch_and_add(sum, 1) : 0;
}

/* Jiffies in milliseconds, saturated. */
static __always_inline __u32 jiffies_to_ms(__u64 jiffies)
{
	__u64 ms = jiffies * MSEC_PER_SEC / watch.hz;

	return ms > 0xffffffff ? 0xffffffff : ms;
}

/* Age of a 32-bit jiffies stamp of a socket; one just ahead of us is 0, not a wrapped age. */
static __always_inline __u32 stamp_age_ms(__u32 stamp)
{
	__u32 age = (__u32)bpf_jiffies64() - stamp;

	return age < -watch.hz ? jiffies_to_ms(age) : 0;
}

static __always_inline __u64 stamp_ns(__u32 stamp, __u64 now)
{
	return now - stamp_age_ms(stamp) * NSEC_PER_MSEC;
}

/* CLOCK_REALTIME. */
static __always_inline __u64 wall_ns(void)
{
	return bpf_ktime_get_tai_ns() - watch.tai_offset_s * (__s64)NSEC_PER_SEC;
}

static __always_inline bool differ(__u32 a, __u32 b, __u32 most)
{
	return (a > b ? a - b : b - a) > most;
}

static __always_inline __u32 ns_to_ms(__u64 ns)
{
	__u64 ms = ns / NSEC_PER_MSEC;

	return ms > 0xffffffff ? 0xffffffff : ms;
}

/*
 * Whether the host was suspended for a part of a silence: jiffies stand still then. What the peer
 * sent meanwhile, which may have kept the path open, nobody heard.
 */
static __always_inline bool has_slept(__u64 silence_ns, __u32 jiffies)
{
	return silence_ns / NSEC_PER_MSEC > jiffies_to_ms(jiffies) + MSEC_PER_SEC;
}

#endif
