// SPDX-License-Identifier: GPL-2.0-only
/* What readers get: the sessions in every network namespace, the deaths, what the paths taught. */
#include "socket.h"

/* What stands in a record where there is nothing to tell. */
const char nothing[sizeof(union record)] = {};

static __always_inline void fill_head(struct record_head *head, __u16 kind)
{
	head->magic = RECORD_MAGIC;
	head->abi = RECORD_ABI;
	head->kind = kind;
	head->size = sizeof(union record);
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

static __always_inline void fill_counters(struct record_start *start)
{
	for (int i = 0; i < COUNTERS; i++) {
		__u32 key = i;
		__u64 *sum = bpf_map_lookup_elem(&counters, &key);

		if (sum)
			start->counters[i] = *sum;
	}
}

/*
 * The BPF stack holds 512 bytes for a program and what it calls. What is marked __noinline has a
 * frame of its own, so that the start record, the session's and the seed never lie side by side.
 */
static __noinline int emit_start(struct seq_file *seq)
{
	struct record_start start = {};

	fill_head(&start.head, RECORD_START);
	start.now_ns = bpf_ktime_get_boot_ns();
	start.wall_ns = wall_ns();
	start.attached_ns = watch.attached_ns;
	start.loader_pid_namespace = watch.pid_namespace;
	start.prefix4 = watch.prefix4.length;
	start.prefix6 = watch.prefix6.length;
	fill_counters(&start);
	fill_ports(&start);
	fill_reader(&start);
	bpf_seq_write(seq, &start, sizeof(start));
	return bpf_seq_write(seq, nothing, sizeof(union record) - sizeof(start));
}

static __always_inline void fill_addresses(struct record_session *session, const struct sock *sk)
{
	session->local_port = sk->__sk_common.skc_num;
	session->peer_port = bpf_ntohs(sk->__sk_common.skc_dport);
	fill_local(session->local_addr, sk);
	fill_peer(session->peer_addr, sk);
	session->family = is_mapped(session->peer_addr) ? 4 : 6;
}

static __noinline void fill_owner(struct record_session *session, struct task_struct *task)
{
	session->owner_pid = task->tgid;
	session->owner_uid = BPF_CORE_READ(task, cred, uid.val);
	session->owner_mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	session->owner_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	bpf_core_read(session->comm, sizeof(session->comm), &task->comm);
}

static __always_inline __u8 late_parts(__u64 jiffies)
{
	__u64 most = KEEPALIVE_LATE_PARTS * wheel_granularity(jiffies);

	return jiffies ? (most + jiffies - 1) / jiffies : 0;
}

/* Up to the end of its slot: calc_index() and timer_get_idx() in kernel/time/timer.c. */
#define TIMER_SLOT_SHIFT 22	 /* TIMER_ARRAYSHIFT */
#define TIMER_SLOTS_LEVEL_BITS 6 /* LVL_BITS */
#define TIMER_LEVEL_SHIFT 3	 /* LVL_CLK_SHIFT */

static __always_inline __u64 timer_due(const struct timer_list *timer)
{
	__u32 level = timer->flags >> (TIMER_SLOT_SHIFT + TIMER_SLOTS_LEVEL_BITS);
	__u32 shift = level * TIMER_LEVEL_SHIFT;

	return ((timer->expires >> shift) + 1) << shift;
}

static __always_inline __u32 until_ms(__u64 jiffies)
{
	__s64 left = jiffies - bpf_jiffies64();

	return left > 0 ? jiffies_to_ms(left) : 0;
}

static __always_inline void fill_timer(struct record_session *session, const struct tcp_sock *tp)
{
	const struct timer_list *timer = compat_keepalive_timer(&tp->inet_conn);

	if (timer->entry.pprev) {
		session->flags |= SESSION_TIMER_ARMED;
		session->timer_left_ms = until_ms(timer->expires);
		session->timer_due_ms = until_ms(timer_due(timer));
		session->keepalive_late =
			late_parts((__u64)keepalive_period_s(&session->keepalive) * watch.hz);
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
}

static __noinline void fill_socket(struct record_session *session, const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;

	session->state = sk->__sk_common.skc_state;
	session->netns = sk->__sk_common.skc_net.net->ns.inum;
	session->socket_uid = sk->sk_uid.val;
	session->flags = socket_flags(sk, session->local_port, session->peer_port);
	fill_options(&session->keepalive, tp);
	fill_timer(session, tp);
}

/* A socket older than the recorder starts with what the kernel itself remembers of it. */
static __noinline void seed(struct sock *sk, const struct tcp_sock *tp)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct flow_history flow = {.first_seen_ns = now, .rx_jiffies = bpf_jiffies64()}, *made;

	flow.rx_ns = answered_ns(tp, now);
	if (tp->bytes_received)
		flow.rx_data_ns = stamp_ns(tp->inet_conn.icsk_ack.lrcvtime, now);
	if (tp->bytes_sent)
		flow.tx_acked_ns = stamp_ns(tp->lsndtime, now);
	made = bpf_sk_storage_get(&flows, sk, &flow, BPF_SK_STORAGE_GET_F_CREATE);
	/* A segment, or another reader, may have made it first. */
	if (!made)
		made = bpf_sk_storage_get(&flows, sk, NULL, 0);
	if (!made)
		count(COUNTER_LOST);
	else if (made->first_seen_ns == now)
		count(COUNTER_OPENED);
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

/*
 * A program writes at most 32 KiB for each object that its iterator visits (bpf_seq_read()), and
 * is told the object's number. Deaths and paths only need something to count by, of which there is
 * always more than of them: kernel symbols. (Not every kernel lets a program iterate over a map.)
 * A reader that has the end record need not wait for the rest of the symbols.
 */
static __always_inline void emit_head(struct seq_file *seq, __u16 kind)
{
	struct record_head head = {};

	fill_head(&head, kind);
	bpf_seq_write(seq, &head, sizeof(head));
}

static __always_inline void emit_end(struct seq_file *seq)
{
	emit_head(seq, RECORD_END);
	bpf_seq_write(seq, nothing, sizeof(union record) - sizeof(struct record_head));
}

static __always_inline void emit_death(struct seq_file *seq, struct death *death)
{
	__u64 number_after;

	if (!death->number)
		return;
	emit_head(seq, RECORD_DEATH);
	bpf_seq_write(seq, death, sizeof(*death));
	number_after = *(volatile __u64 *)&death->number;
	bpf_seq_write(seq, &number_after, sizeof(number_after));
	bpf_seq_write(seq, nothing, sizeof(union record) - sizeof(struct record_death));
}

SEC("iter/ksym")
int read_deaths(struct bpf_iter__ksym *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	__u64 number = ctx->meta->seq_num;
	__u32 slot = number;
	struct death *death;

	if (number == 0)
		emit_start(seq);
	if (number == DEATHS_MAX)
		emit_end(seq);
	if (number >= DEATHS_MAX)
		return 0;
	death = bpf_map_lookup_elem(&deaths, &slot);
	if (death)
		emit_death(seq, death);
	return 0;
}

#define PATHS_EACH 64 /* for each symbol; with the start record well below 32 KiB */

struct path_walk {
	struct seq_file *seq;
	__s64 at; /* 0 is the first to be written */
};

static long emit_path(struct bpf_map *map, struct path_key *key, struct path_lesson *lesson,
		      struct path_walk *walk)
{
	if (walk->at++ < 0)
		return 0;
	emit_head(walk->seq, RECORD_PATH);
	bpf_seq_write(walk->seq, key, sizeof(*key));
	bpf_seq_write(walk->seq, lesson, sizeof(*lesson));
	return walk->at >= PATHS_EACH;
}

/* The number is read anew for the walk: what the verifier knows of it would have it count along. */
SEC("iter/ksym")
int read_paths(struct bpf_iter__ksym *ctx)
{
	struct path_walk walk = {.seq = ctx->meta->seq};
	const volatile struct bpf_iter_meta *meta = ctx->meta;

	if (meta->seq_num > PATHS_MAX / PATHS_EACH)
		return 0;
	if (meta->seq_num == 0)
		emit_start(walk.seq);
	walk.at = -(__s64)meta->seq_num * PATHS_EACH;
	bpf_for_each_map_elem(&paths, emit_path, &walk, 0);
	if (walk.at >= 0 && walk.at < PATHS_EACH)
		emit_end(walk.seq);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
