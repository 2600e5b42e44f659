// SPDX-License-Identifier: GPL-2.0-only
/* The snapshot: one record for each watched TCP socket and owner, in every network namespace. */
#include "flow.h"

/* What stands in a record where there is nothing to tell. */
const char start_padding[sizeof(union record) - sizeof(struct record_start)] = {};
const char nothing[sizeof(struct flow_history)] = {};

static __always_inline void fill_head(struct record_head *head, __u16 kind)
{
	head->magic = RECORD_MAGIC;
	head->abi = RECORD_ABI;
	head->kind = kind;
	head->size = sizeof(union record);
}

static __always_inline __u32 jiffies_to_ms(__u64 jiffies)
{
	__u64 ms = jiffies * MSEC_PER_SEC / watch.hz;

	return ms > 0xffffffff ? 0xffffffff : ms;
}

/* Age of a 32-bit jiffies stamp of the socket; one just ahead of us is 0, not a wrapped age. */
static __always_inline __u32 stamp_age_ms(__u32 stamp)
{
	__u32 age = (__u32)bpf_jiffies64() - stamp;

	return age < -watch.hz ? jiffies_to_ms(age) : 0;
}

static __always_inline void fill_ports(struct record_start *start)
{
	start->n_ports = watch.n_ports;
	for (int i = 0; i < WATCHED_PORTS_MAX; i++)
		start->ports[i] = watch.ports[i];
}

static __always_inline void fill_reader(struct record_start *start)
{
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
	struct new_utsname *name = &BPF_CORE_READ(reader, nsproxy, uts_ns)->name;
	struct pid *pid = BPF_CORE_READ(reader, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	struct pid_namespace *pidns;

	bpf_probe_read_kernel_str(start->host, sizeof(start->host), &name->nodename);
	bpf_probe_read_kernel_str(start->kernel, sizeof(start->kernel), &name->release);
	bpf_core_read(&pidns, sizeof(pidns), &pid->numbers[level].ns);
	start->pid_namespace = BPF_CORE_READ(pidns, ns.inum);
}

/*
 * The BPF stack holds 512 bytes for a program and what it calls. What is marked __noinline has a
 * frame of its own, so that the start record, the session's and the seed never lie side by side.
 */
static __noinline int emit_start(struct seq_file *seq)
{
	struct record_start start = {};
	__u32 key = COUNTER_LOST;
	__u64 *lost = bpf_map_lookup_elem(&losses, &key);

	fill_head(&start.head, RECORD_START);
	start.now_ns = bpf_ktime_get_boot_ns();
	start.wall_ns = bpf_ktime_get_tai_ns() - watch.tai_offset_s * (__s64)NSEC_PER_SEC;
	start.attached_ns = watch.attached_ns;
	start.lost = lost ? *lost : 0;
	start.history_abi = HISTORY_ABI;
	fill_ports(&start);
	fill_reader(&start);
	bpf_seq_write(seq, &start, sizeof(start));
	return bpf_seq_write(seq, start_padding, sizeof(start_padding));
}

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

static __always_inline void fill_addresses(struct record_session *session, const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;

	session->local_port = common->skc_num;
	session->peer_port = bpf_ntohs(common->skc_dport);
	if (common->skc_family == AF_INET) {
		fill_mapped(session->local_addr, common->skc_rcv_saddr);
		fill_mapped(session->peer_addr, common->skc_daddr);
	} else {
		bpf_core_read(session->local_addr, 16, &common->skc_v6_rcv_saddr);
		bpf_core_read(session->peer_addr, 16, &common->skc_v6_daddr);
	}
	session->family = is_mapped(session->peer_addr) ? 4 : 6;
}

static __noinline void fill_owner(struct record_session *session, struct task_struct *task)
{
	session->owner_pid = task->tgid;
	session->owner_uid = BPF_CORE_READ(task, cred, uid.val);
	session->owner_mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	session->owner_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	session->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	bpf_core_read(session->comm, sizeof(session->comm), &task->comm);
}

/* Option 0 means "as the network namespace's sysctl says" (net/ipv4/tcp.h keepalive_*_when()). */
static __always_inline void fill_keepalive(struct record_session *session,
					   const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	const struct sock *sk = &icsk->icsk_inet.sk;
	const struct timer_list *timer = compat_keepalive_timer(icsk);
	const struct netns_ipv4 *defaults = &sk->__sk_common.skc_net.net->ipv4;
	struct keepalive_options *options = &session->keepalive;
	__s64 left = timer->expires - bpf_jiffies64();

	options->idle_s = (tp->keepalive_time ?: defaults->sysctl_tcp_keepalive_time) / watch.hz;
	options->interval_s =
		(tp->keepalive_intvl ?: defaults->sysctl_tcp_keepalive_intvl) / watch.hz;
	options->count = tp->keepalive_probes ?: defaults->sysctl_tcp_keepalive_probes;
	options->user_timeout_ms = icsk->icsk_user_timeout;
	options->enabled = sk->__sk_common.skc_flags >>
				   bpf_core_enum_value(enum sock_flags, SOCK_KEEPOPEN) &
			   1;
	if (timer->entry.pprev) {
		session->flags |= SESSION_TIMER_ARMED;
		session->timer_left_ms = left > 0 ? jiffies_to_ms(left) : 0;
	}
}

static __always_inline void fill_progress(struct record_session *session, const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;

	session->bytes_received = tp->bytes_received;
	session->bytes_sent = tp->bytes_sent;
	session->rx_ack_age_ms = stamp_age_ms(tp->rcv_tstamp);
	session->rx_data_age_ms = stamp_age_ms(icsk->icsk_ack.lrcvtime);
	session->tx_data_age_ms = stamp_age_ms(tp->lsndtime);
	session->packets_out = tp->packets_out;
	session->unacked_bytes = tp->write_seq - tp->snd_una;
	session->probes_out = icsk->icsk_probes_out;
	session->retransmits = icsk->icsk_retransmits;
	session->backoff = icsk->icsk_backoff;
}

static __noinline void fill_socket(struct record_session *session, const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	session->state = sk->__sk_common.skc_state;
	session->netns = sk->__sk_common.skc_net.net->ns.inum;
	session->socket_uid = sk->sk_uid.val;
	if (port_watched(session->local_port))
		session->flags |= SESSION_LOCAL_WATCHED;
	if (port_watched(session->peer_port))
		session->flags |= SESSION_PEER_WATCHED;
	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK)
		session->flags |= SESSION_BOUND;
}

static __always_inline __u64 boot_of(__u32 stamp, __u64 now)
{
	return now - stamp_age_ms(stamp) * NSEC_PER_MSEC;
}

/* A socket older than the recorder starts with what the kernel itself remembers of it. */
static __noinline void seed(struct sock *sk, const struct tcp_sock *tp)
{
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 acked = boot_of(tp->rcv_tstamp, now);
	__u64 received = boot_of(tp->inet_conn.icsk_ack.lrcvtime, now);
	struct flow_history flow = {.first_seen_ns = now};

	flow.rx_ns = acked > received ? acked : received;
	if (tp->bytes_received)
		flow.rx_data_ns = received;
	if (tp->bytes_sent)
		flow.tx_acked_ns = boot_of(tp->lsndtime, now);
	if (!bpf_sk_storage_get(&flows, sk, &flow, BPF_SK_STORAGE_GET_F_CREATE))
		count_lost();
}

/* States in which a process still holds a connection that was established. */
static __always_inline bool state_is_session(__u8 state)
{
	return state != TCP_LISTEN && state != TCP_CLOSE && state != TCP_SYN_SENT &&
	       state != TCP_SYN_RECV && state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT;
}

/* The stack record ends where the history starts: storages are written out as they stand. */
static __noinline void emit_session(const struct bpf_iter__task_file *ctx, struct task_struct *task,
				    struct sock *sk, struct tcp_sock *tp)
{
	struct seq_file *seq = ctx->meta->seq;
	struct record_session session = {};
	const struct keepalive_options *changed;
	const struct flow_history *flow;

	fill_head(&session.head, RECORD_SESSION);
	session.cookie = bpf_get_socket_cookie(sk);
	session.now_ns = bpf_ktime_get_boot_ns();
	fill_addresses(&session, sk);
	session.owner_fd = ctx->fd;
	fill_owner(&session, task);
	fill_keepalive(&session, tp);
	fill_progress(&session, tp);
	fill_socket(&session, tp);
	flow = bpf_sk_storage_get(&flows, sk, NULL, 0);
	changed = bpf_sk_storage_get(&before, sk, NULL, 0);
	if (flow)
		session.flags |= SESSION_HISTORY;
	if (changed)
		session.flags |= SESSION_CHANGED;
	bpf_seq_write(seq, &session, offsetof(struct record_session, history));
	bpf_seq_write(seq, flow ? (void *)flow : (void *)nothing, sizeof(*flow));
	bpf_seq_write(seq, changed ? (void *)changed : (void *)nothing, sizeof(*changed));
}

SEC("iter/task_file")
int sessions(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct tcp_sock *tp;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	if (ctx->meta->seq_num == 0)
		emit_start(ctx->meta->seq);
	socket = bpf_sock_from_file(file);
	if (!socket || !socket->sk)
		return 0;
	sk = socket->sk;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || !state_is_session(tp->inet_conn.icsk_inet.sk.__sk_common.skc_state))
		return 0;
	if (!flow_watched(&tp->inet_conn.icsk_inet.sk))
		return 0;
	if (watch.attached_ns && !bpf_sk_storage_get(&flows, sk, NULL, 0))
		seed(sk, tp);
	emit_session(ctx, task, sk, tp);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
