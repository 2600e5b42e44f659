/* SPDX-License-Identifier: GPL-2.0-only */
/* What a record says of a session, in the units and terms that the judge thinks in. */
#ifndef SSHIDLE_FACTS_H
#define SSHIDLE_FACTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/record.h"
#include "rhythm.h"

/* Every duration below may be unknown. */
#define UNKNOWN_NS INT64_MIN

enum role { ROLE_SERVER, ROLE_CLIENT };

/* Nanoseconds at the moment of the record. */
struct clocks {
	int64_t age;
	int64_t wire; /* since the last inbound segment */
	int64_t data; /* since the last payload in either direction */
	int64_t user; /* since the last payload that no keepalive rhythm explains */
	int64_t rx_data;
	int64_t tx_data;
	bool wire_seen; /* the recorder saw that segment; else wire is an upper bound */
};

/* This end's TCP keepalive: the options, and what the kernel's timer will really do. */
struct tcp_keepalive {
	bool enabled;	    /* SO_KEEPALIVE */
	int64_t period;	    /* between probes that are answered: max(idle, interval) */
	int64_t late;	    /* the most that a probe comes later than it is due */
	int64_t next_probe; /* UNKNOWN_NS: no probe is scheduled */
	int64_t next_late;  /* the most that this one does */
	bool just_sent;	    /* one is on its way, and so may be its answer */
	bool old_timer;	    /* facts_old_timer_ms(): the options do not explain it */
};

struct facts {
	enum role role;
	struct clocks idle;
	struct tcp_keepalive tcp;
	int64_t peer_probe_period; /* UNKNOWN_NS: no two probes of the peer were seen */
	int64_t peer_probe_late;   /* the most that its next probe comes later than that */
	int64_t peer_probe_age;
	bool has_rhythm; /* an SSH-level keepalive was recognised */
	struct rhythm rhythm;
	int64_t longest_survived;
	uint32_t timeouts;    /* retransmission time-outs in a row, by the kernel's count */
	uint32_t retransmits; /* unanswered, for whatever reason they were sent */
	uint32_t probes;      /* unanswered */
	int64_t unanswered;   /* since the first of these retransmissions */
};

/* Pure. All times are taken at the record's own now_ns. */
void facts_from_record(const struct record_session *record, struct facts *ret);

/*
 * From the last answer to the next probe, in ms, where that is longer than the options, and how
 * late the kernel may be, explain; else 0. A sysctl that was lowered changes what getsockopt(2)
 * says at once, and the timer when it has gone off; and SO_KEEPALIVE counts from when it was set.
 */
uint64_t facts_old_timer_ms(const struct record_session *record);

/* The silence in ms by the kernel's own clocks, which miss the peer's probes. */
uint32_t facts_kernel_silence_ms(const struct record_session *record);

/*
 * Which end of the SSH connection this socket is. Watched is the server's port, so the side that
 * has it is the server. Where both ports are watched, the first that knows decides: the handshake
 * that the recorder saw; a local port that its owner bound (an accepted socket never has that
 * lock: sk_clone_lock() clears it); and last the lower port is taken for the server's. flags are
 * enum session_flags.
 */
enum role role_of(unsigned int flags, enum flow_origin origin, uint16_t local_port,
		  uint16_t peer_port);
enum role facts_role(const struct record_session *record);

/* "server" or "client". */
const char *role_name(enum role role);

/* Seconds for people and JSON; UNKNOWN_NS is NAN. */
double ns_to_seconds(int64_t ns);

#endif
