/* SPDX-License-Identifier: GPL-2.0-only */
/* Looks at the sessions again and again, and tells what happens. */
#ifndef SSHIDLE_FOLLOW_H
#define SSHIDLE_FOLLOW_H

#include "events.h"
#include "options.h"
#include "report.h"

struct follower {
	const struct options *options;
	const struct policy *policy;
	int64_t interval_ms; /* from one look to the next, if looks are not slow */
	struct tracker tracker;
	int64_t due_ms;	  /* of CLOCK_MONOTONIC: when the next look is due */
	bool was_damaged; /* the recorder, at the last look */
};

/*
 * Looks once: reads the sessions as report_read() does and, where some have ended since the last
 * look, their obituaries; tells what happened since then. *ret is the caller's. Every failure has
 * been told: 0, -errno or ERR_USAGE.
 */
int follower_look(struct follower *follower, event_teller tell, void *data, struct report *ret);

/* Until the next look is due, at least 0. Looks take a tenth of the time at most. */
int64_t follower_pause_ms(const struct follower *follower);
void follower_free(struct follower *follower);

#endif
