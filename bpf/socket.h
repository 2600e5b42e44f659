/* SPDX-License-Identifier: GPL-2.0-only */
/* What records say of a socket: its ends, its place among the watched, its keepalive. */
#ifndef SSHIDLE_SOCKET_H
#define SSHIDLE_SOCKET_H

#include "flow.h"

static __always_inline void fill_mapped(__u8 *addr, __be32 ipv4)
{
	addr[10] = 0xff;
	addr[11] = 0xff;
	__builtin_memcpy(addr + 12, &ipv4, sizeof(ipv4));
}

static __always_inline bool is_mapped(const __u8 *addr)
{
	const __u32 *words = (const __u32 *)addr;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* addr is 16 zero bytes, aligned to 4. */
static __always_inline void fill_local(__u8 *addr, const struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET)
		fill_mapped(addr, sk->__sk_common.skc_rcv_saddr);
	else
		bpf_core_read(addr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
}

static __always_inline void fill_peer(__u8 *addr, const struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_INET)
		fill_mapped(addr, sk->__sk_common.skc_daddr);
	else
		bpf_core_read(addr, 16, &sk->__sk_common.skc_v6_daddr);
}

static __always_inline __u16 socket_flags(const struct sock *sk, __u16 local_port, __u16 peer_port)
{
	__u16 flags = 0;

	if (port_watched(local_port))
		flags |= SESSION_LOCAL_WATCHED;
	if (port_watched(peer_port))
		flags |= SESSION_PEER_WATCHED;
	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK)
		flags |= SESSION_BOUND;
	return flags;
}

/*
 * The timer wheel rounds a timer of 63 * 8^n jiffies and more up to 8^(n+1) of them: LVL_START and
 * calc_index() in kernel/time/timer.c. Global, so that callers are not verified for each.
 */
#define WHEEL_LEVELS 8

__noinline __u64 wheel_granularity(__u64 jiffies)
{
	__u64 granularity = 1;

	for (int i = 0; i < WHEEL_LEVELS; i++)
		if (jiffies >= 63 * granularity)
			granularity *= 8;
	return granularity;
}

/* The last answer by the kernel's own clocks, which the keepalive timer goes by. */
static __always_inline __u64 answered_ns(const struct tcp_sock *tp, __u64 now)
{
	__u64 acked = stamp_ns(tp->rcv_tstamp, now);
	__u64 received = stamp_ns(tp->inet_conn.icsk_ack.lrcvtime, now);

	return acked > received ? acked : received;
}

/* icsk_probes_out of struct inet_connection_sock has 8 bits. */
#define PROBES_COUNTED 255

/* Option 0 means "as the network namespace's sysctl says" (net/ipv4/tcp.h keepalive_*_when()). */
static __always_inline void fill_options(struct keepalive_options *options,
					 const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	const struct sock *sk = &icsk->icsk_inet.sk;
	const struct netns_ipv4 *defaults = &sk->__sk_common.skc_net.net->ipv4;

	options->idle_s = (tp->keepalive_time ?: defaults->sysctl_tcp_keepalive_time) / watch.hz;
	options->interval_s =
		(tp->keepalive_intvl ?: defaults->sysctl_tcp_keepalive_intvl) / watch.hz;
	options->count = tp->keepalive_probes ?: defaults->sysctl_tcp_keepalive_probes;
	options->user_timeout_ms = icsk->icsk_user_timeout;
	options->enabled = sk->__sk_common.skc_flags >>
				   bpf_core_enum_value(enum sock_flags, SOCK_KEEPOPEN) &
			   1;
}

#endif
