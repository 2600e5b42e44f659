/* SPDX-License-Identifier: GPL-2.0-only */
/* The obituary: how long a flow was silent before it ended, and what ended it. */
#ifndef SSHIDLE_OBITUARY_H
#define SSHIDLE_OBITUARY_H

#include "lesson.h"

/*
 * An acknowledgement stamps the same tick as what it acknowledges where the peer is near, so what
 * was sent this soon after the last segment arrived was no attempt to end a silence.
 */
#define SPOKE_LATER_NS (NSEC_PER_SEC / 10)

static __always_inline bool has_unacked(const struct tcp_sock *tp)
{
	return tp->write_seq != tp->snd_una;
}

/*
 * sk_err as tcp_reset(), tcp_write_err() and tcp_abort() leave it (net/ipv4/tcp_input.c,
 * tcp_timer.c, tcp.c). The keepalive timer waits while anything is unacknowledged, so what timed
 * out then was a retransmission.
 */
static __always_inline enum end_cause cause_by_error(const struct tcp_sock *tp,
						     const struct flow_history *flow)
{
	int error = tp->inet_conn.icsk_inet.sk.sk_err;

	if (flow->marks & MARK_RESET || error == ECONNRESET)
		return END_RESET_RECEIVED;
	if (error == ETIMEDOUT)
		return has_unacked(tp) ? END_RETRANSMISSION_TIMEOUT : END_KEEPALIVE_TIMEOUT;
	if (error == ECONNABORTED)
		return END_RESET_SENT;
	return error ? END_UNREACHABLE : END_CAUSES;
}

/* Of one that was half closed when the recorder came only the state tells who began. */
static __always_inline bool fin_by_peer(const struct flow_history *flow, int old_state)
{
	if (flow->fin_ns)
		return !flow->fin_us;
	return old_state == TCP_CLOSE_WAIT || old_state == TCP_LAST_ACK;
}

/* A FIN of the peer, or one of ours that it acknowledged, is an orderly end, whatever follows. */
static __always_inline enum end_cause cause_of(const struct tcp_sock *tp,
					       const struct flow_history *flow, int old_state)
{
	enum end_cause cause;

	if (fin_by_peer(flow, old_state))
		return END_FIN_PEER;
	if (old_state == TCP_FIN_WAIT2 || old_state == TCP_CLOSING ||
	    (flow->fin_ns && old_state != TCP_FIN_WAIT1))
		return END_FIN_US;
	cause = cause_by_error(tp, flow);
	if (cause != END_CAUSES)
		return cause;
	if (!flow->fin_ns)
		return END_RESET_SENT; /* closed with unread data, or with SO_LINGER 0 */
	return flow->retransmits ? END_RETRANSMISSION_TIMEOUT : END_FIN_US;
}

/* What the timer wheel adds to a timer of so many seconds, at most. */
static __always_inline __u64 slot_ms(__u32 seconds)
{
	return jiffies_to_ms(wheel_granularity((__u64)seconds * watch.hz));
}

/*
 * From one probe to the next: a timer that is armed when another goes off is as late each time, to
 * the end of the wheel's next slot.
 */
static __always_inline __u64 probe_interval_ns(const struct death *death)
{
	__u64 jiffies = (__u64)death->keepalive.interval_s * watch.hz;
	__u64 slot = wheel_granularity(jiffies);

	return jiffies_to_ms((jiffies / slot + 1) * slot) * NSEC_PER_MSEC;
}

/*
 * Of n probes without an answer the first went out n - 1 intervals ago, or n, if the last was due,
 * give or take a slot of the wheel; and not before it was due. The kernel counts them in 8 bits,
 * and only a user timeout lets it send more: as many as there was time for.
 */
static __always_inline __u64 first_probe_ns(const struct tcp_sock *tp, const struct death *death)
{
	bool was_due = death->cause == END_KEEPALIVE_TIMEOUT || death->cause == END_UNREACHABLE;
	__u64 intervals = tp->inet_conn.icsk_probes_out - !was_due;
	__u64 interval_ns = probe_interval_ns(death);
	__u64 due_ns = answered_ns(tp, death->closed_ns) + death->keepalive.idle_s * NSEC_PER_SEC;
	__u64 since_due_ns = death->closed_ns > due_ns ? death->closed_ns - due_ns : 0;
	__u64 most = since_due_ns / interval_ns, wrap = PROBES_COUNTED + 1;

	if (death->keepalive.user_timeout_ms && most > intervals)
		intervals += (most - intervals + wrap / 2) / wrap * wrap;
	if (intervals * interval_ns > since_due_ns)
		return death->closed_ns - since_due_ns;
	return death->closed_ns - intervals * interval_ns;
}

/*
 * When we began to speak into the last silence; 0: we did not. The first retransmission comes one
 * time-out after what it repeats, at least 0.2 s.
 */
static __always_inline __u64 attempt_ns(const struct tcp_sock *tp, const struct flow_history *flow,
					const struct death *death)
{
	__u64 sent = stamp_ns(tp->lsndtime, death->closed_ns);

	if (flow->retransmits)
		return flow->retransmit_ns;
	if (has_unacked(tp) && sent > flow->rx_ns + SPOKE_LATER_NS)
		return sent;
	if (tp->inet_conn.icsk_probes_out)
		return first_probe_ns(tp, death);
	return flow->fin_us ? flow->fin_ns : 0;
}

static __always_inline void fill_silence(struct death *death, const struct tcp_sock *tp,
					 const struct flow_history *flow)
{
	__u64 attempt = attempt_ns(tp, flow, death);
	__u64 until = attempt ?: flow->fin_ns ?: death->closed_ns;

	death->speaker = attempt ? SPEAKER_US : SPEAKER_PEER;
	death->silence_ms = until > flow->rx_ns ? ns_to_ms(until - flow->rx_ns) : 0;
	death->longest_ms = flow->longest_ms;
	death->unseen = !flow->segments;
}

static __always_inline void fill_death(struct death *death, struct sock *sk,
				       const struct tcp_sock *tp, const struct flow_history *flow)
{
	const struct inet_sock *inet = &tp->inet_conn.icsk_inet;

	death->cookie = bpf_get_socket_cookie(sk);
	death->opened_ns = flow->origin == ORIGIN_SEEDED ? 0 : flow->first_seen_ns;
	fill_local(death->local_addr, &inet->sk);
	fill_peer(death->peer_addr, &inet->sk);
	death->family = is_mapped(death->peer_addr) ? 4 : 6;
	death->local_port = bpf_ntohs(inet->inet_sport);
	death->peer_port = bpf_ntohs(inet->sk.__sk_common.skc_dport);
	death->netns = inet->sk.__sk_common.skc_net.net->ns.inum;
	death->socket_uid = inet->sk.sk_uid.val;
	death->flags = socket_flags(&inet->sk, death->local_port, death->peer_port);
	death->origin = flow->origin;
	fill_options(&death->keepalive, tp);
	fill_silence(death, tp, flow);
}

/*
 * What sends in a period, as keepalives do, finds a peer that has gone after a silence of one
 * period each time: that is no length at which the path cuts, since it let as long ones pass. Where
 * it let longer ones pass and then a RST came, after no such period, the box has become stricter.
 * The kernel's probe may come later than those that were answered.
 */
static __always_inline bool found_gone(const struct death *death)
{
	__u64 spread_ms = path_spread_ms(death->silence_ms);

	if (death->cause == END_KEEPALIVE_TIMEOUT)
		spread_ms += slot_ms(death->keepalive.idle_s);
	if (death->cause == END_RESET_RECEIVED && death->longest_ms > death->silence_ms + spread_ms)
		return false;
	return death->longest_ms + spread_ms >= death->silence_ms;
}

/*
 * A box that closes both ends does so after a silence, and no data of the peer come before. Who
 * never said a word was no session: a scan that vanished looks like a cut when sshd gives up on it.
 * Who was found gone by another connection from its port may have been so for any time, and what a
 * host that was suspended did not hear is no silence.
 */
static __always_inline bool teaches(const struct death *death, const struct flow_history *flow)
{
	return death->silence_ms >= PATH_SILENCE_MIN_MS && flow->rx_data_ns && !death->unseen &&
	       !(flow->marks & MARK_SYN) && !found_gone(death) &&
	       !has_slept(death->closed_ns - flow->rx_ns,
			  (__u32)bpf_jiffies64() - flow->rx_jiffies) &&
	       (death->cause >= END_FIRST_CUT || death->cause == END_FIN_PEER);
}

/*
 * A path is known by a silence, or by a session that timed out. Log-ins of strangers that end at
 * once, and their scans, would wash away what others have taught: they count only where the path is
 * known.
 */
static __always_inline bool makes_known(const struct death *death, const struct flow_history *flow)
{
	return death->cause > END_RESET_RECEIVED && flow->rx_data_ns;
}

static __always_inline struct death *death_slot(__u32 ring)
{
	__u32 slot = ring * DEATHS_EACH + count(COUNTER_RING + ring) % DEATHS_EACH;

	return bpf_map_lookup_elem(&deaths, &slot);
}

static __always_inline bool is_silent_cut(const struct death *death)
{
	return death->cause >= END_FIRST_CUT && death->silence_ms >= PATH_SILENCE_MIN_MS;
}

/* Whoever reads while this writes sees another number before than after, and drops what it read. */
static __noinline int obituary_write(struct sock *sk, struct tcp_sock *tp,
				     struct flow_history *flow, int old_state)
{
	struct death death = {.closed_ns = bpf_ktime_get_boot_ns()};
	struct death *slot;

	death.cause = cause_of(tp, flow, old_state);
	fill_death(&death, sk, tp, flow);
	slot = death_slot(is_silent_cut(&death) ? RING_CUTS : RING_ENDS);
	if (!slot)
		return 0;
	__sync_lock_test_and_set(&slot->number, 0);
	*slot = death;
	__sync_lock_test_and_set(&slot->number, count(COUNTER_DEATHS) + 1);
	count(COUNTER_CAUSE + death.cause);
	if (teaches(&death, flow))
		lesson_fatal(&tp->inet_conn.icsk_inet.sk, death.silence_ms, death.cause,
			     death.speaker);
	lesson_ended(&tp->inet_conn.icsk_inet.sk, death.cause, makes_known(&death, flow));
	return 0;
}

#endif
