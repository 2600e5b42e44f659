// SPDX-License-Identifier: GPL-2.0-only
/* The recorder: writes the history of every watched flow into the flow's own socket. */
#include "obituary.h"

/* What one inbound segment carries, in bytes that are new to this end. */
struct segment {
	__u32 rx_bytes; /* payload not received before */
	__u32 tx_bytes; /* our payload that it acknowledges for the first time */
	bool is_probe;
	bool is_reset;
	bool is_bare_fin;
	bool is_opening;
};

static __always_inline __u32 seq_after(__u32 later, __u32 earlier)
{
	__s32 distance = later - earlier;

	return distance > 0 ? distance : 0;
}

/*
 * TCP_SKB_CB(skb)->field (include/net/tcp.h). The verifier lets an array of char be read a byte at
 * a time, which is cheaper than to have a helper copy it.
 */
#define CB_U32(skb, field) cb_u32(skb, bpf_core_field_offset(struct tcp_skb_cb, field))

static __always_inline __u32 cb_u32(const struct sk_buff *skb, __u32 at)
{
	const __u8 *cb = (const __u8 *)skb->cb + at;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return cb[0] | cb[1] << 8 | cb[2] << 16 | (__u32)cb[3] << 24;
#else
	return cb[3] | cb[2] << 8 | cb[1] << 16 | (__u32)cb[0] << 24;
#endif
}

/*
 * tcp_probe fires before the segment is processed: rcv_nxt and snd_una hold the old values. A
 * keepalive probe repeats the byte before rcv_nxt, with none or one byte of payload (RFC 9293
 * 3.8.4; Linux sends none).
 */
static __always_inline void segment_read(const struct tcp_sock *tp, const struct sk_buff *skb,
					 struct segment *segment)
{
	__u32 seq = CB_U32(skb, seq);
	__u32 end_seq = CB_U32(skb, end_seq);
	__u32 ack_seq = CB_U32(skb, ack_seq);
	__u32 payload = end_seq - seq, beyond;
	__u8 flags = compat_tcp_flags(skb);

	if (flags & TCP_FIN_FLAG) {
		payload--;
		end_seq--;
	}
	beyond = seq_after(end_seq, tp->rcv_nxt);
	segment->rx_bytes = beyond < payload ? beyond : payload;
	segment->tx_bytes = seq_after(ack_seq, tp->snd_una);
	segment->is_reset = flags & TCP_RST_FLAG;
	segment->is_opening = (flags & (TCP_SYN_FLAG | TCP_ACK_FLAG)) == TCP_SYN_FLAG;
	segment->is_bare_fin = flags & TCP_FIN_FLAG && !segment->rx_bytes && !segment->tx_bytes;
	segment->is_probe = seq == tp->rcv_nxt - 1 && payload <= 1 && !segment->rx_bytes;
}

static __always_inline __u16 add_saturated(__u16 sum, __u32 more)
{
	return more > 0xffffU - sum ? 0xffff : sum + more;
}

static __always_inline bool burst_small(const struct burst *burst)
{
	return burst->rx_bytes <= ALIKE_BYTES_MAX && burst->tx_bytes <= ALIKE_BYTES_MAX;
}

/* In the same time, or once early, or in half or twice of it, as some versions of sshd have it. */
static __always_inline bool silences_alike(__u32 a, __u32 b)
{
	__u32 most = ALIKE_SILENCE_DIFFER_MS(b);

	return !differ(a, b, most) || !differ(a, b, ALIKE_EARLY_MS) || !differ(2 * a, b, most) ||
	       !differ(a, 2 * b, most);
}

static __always_inline bool bursts_alike(const struct flow_history *flow, __u8 slot, __u8 before)
{
	const struct burst *one = &flow->bursts[slot], *other = &flow->bursts[before];
	bool us = flow->burst_first_us >> slot & 1;
	__u16 request = us ? one->tx_bytes : one->rx_bytes;
	__u16 reply = us ? one->rx_bytes : one->tx_bytes;
	__u16 other_request = us ? other->tx_bytes : other->rx_bytes;
	__u16 other_reply = us ? other->rx_bytes : other->tx_bytes;

	return burst_small(one) && burst_small(other) &&
	       us == (flow->burst_first_us >> before & 1) && !reply == !other_reply &&
	       !differ(request, other_request, ALIKE_BYTES_DIFFER) &&
	       silences_alike(one->silence_ms, other->silence_ms);
}

/* The ring forgets a burst some day, so what it was is noted when it ends. */
static __always_inline void burst_close(struct flow_history *flow, __u64 last)
{
	__u8 slot = (flow->burst_next + BURSTS_MAX - 1) % BURSTS_MAX;
	__u8 before = (slot + BURSTS_MAX - 1) % BURSTS_MAX;

	if (flow->burst_count < 2 || !bursts_alike(flow, slot, before))
		flow->unlike_ns = last;
}

/* An acknowledgement of our payload in the first segment means that we had spoken first. */
static __always_inline void burst_open(struct flow_history *flow, __u64 silence_ns, bool first_us)
{
	__u8 slot = flow->burst_next % BURSTS_MAX;

	flow->bursts[slot].silence_ms = ns_to_ms(silence_ns);
	flow->bursts[slot].rx_bytes = 0;
	flow->bursts[slot].tx_bytes = 0;
	flow->burst_first_us = (flow->burst_first_us & ~(1 << slot)) | (first_us << slot);
	flow->burst_next = (slot + 1) % BURSTS_MAX;
	if (flow->burst_count < BURSTS_MAX)
		flow->burst_count++;
}

static __always_inline __u64 last_payload_ns(const struct flow_history *flow)
{
	return flow->rx_data_ns > flow->tx_acked_ns ? flow->rx_data_ns : flow->tx_acked_ns;
}

static __always_inline void note_payload(struct flow_history *flow, const struct segment *segment,
					 __u64 now)
{
	__u64 last = last_payload_ns(flow);
	struct burst *burst;

	if (!flow->burst_count || now - last >= BURST_GAP_NS) {
		if (flow->burst_count)
			burst_close(flow, last);
		burst_open(flow, last ? now - last : 0, segment->tx_bytes > 0);
	}
	burst = &flow->bursts[(flow->burst_next + BURSTS_MAX - 1) % BURSTS_MAX];
	burst->rx_bytes = add_saturated(burst->rx_bytes, segment->rx_bytes);
	burst->tx_bytes = add_saturated(burst->tx_bytes, segment->tx_bytes);
	if (segment->rx_bytes)
		flow->rx_data_ns = now;
	if (segment->tx_bytes)
		flow->tx_acked_ns = now;
}

static __always_inline bool gap_is_known(const struct flow_history *flow, __u32 gap_ms)
{
	__s32 apart_ms = gap_ms - flow->rx_probe_gap_ms;

	return apart_ms <= PROBE_LATE_MS && -apart_ms <= PROBE_LATE_MS;
}

/*
 * From probe to probe the peer's timer comes to take always the same time, as it begins where a
 * slot of the wheel ends: from the second time on. One odd gap, as after a probe or an answer that
 * was lost, changes nothing; with the next one it is another keepalive, and not steady yet.
 */
static __always_inline void note_next_probe(struct flow_history *flow, __u32 gap_ms)
{
	bool odd = flow->marks & MARK_STEADY && !gap_is_known(flow, gap_ms);

	if (odd && !(flow->marks & MARK_ODD)) {
		flow->marks |= MARK_ODD | MARK_FOLLOWED;
		return;
	}
	if (odd) {
		flow->rx_probe_min_ms = 0;
		flow->marks &= ~MARK_STEADY;
	} else if (flow->marks & MARK_FOLLOWED) {
		flow->marks |= MARK_STEADY;
	}
	flow->rx_probe_gap_ms = gap_ms;
	flow->marks = (flow->marks & ~MARK_ODD) | MARK_FOLLOWED;
}

/*
 * The first probe after payload comes as the slots lie, and may come after the shorter of idle and
 * interval. So its gap tells less than a steady one, unless it is longer than that may be.
 */
static __always_inline void note_first_probe(struct flow_history *flow, __u32 gap_ms)
{
	__u32 known_ms = flow->rx_probe_gap_ms;

	flow->marks &= ~MARK_FOLLOWED;
	if (flow->marks & MARK_STEADY &&
	    gap_ms <= known_ms + TIMER_LATE_MOST(known_ms) + PROBE_LATE_MS)
		return;
	flow->rx_probe_gap_ms = gap_ms;
	flow->marks &= ~(MARK_STEADY | MARK_ODD);
}

/*
 * Payload begins the peer's timer anew, in either direction (tcp_keepalive_timer() in tcp_timer.c);
 * our own probes do not, though their answers are heard.
 */
static __always_inline void note_probe(struct flow_history *flow, __u64 now)
{
	__u64 payload = last_payload_ns(flow);
	__u64 last = payload > flow->rx_probe_ns ? payload : flow->rx_probe_ns;
	__u32 gap_ms = ns_to_ms(now - last), least_ms = flow->rx_probe_min_ms;

	if (payload && last == payload && (!least_ms || gap_ms < least_ms))
		flow->rx_probe_min_ms = gap_ms;
	if (flow->rx_probe_ns && last == flow->rx_probe_ns)
		note_next_probe(flow, gap_ms);
	else if (flow->rx_probe_ns)
		note_first_probe(flow, gap_ms);
	flow->rx_probe_ns = now;
}

/* The kernel counts probes in 8 bits, and only a user timeout lets it send more of them. */
static __always_inline bool probes_may_have_wrapped(const struct tcp_sock *tp, __u64 silence_ns)
{
	struct keepalive_options options = {};

	fill_options(&options, tp);
	return options.user_timeout_ms && options.enabled &&
	       silence_ns / NSEC_PER_SEC >
		       options.idle_s + (__u64)PROBES_COUNTED * options.interval_s;
}

/*
 * The silence that a segment proves the path let pass. What we sent into it without an answer may
 * have kept the path open, so that only the time before counts, or none where it is not known.
 */
static __noinline int note_passed(struct flow_history *flow, struct tcp_sock *tp, __u64 since,
				  __u64 now)
{
	__u64 until = flow->retransmits ? flow->retransmit_ns : now;
	__u32 silence_ms;

	if (until < since || tp->inet_conn.icsk_probes_out > 1 ||
	    probes_may_have_wrapped(tp, until - since))
		return 0;
	silence_ms = ns_to_ms(until - since);
	if (silence_ms > flow->longest_ms)
		flow->longest_ms = silence_ms;
	if (silence_ms >= PATH_SILENCE_MIN_MS)
		lesson_passed(&tp->inet_conn.icsk_inet.sk, silence_ms);
	return 0;
}

/*
 * The kernel's timestamps of a seeded flow may be too old: its silence counts from first seen.
 * jiffies: since then, or since the last segment.
 */
static __always_inline void note_arrival(struct flow_history *flow, struct tcp_sock *tp, __u64 now,
					 __u32 jiffies)
{
	__u64 since = flow->segments ? flow->rx_ns : flow->first_seen_ns;

	/* A division is rare this way, and a silence that the path learns from is rarer. */
	if ((now - since > flow->longest_ms * NSEC_PER_MSEC ||
	     now - since >= PATH_SILENCE_MIN_MS * NSEC_PER_MSEC) &&
	    !has_slept(now - since, jiffies))
		note_passed(flow, tp, since, now);
	flow->rx_ns = now;
	flow->segments = flow->segments + 1 ?: 1;
	flow->retransmits = 0;
	flow->retransmit_ns = 0;
	flow->marks &= ~MARK_SYN;
}

/* The flow's history, made if there is none; NULL where the kernel has no memory for it. */
static __always_inline struct flow_history *flow_get(struct sock *sk)
{
	struct flow_history *flow;

	flow = bpf_sk_storage_get(&flows, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!flow)
		count(COUNTER_LOST);
	return flow;
}

static __always_inline void flow_begin(struct flow_history *flow, __u64 now)
{
	flow->first_seen_ns = now;
	count(COUNTER_OPENED);
}

/*
 * The clock is the dearest thing here, and within a tick of the last segment it need not be read
 * again: a tick is the most that a time is then too early.
 */
static __always_inline __u64 flow_now(struct flow_history *flow)
{
	__u32 tick = bpf_jiffies64();

	if (flow->segments && flow->rx_jiffies == tick)
		return flow->rx_ns;
	flow->rx_jiffies = tick;
	return bpf_ktime_get_boot_ns();
}

/* Tells recorders apart. */
static __always_inline __u16 our_mark(void)
{
	return watch.attached_ns >> 20;
}

/*
 * While one recorder replaces another both see each segment, and write the same history: the first
 * in a tick notes it. The other may lose a segment of the tick in which the first is removed.
 */
static __always_inline bool is_noted(struct flow_history *flow)
{
	__u16 us = our_mark();

	if (flow->recorder == us)
		return false;
	if (flow->segments && flow->rx_jiffies == (__u32)bpf_jiffies64())
		return true;
	flow->recorder = us;
	return false;
}

static __always_inline void note_mark(struct sock *sk, enum flow_mark mark)
{
	struct flow_history *flow = bpf_sk_storage_get(&flows, sk, NULL, 0);

	if (flow)
		flow->marks |= mark;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(on_segment, struct sock *sk, struct sk_buff *skb)
{
	struct flow_history *flow;
	struct segment segment;
	struct tcp_sock *tp;
	__u32 tick;
	__u64 now;

	if (!flow_watched(sk))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	segment_read(tp, skb, &segment);
	/* A middlebox that forgets the flow may send either: no proof of an open path. */
	if (segment.is_reset || segment.is_bare_fin)
		return 0;
	/* A box that forgot the flow gave its port away, or the peer did, which began anew. */
	if (segment.is_opening) {
		note_mark(sk, MARK_SYN);
		return 0;
	}
	flow = flow_get(sk);
	if (!flow || is_noted(flow))
		return 0;
	tick = flow->rx_jiffies;
	now = flow_now(flow);
	if (!flow->first_seen_ns)
		flow_begin(flow, now);
	note_arrival(flow, tp, now, flow->rx_jiffies - tick);
	if (segment.is_probe)
		note_probe(flow, now);
	else if (segment.rx_bytes || segment.tx_bytes)
		note_payload(flow, &segment, now);
	return 0;
}

static __always_inline void note_opened(struct sock *sk, int old_state)
{
	struct flow_history *flow = flow_get(sk);
	__u64 now = bpf_ktime_get_boot_ns();

	if (!flow)
		return;
	if (!flow->first_seen_ns)
		flow_begin(flow, now);
	flow->rx_ns = now;
	flow->rx_jiffies = bpf_jiffies64();
	flow->recorder = our_mark();
	flow->segments = 1; /* the handshake's */
	flow->origin = old_state == TCP_SYN_SENT ? ORIGIN_CONNECTED : ORIGIN_ACCEPTED;
}

static __always_inline void note_fin(struct sock *sk, bool us)
{
	struct flow_history *flow = bpf_sk_storage_get(&flows, sk, NULL, 0);

	if (!flow || flow->fin_ns)
		return;
	flow->fin_ns = bpf_ktime_get_boot_ns();
	flow->fin_us = us;
}

/* tcp_set_state() has given the local port back by the time it tells of TCP_CLOSE. */
static __always_inline bool socket_watched(const struct tcp_sock *tp)
{
	const struct inet_sock *inet = &tp->inet_conn.icsk_inet;

	return port_watched(bpf_ntohs(inet->inet_sport)) ||
	       port_watched(bpf_ntohs(inet->sk.__sk_common.skc_dport));
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int old_state, int new_state)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct flow_history *flow;

	if (!tp || !socket_watched(tp))
		return 0;
	switch (new_state) {
	case TCP_ESTABLISHED:
		note_opened(sk, old_state);
		break;
	case TCP_FIN_WAIT1:
	case TCP_CLOSE_WAIT:
		note_fin(sk, new_state == TCP_FIN_WAIT1);
		break;
	case TCP_CLOSE:
		flow = bpf_sk_storage_get(&flows, sk, NULL, 0);
		if (!flow)
			break;
		obituary_write(sk, tp, flow, old_state);
		/* Two see this while one recorder replaces the other: the second finds nothing. */
		bpf_sk_storage_delete(&flows, sk);
		break;
	}
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_retransmit, struct sock *sk)
{
	struct flow_history *flow;

	if (!flow_watched(sk))
		return 0;
	flow = bpf_sk_storage_get(&flows, sk, NULL, 0);
	if (!flow)
		return 0;
	if (!flow->retransmits)
		flow->retransmit_ns = bpf_ktime_get_boot_ns();
	flow->retransmits++;
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_reset, struct sock *sk)
{
	if (flow_watched(sk))
		note_mark(sk, MARK_RESET);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
