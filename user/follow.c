// SPDX-License-Identifier: GPL-2.0-only
/* Looks at the sessions again and again, and tells what happens. */
#include "follow.h"

#include <errno.h>

#include "clock.h"
#include "log.h"
#include "source.h"

#define READS 2
#define PAUSE_PER_LOOK 9

static void release(struct stream *stream, struct look_deaths *deaths)
{
	deaths_free(&deaths->deaths);
	stream_free(stream);
	*stream = (struct stream){};
	*deaths = (struct look_deaths){.last = deaths->last};
}

/*
 * An obituary is counted before it is whole: where one is missing, a second read finds it if it
 * was being written. What ended in between is for the next look. 0, -ENOENT: the recorder has
 * gone, or -errno.
 */
static int read_deaths(const struct options *options, const struct tracker *tracker,
		       struct stream *stream, struct look_deaths *ret)
{
	uint64_t began_ns = 0;
	int err = 0;

	for (int i = 0; i < READS && !err; i++) {
		release(stream, ret);
		err = source_read_view(options->run_dir, VIEW_DEATHS, stream);
		if (!err)
			err = deaths_make(stream, &ret->deaths);
		if (err)
			break;
		ret->start = stream_start(stream);
		if (!i || ret->start->counters[COUNTER_BEGAN_NS] != began_ns)
			ret->last = ret->start->counters[COUNTER_DEATHS];
		began_ns = ret->start->counters[COUNTER_BEGAN_NS];
		if (!tracker_missing(tracker, ret))
			break;
	}
	return err;
}

/* Two looks in a row: for a moment a recorder that is removed looks like it. */
static void tell_damage(struct follower *follower, const struct report *report)
{
	bool damaged = report_is_damaged(report);

	if (damaged && follower->was_damaged)
		log_error("the recorder at %s is damaged: 'sshidle status' tells what is missing",
			  follower->options->run_dir);
	follower->was_damaged = damaged;
}

static int look(struct follower *follower, event_teller tell, void *data, struct report *ret)
{
	const struct options *options = follower->options;
	struct look_deaths deaths = {};
	struct stream stream = {};
	struct report report;
	int err = report_read(options, follower->policy, &report);

	if (err)
		return err;
	tell_damage(follower, &report);
	if (tracker_wants_deaths(&follower->tracker, stream_start(&report.sessions.stream)))
		err = read_deaths(options, &follower->tracker, &stream, &deaths);
	if (!err || err == -ENOENT)
		err = tracker_look(&follower->tracker, &report, deaths.start ? &deaths : NULL,
				   options->ports, tell, data);
	log_memory(err);
	release(&stream, &deaths);
	if (err)
		report_free(&report);
	else
		*ret = report;
	return err;
}

int follower_look(struct follower *follower, event_teller tell, void *data, struct report *ret)
{
	int64_t began_ms = clock_mono_ms(), ended_ms, rested_ms;
	int err = look(follower, tell, data, ret);

	ended_ms = clock_mono_ms();
	rested_ms = ended_ms + PAUSE_PER_LOOK * (ended_ms - began_ms);
	follower->due_ms = began_ms + follower->interval_ms;
	if (follower->due_ms < rested_ms)
		follower->due_ms = rested_ms;
	return err;
}

int64_t follower_pause_ms(const struct follower *follower)
{
	int64_t pause_ms = follower->due_ms - clock_mono_ms();

	return pause_ms > 0 ? pause_ms : 0;
}

void follower_free(struct follower *follower)
{
	tracker_free(&follower->tracker);
}
