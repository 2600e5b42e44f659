/* SPDX-License-Identifier: GPL-2.0-only */
/* What moved between kernels, each with the version that moved it; and the headers all share. */
#ifndef SSHIDLE_COMPAT_H
#define SSHIDLE_COMPAT_H

#ifdef SSHIDLE_VMLINUX
#include "vmlinux.h"
#else
#include "kernel.h"
#endif
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

/* Preprocessor constants of the kernel: BTF does not carry them. */
#define AF_INET 2
#define AF_INET6 10
#define SOCK_BINDPORT_LOCK 8 /* include/net/sock.h */
#define ETIMEDOUT 110	     /* include/uapi/asm-generic/errno.h */
#define ECONNABORTED 103
#define ECONNRESET 104
#define TCP_FIN_FLAG 0x01 /* TCPHDR_FIN */
#define TCP_SYN_FLAG 0x02 /* TCPHDR_SYN */
#define TCP_RST_FLAG 0x04 /* TCPHDR_RST */
#define TCP_ACK_FLAG 0x10 /* TCPHDR_ACK */
#define MSEC_PER_SEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL

/* sk_timer of struct sock went to inet_connection_sock as icsk_keepalive_timer in 7.0. */
struct inet_connection_sock___keepalive_timer {
	struct timer_list icsk_keepalive_timer;
} __attribute__((preserve_access_index));

static __always_inline const struct timer_list *
compat_keepalive_timer(const struct inet_connection_sock *icsk)
{
	const struct inet_connection_sock___keepalive_timer *moved = (const void *)icsk;

	if (bpf_core_field_exists(moved->icsk_keepalive_timer))
		return &moved->icsk_keepalive_timer;
	return &icsk->icsk_inet.sk.sk_timer;
}

/* tcp_flags grew from __u8 to __u16 in 6.15; the flags of RFC 793 stay in its low byte. */
static __always_inline __u8 compat_tcp_flags(const struct sk_buff *skb)
{
	__u32 at = bpf_core_field_offset(struct tcp_skb_cb, tcp_flags);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	at += bpf_core_field_size(struct tcp_skb_cb, tcp_flags) - 1;
#endif
	return ((const __u8 *)skb->cb)[at];
}

#endif
