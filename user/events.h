/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened to the sessions between two looks at them. Pure. */
#ifndef SSHIDLE_EVENTS_H
#define SSHIDLE_EVENTS_H

#include "death_field.h"
#include "deaths.h"
#include "report.h"

enum event_kind {
	EVENT_OPEN,	 /* a session is listed for the first time, or was missed and has ended */
	EVENT_VERDICT,	 /* its verdict is another */
	EVENT_KEEPALIVE, /* its TCP keepalive is another */
	EVENT_CLOSE,	 /* it ended */
	EVENT_LOST,	 /* something was missed */
	EVENT_KINDS,
};

/* What EVENT_LOST is about. */
enum lost_kind {
	LOST_ENDS,   /* obituaries that gave way to newer ones before they were read */
	LOST_EVENTS, /* what the recorder itself could not keep (COUNTER_LOST) */
};

struct event {
	enum event_kind kind;
	const struct record_start *start; /* of the look that saw it */
	const struct row *row; /* as it is listed, or was last; NULL: it came and went in between */
	const struct death_row *death; /* NULL: it lives, or nobody knows how it ended */
	enum verdict_kind previous;    /* of EVENT_VERDICT */
	enum lost_kind lost_kind;      /* of EVENT_LOST */
	uint64_t lost;
};

/* The event and all that it points to are borrowed for the call. */
typedef void (*event_teller)(const struct event *event, void *data);

/* Remembers the sessions between looks. All zero is one that has not looked yet. */
struct tracker {
	struct tracked *list; /* owned; by cookie */
	size_t n;
	bool has_looked;
	uint64_t began_ns; /* COUNTER_BEGAN_NS of the recorder that the next two are of */
	uint64_t settled;  /* deaths up to this number were told, or came before the first look */
	uint64_t lost;	   /* COUNTER_LOST at the last look */
};

/* Deaths read for a look, and the number of the last that was whole when they were read. */
struct look_deaths {
	struct deaths deaths;
	const struct record_start *start;
	uint64_t last;
};

/* Whether there are deaths that no look has told, by the counter of a report. */
bool tracker_wants_deaths(const struct tracker *tracker, const struct record_start *start);

/* How many of the deaths that a look should tell are not among those read. */
uint64_t tracker_missing(const struct tracker *tracker, const struct look_deaths *deaths);

/*
 * Compares a look with what the last one left, and tells what happened: a session's events in their
 * order. The first look tells every session as open. deaths may be NULL: none were read. Sessions
 * that the recorder follows are closed by their obituary, or, if none comes within OBITUARY_WAIT_NS
 * after nobody holds them any more, without it; all others when nobody holds them any more. Only
 * obituaries of the policy's ports are told if only_ports. 0 or -ENOMEM, then nothing was told.
 */
int tracker_look(struct tracker *tracker, const struct report *report,
		 const struct look_deaths *deaths, bool only_ports, event_teller tell, void *data);
void tracker_free(struct tracker *tracker);

/*
 * An orphaned connection to a peer that does not answer is retransmitted for about as long
 * (tcp_retries2 = 15: 924.6 s), or for its TCP_USER_TIMEOUT, which is waited for besides.
 */
#define OBITUARY_WAIT_NS (1000ULL * 1000000000ULL)

/* "open", "verdict", "keepalive", "close" or "lost". */
const char *event_name(enum event_kind kind);

/* "ends" or "events". */
const char *lost_name(enum lost_kind kind);

#endif
