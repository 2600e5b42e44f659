/* SPDX-License-Identifier: GPL-2.0-only */
/* Every limit that can end a session, the soonest first. Pure. */
#ifndef SSHIDLE_LIMIT_H
#define SSHIDLE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "evidence.h"
#include "row.h"

#define LIMITS_MAX 16
#define LIMIT_NOTE_SIZE 256

enum limit_state {
	LIMIT_IN_FORCE,
	LIMIT_OFF,	  /* it cannot end this session; the note tells why */
	LIMIT_UNREADABLE, /* whether it can is not known; the note tells why */
};

/* Times in ns, or UNKNOWN_NS. */
struct limit {
	const char *name; /* static */
	enum limit_state state;
	int64_t value;
	int64_t fires_in;      /* from now, if the condition's silence goes on; else unknown */
	int64_t after;	       /* from the event that the condition names, where that must come */
	const char *condition; /* static: "if nothing is sent", "after the last answer"; or NULL */
	char source[READING_TEXT_SIZE]; /* where it was read; "" nowhere */
	char note[LIMIT_NOTE_SIZE];	/* "" none */
};

struct limits {
	struct limit list[LIMITS_MAX];
	size_t n;
};

/*
 * Lists the limits in this order: those whose time runs already, the soonest first; those that
 * wait for an event, by how soon after it they fire; those that are off; the unreadable.
 */
void limits_find(const struct row *row, const struct evidence *evidence, struct limits *ret);

/*
 * How long unacknowledged data is retransmitted: RFC 1122 4.2.3.5's R2, as the kernel computes it
 * from tcp_retries2 (tcp_model_timeout() in net/ipv4/tcp_timer.c): time-outs that double from
 * 200 ms up to the longest RTO. 15 and 120 s give 924.6 s.
 */
int64_t retransmission_limit_ns(uint64_t retries2, uint64_t rto_max_ms);

/* The period in which sshd really sends ClientAlive messages, in seconds; 0: none. */
uint64_t client_alive_period_s(const struct sshd_reading *sshd);

#endif
