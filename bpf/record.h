/* SPDX-License-Identifier: GPL-2.0-only */
/* Records that the BPF programs write and user space reads: layout, ABI number, constants. */
#ifndef SSHIDLE_RECORD_H
#define SSHIDLE_RECORD_H

/*
 * Every record starts with struct record_head, whose layout never changes, so a reader of any
 * version can tell whose records it met. Everything behind the head belongs to RECORD_ABI: any
 * change of size, place or meaning of a field that somebody reads raises it. HISTORY_ABI does the
 * same for the values of the maps, which outlive the program that wrote them (sshidle attach
 * --replace).
 *
 * Times are CLOCK_BOOTTIME nanoseconds unless the name says otherwise, 0 is "never". Ports are in
 * host order. Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
 */
#define RECORD_MAGIC 0x49485353 /* "SSHI" */
#define RECORD_ABI 5
#define HISTORY_ABI 5

#define WATCHED_PORTS_MAX 16
#define BURSTS_MAX 8
#define BURST_GAP_NS 1000000000ULL /* a silence of a second ends a burst */

/*
 * Two bursts are alike, as those of one keepalive are, when both are small, the same end spoke
 * first, both or neither were answered, and the first speaker's bytes and the silences before them
 * differ by no more than this. Silences are also alike when one is half of the other: sshd 9.2 to
 * 9.4 sends at twice its interval, but now and then at the interval itself.
 *
 * Measured at both ends with ssh and sshd 9.2, plink 0.78 and libssh 0.10, with chacha20-poly1305,
 * aes-gcm, and aes-ctr with umac-64, hmac-sha2-256 and hmac-sha2-512, with and without -etm:
 *
 * - ServerAliveInterval: requests of 44 to 112 bytes, answers of 24 to 84, exact to 20 ms;
 * - ClientAliveInterval: requests of 56 to 116 bytes, answers of 24 to 84, exact to 50 ms;
 * - SSH_MSG_IGNORE of plink and libssh: 36 to 84 bytes, exact to 10 ms;
 * - with compression: requests of 36 to 96 bytes, answers of 28 to 80.
 *
 * One session's requests are all of one size; compression makes them differ by 8, a block. A key
 * that is typed is 16 smaller than a request. Answers vary more: two keepalives may meet in a
 * burst. Networks lose and delay segments. The timers of ssh and sshd count in whole seconds, so
 * that the first silence after other traffic is shorter by up to a second.
 */
#define ALIKE_BYTES_MAX 128
#define ALIKE_BYTES_DIFFER 8
#define ALIKE_SILENCE_DIFFER_MS(silence_ms) \
	((silence_ms) < 8000 ? (silence_ms) / 8 : 500 + (silence_ms) / 16)
#define ALIKE_EARLY_MS 1000
#define COMM_LEN 16
#define UTS_LEN 65 /* __NEW_UTS_LEN + 1 */

enum record_kind {
	RECORD_START = 1,   /* first record of a stream: the host and the recorder */
	RECORD_SESSION = 2, /* one for each pair of watched socket and owner */
	RECORD_DEATH = 3,   /* one for each flow that ended */
	RECORD_PATH = 4,    /* one for each prefix of peers */
	RECORD_END = 5,	    /* nothing comes behind it */
};

/* How a flow ended. */
enum end_cause {
	END_FIN_US = 0,
	END_FIN_PEER,
	END_RESET_SENT,
	END_RESET_RECEIVED, /* from here on it was cut */
	END_KEEPALIVE_TIMEOUT,
	END_RETRANSMISSION_TIMEOUT,
	END_UNREACHABLE,
	END_CAUSES,
};
#define END_FIRST_CUT END_RESET_RECEIVED

/* Elements of the map "counters". All but those that user space writes only ever grow. */
enum counter {
	COUNTER_LOST,	     /* flows and events that could not be kept */
	COUNTER_HISTORY_ABI, /* written by user space: whose values the maps hold */
	COUNTER_BEGAN_NS,    /* written by user space: CLOCK_REALTIME of the first attach */
	COUNTER_OPENED,	     /* histories made */
	COUNTER_DEATHS,
	COUNTER_RING, /* deaths in each ring, by enum death_ring */
	COUNTER_CAUSE = COUNTER_RING + 2,
	COUNTERS = COUNTER_CAUSE + END_CAUSES,
};

struct record_head {
	__u32 magic;
	__u16 abi;
	__u16 kind;
	__u32 size; /* of the whole record */
	__u32 reserved;
};

enum flow_origin {
	ORIGIN_SEEDED = 0,    /* was there before the recorder */
	ORIGIN_ACCEPTED = 1,  /* the recorder saw SYN_RECV -> ESTABLISHED */
	ORIGIN_CONNECTED = 2, /* the recorder saw SYN_SENT -> ESTABLISHED */
};

enum flow_mark {
	MARK_RESET = 1 << 0,	/* a RST was received */
	MARK_SYN = 1 << 1,	/* the peer opens another connection from the same port */
	MARK_FOLLOWED = 1 << 2, /* no payload came between the peer's last two probes */
	MARK_STEADY = 1 << 3,	/* rx_probe_gap_ms is that of such probes, twice in a row */
	MARK_ODD = 1 << 4,	/* while it is, the last two such were otherwise apart */
};

struct burst {
	__u32 silence_ms; /* before it, saturates */
	__u16 rx_bytes;	  /* payload, saturates at 65535 */
	__u16 tx_bytes;	  /* acknowledged payload, likewise */
};

/* The history of one flow: the value of the socket storage that the recorder keeps. */
struct flow_history {
	__u64 first_seen_ns;
	__u64 rx_ns;	       /* last inbound segment of any kind */
	__u64 rx_data_ns;      /* last payload received */
	__u64 tx_acked_ns;     /* last payload acknowledged */
	__u64 rx_probe_ns;     /* last inbound keepalive probe */
	__u64 retransmit_ns;   /* first retransmission since the last inbound segment */
	__u64 unlike_ns;       /* end of the last burst that was unlike the one before it */
	__u64 fin_ns;	       /* first FIN, of either end */
	__u32 segments;	       /* inbound, since first seen; wraps past 0 to 1 */
	__u32 rx_probe_min_ms; /* least silence from payload to a probe, 0: not known */
	__u32 rx_probe_gap_ms; /* from one to the next, else from payload to the last */
	__u32 retransmits;     /* since the last inbound segment */
	__u32 longest_ms;      /* longest silence that the path let pass */
	__u8 origin;	       /* enum flow_origin */
	__u8 marks;	       /* enum flow_mark */
	__u8 burst_next;       /* slot that the next burst takes */
	__u8 burst_count;      /* 0..BURSTS_MAX */
	__u8 burst_first_us;   /* bit i: we spoke first in bursts[i] */
	__u8 fin_us;	       /* the first FIN was ours */
	__u16 recorder;	       /* which one wrote the last segment */
	__u32 rx_jiffies;      /* tick of rx_ns, the recorder's own */
	struct burst bursts[BURSTS_MAX];
};

/* TCP keepalive of a socket, as setsockopt(2) has it. */
struct keepalive_options {
	__u32 idle_s;
	__u32 interval_s;
	__u32 user_timeout_ms; /* TCP_USER_TIMEOUT, 0: none */
	__u8 count;
	__u8 enabled;	/* SO_KEEPALIVE */
	__u16 late_min; /* by user space: the armed timer goes off so much later than idle_s */
};

/* Between probes that are answered. */
static inline __u32 keepalive_period_s(const struct keepalive_options *options)
{
	return options->idle_s > options->interval_s ? options->idle_s : options->interval_s;
}

/*
 * Deaths are kept in two rings, so that a thousand log-ins that were closed as they should be do
 * not wash away the sessions that were cut after a silence.
 */
enum death_ring {
	RING_ENDS = 0,
	RING_CUTS = 1,
	DEATH_RINGS,
};
#define DEATHS_EACH 1024 /* a power of two */
#define DEATHS_MAX (DEATH_RINGS * DEATHS_EACH)

enum speaker { SPEAKER_PEER = 0, SPEAKER_US = 1 };

/* What is written when a flow ends. */
struct death {
	__u64 number; /* 1, 2, ... of all deaths; 0: empty, or being written */
	__u64 cookie;
	__u64 opened_ns; /* 0: before the recorder */
	__u64 closed_ns;
	__u8 local_addr[16];
	__u8 peer_addr[16];
	__u16 local_port;
	__u16 peer_port;
	__u32 netns;
	__u32 socket_uid;
	__u32 silence_ms; /* before the last attempt to speak */
	__u32 longest_ms; /* as in the history */
	__u16 flags;	  /* enum session_flags */
	__u8 cause;	  /* enum end_cause */
	__u8 speaker;	  /* who spoke last, enum speaker */
	__u8 origin;	  /* enum flow_origin */
	__u8 family;	  /* 4 or 6 */
	__u8 unseen;	  /* no segment was seen: the silence is the kernel's upper bound */
	__u8 padding[5];
	struct keepalive_options keepalive; /* in force */
};

/*
 * Silences that a path let pass are counted in buckets, whose lower bounds are 4, 6, 8, 12, 16,
 * 24... seconds: each power of two and the middle to the next. The last is open.
 */
#define PATH_SILENCE_MIN_MS 4000
#define PATH_BUCKETS 32
#define PATH_FATALS 16

static inline __u32 path_bucket_floor_ms(unsigned int bucket)
{
	__u32 floor_ms = bucket % 2 ? PATH_SILENCE_MIN_MS * 3 / 2 : PATH_SILENCE_MIN_MS;

	return floor_ms << bucket / 2;
}

/*
 * Who speaks into a forgotten flow does so some time after it was forgotten, and a box looks for
 * what is idle every second or so: silences within two seconds, or a fiftieth, are the same.
 */
#define PATH_SPREAD_MS 2000
#define PATH_SPREAD_PART 50

static inline __u32 path_spread_ms(__u32 silence_ms)
{
	__u32 part = silence_ms / PATH_SPREAD_PART;

	return part > PATH_SPREAD_MS ? part : PATH_SPREAD_MS;
}

/* Two cuts alike may fall together by chance, three do not. */
#define CLUSTER_MIN 3

/*
 * Sessions that were opened together fall silent together, and die together when their peer is shut
 * down: ends of one second that are alike are one.
 */
#define CLUSTER_APART_S 2

/* How an end looked from here: what a box does at expiry (user/path-timeouts.tsv). */
enum expiry {
	EXPIRY_SILENT_RST, /* a RST came when we spoke */
	EXPIRY_SILENT,	   /* nobody answered when we spoke */
	EXPIRY_RST,	   /* a RST came by itself */
	EXPIRY_CLOSE,	   /* a FIN came by itself */
	EXPIRIES,
};

/* We ended that silence: the path may have been cut long before. */
static inline _Bool expiry_is_spoken(__u8 expiry)
{
	return expiry == EXPIRY_SILENT_RST || expiry == EXPIRY_SILENT;
}

#define PASSED_SINCE_MAX 255

/* Without padding: a path's record is as large as a session's. */
struct fatal_silence {
	__u32 silence_ms;
	__u32 ended_s;	   /* CLOCK_REALTIME: it outlives the boot in a file */
	__u8 expiry;	   /* enum expiry */
	__u8 passed_since; /* silences that refute it; PASSED_SINCE_MAX: or more */
} __attribute__((packed, aligned(2)));

/* What the path to a prefix of peers has shown; silences of PATH_SILENCE_MIN_MS and more. */
struct path_lesson {
	__u32 longest_ms; /* that it let pass, at least, as it is now */
	__u32 fatal;	  /* silences that a session ended in; the last PATH_FATALS are kept */
	__u32 cut;	  /* of these: by no FIN, which may be a person who went */
	__u32 began_s;	  /* CLOCK_REALTIME, from when on cut and ended are counted */
	__u32 ended[END_CAUSES]; /* sessions, after any silence */
	__u32 passed[PATH_BUCKETS];
	struct fatal_silence fatals[PATH_FATALS]; /* the next goes to fatal % PATH_FATALS */
};

/* The path that was silent longest ago gives way to a new one. */
#define PATHS_MAX 4096

struct path_key {
	__u8 addr[16]; /* bits behind length are 0 */
	__u32 length;  /* in 128 bits: that of an IPv4 /24 is 120 */
};

/* The first record of every read. */
struct record_start {
	struct record_head head;
	__u64 now_ns;
	__u64 wall_ns;	   /* CLOCK_REALTIME of the read */
	__u64 attached_ns; /* when the recorder was attached, 0: no recorder */
	__u64 counters[COUNTERS];
	__u32 loader_pid_namespace; /* of who attached the recorder, or looks without one */
	__u32 pid_namespace;	    /* of the reader */
	__u16 n_ports;
	__u16 ports[WATCHED_PORTS_MAX];
	char host[UTS_LEN];
	char kernel[UTS_LEN];
	__u8 prefix4; /* length of the prefixes that tell paths apart, in 128 bits */
	__u8 prefix6;
	__u8 padding[2];
};

enum session_flags {
	SESSION_LOCAL_WATCHED = 1 << 0, /* the local port is one of the watched */
	SESSION_PEER_WATCHED = 1 << 1,	/* the peer's is */
	SESSION_BOUND = 1 << 2, /* the owner bound the local port itself: never an accepted one */
	SESSION_TIMER_ARMED = 1 << 3, /* the socket's keepalive timer is pending */
	SESSION_HISTORY = 1 << 4,     /* history below is the recorder's */
	SESSION_CHANGED = 1 << 5,     /* sshidle set the keepalive; before holds what was there */
};

#define KEEPALIVE_LATE_PARTS 256

/*
 * A timer of the kernel goes off late by its slot in the wheel, which for a timer of 63 * 8^(n-1)
 * ticks and more is 8^n (LVL_START in kernel/time/timer.c): at most so much, whatever the tick is.
 */
#define TIMER_LATE_MOST(time) ((time) / 63 * 8)

/* What a probe may be late beyond that, on its way. */
#define PROBE_LATE_MS 500

/* One watched socket as one of its owners holds it. Ages saturate at 0xffffffff ms. */
struct record_session {
	struct record_head head;
	__u64 cookie; /* SO_COOKIE: unique on the host until it reboots */
	__u64 now_ns; /* when this record was taken */
	__u64 bytes_received;
	__u64 bytes_sent;
	__u32 timer_due_ms; /* as timer_left_ms, but when the wheel gets there; 0: not known */
	__u32 reserved;
	__u64 owner_start_ns; /* start of the owning process */
	__u8 local_addr[16];
	__u8 peer_addr[16];
	__u16 local_port;
	__u16 peer_port;
	__u32 netns;
	__u32 socket_uid;
	__u32 owner_pid; /* tgid in the first pid namespace */
	__u32 owner_fd;
	__u32 owner_uid;
	__u32 owner_mntns;
	__u32 rx_ack_age_ms;  /* tcp_sock.rcv_tstamp: last acknowledgement processed */
	__u32 rx_data_age_ms; /* icsk_ack.lrcvtime: last payload received */
	__u32 tx_data_age_ms; /* tcp_sock.lsndtime: last payload sent */
	__u32 timer_left_ms;  /* until the keepalive timer expires */
	struct keepalive_options keepalive; /* now; as the sysctls say where no option was set */
	__u32 packets_out;		    /* segments in flight */
	__u32 unacked_bytes;		    /* written by the owner, not yet acknowledged */
	__u8 probes_out;
	__u8 retransmits; /* consecutive retransmission time-outs */
	__u8 reserved_byte;
	__u8 family;	     /* 4 or 6, IPv4-mapped IPv6 is 4 */
	__u8 state;	     /* enum tcp_state of the kernel: 1 is ESTABLISHED */
	__u8 keepalive_late; /* probes at most, in KEEPALIVE_LATE_PARTS of a period */
	__u16 flags;	     /* enum session_flags */
	char comm[COMM_LEN];
	struct flow_history history;
	struct keepalive_options before;
};

struct record_death {
	struct record_head head;
	struct death death;
	__u64 number_after; /* differs from death.number if it was overwritten while it was read */
};

struct record_path {
	struct record_head head;
	struct path_key key;
	struct path_lesson lesson;
};

/* All records of a stream have this size: a buffer of n of them takes n records. */
union record {
	struct record_head head;
	struct record_start start;
	struct record_session session;
	struct record_death death;
	struct record_path path;
};

_Static_assert(sizeof(struct record_head) == 16, "the head is frozen");
_Static_assert(sizeof(struct burst) == 8, "no hidden padding");
_Static_assert(sizeof(struct flow_history) == 160, "HISTORY_ABI 5");
_Static_assert(sizeof(struct keepalive_options) == 16, "HISTORY_ABI 5");
_Static_assert(sizeof(struct death) == 112, "HISTORY_ABI 5");
_Static_assert(sizeof(struct path_lesson) == 332, "HISTORY_ABI 5");
_Static_assert(sizeof(struct path_key) == 20, "HISTORY_ABI 5");
_Static_assert(sizeof(struct record_start) == 328, "RECORD_ABI 5");
_Static_assert(sizeof(struct record_session) == 368, "RECORD_ABI 5");
_Static_assert(sizeof(struct record_path) == sizeof(struct record_session), "RECORD_ABI 5");
_Static_assert(sizeof(union record) == sizeof(struct record_session), "none is larger");

#endif
