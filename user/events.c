// SPDX-License-Identifier: GPL-2.0-only
/* What happened to the sessions between two looks at them. Pure. */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "duration.h"
#include "plan.h"

struct tracked {
	struct record_session record; /* of the main owner, at the last look that listed it */
	struct path path;	      /* as of then, and so the verdict */
	struct verdict verdict;
	uint64_t began_ns; /* of the recorder that saw it then */
	uint64_t gone_ns;  /* the first look that did not list it, 0: it is listed */
	bool ended;	   /* its end was told */
};

/* One look against the last, on its way. */
struct comparison {
	struct tracker *tracker;
	const struct report *report;
	const struct look_deaths *deaths; /* or NULL */
	bool only_ports;
	event_teller tell;
	void *data;
};

static void tell(const struct comparison *look, const struct event *event)
{
	struct event told = *event;

	told.start = stream_start(&look->report->sessions.stream);
	look->tell(&told, look->data);
}

const char *event_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_OPEN] = "open",		 [EVENT_VERDICT] = "verdict",
		[EVENT_KEEPALIVE] = "keepalive", [EVENT_CLOSE] = "close",
		[EVENT_LOST] = "lost",
	};

	return names[kind];
}

const char *lost_name(enum lost_kind kind)
{
	return kind == LOST_ENDS ? "ends" : "events";
}

void tracker_free(struct tracker *tracker)
{
	free(tracker->list);
	*tracker = (struct tracker){};
}

static bool is_same_recorder(const struct tracker *tracker, const struct record_start *start)
{
	return start->counters[COUNTER_BEGAN_NS] == tracker->began_ns;
}

/* A recorder that was attached anew counts from the start. */
static uint64_t settled_of(const struct tracker *tracker, const struct record_start *start)
{
	return is_same_recorder(tracker, start) ? tracker->settled : 0;
}

static void turn_to_recorder(struct tracker *tracker, const struct record_start *start)
{
	if (is_same_recorder(tracker, start))
		return;
	tracker->began_ns = start->counters[COUNTER_BEGAN_NS];
	tracker->settled = tracker->lost = 0;
}

bool tracker_wants_deaths(const struct tracker *tracker, const struct record_start *start)
{
	return tracker->has_looked && start->attached_ns &&
	       start->counters[COUNTER_DEATHS] != settled_of(tracker, start);
}

uint64_t tracker_missing(const struct tracker *tracker, const struct look_deaths *deaths)
{
	uint64_t settled = settled_of(tracker, deaths->start);
	uint64_t missing = deaths->last - settled;

	for (size_t i = 0; i < deaths->deaths.n; i++) {
		uint64_t number = deaths->deaths.list[i]->number;

		missing -= number > settled && number <= deaths->last;
	}
	return missing;
}

/* --- sessions that are listed --- */

static int compare_cookies(const void *a, const void *b)
{
	const struct session *left = *(const struct session *const *)a;
	const struct session *right = *(const struct session *const *)b;

	return left->record->cookie < right->record->cookie ? -1 : 1;
}

static const struct session **sort_sessions(const struct sessions *sessions)
{
	const struct session **list = calloc(sessions->n + 1, sizeof(*list));

	for (size_t i = 0; list && i < sessions->n; i++)
		list[i] = &sessions->list[i];
	if (list)
		qsort(list, sessions->n, sizeof(*list), compare_cookies);
	return list;
}

static bool keepalive_differs(const struct record_session *a, const struct record_session *b)
{
	return !keepalive_equal(&a->keepalive, &b->keepalive) ||
	       (a->flags & SESSION_CHANGED) != (b->flags & SESSION_CHANGED);
}

static uint64_t recorder_began_ns(const struct comparison *look)
{
	return stream_start(&look->report->sessions.stream)->counters[COUNTER_BEGAN_NS];
}

static void remember(const struct comparison *look, const struct row *row, struct tracked *tracked)
{
	tracked->record = *row_main_owner(row);
	tracked->path = row->path;
	tracked->verdict = row->verdict;
	tracked->began_ns = recorder_began_ns(look);
	tracked->gone_ns = 0;
}

static void meet_new(const struct comparison *look, const struct session *session,
		     struct tracked *tracked)
{
	struct row row;

	report_row_of(look->report, session, &row);
	*tracked = (struct tracked){};
	remember(look, &row, tracked);
	tell(look, &(struct event){.kind = EVENT_OPEN, .row = &row});
}

static void meet_again(const struct comparison *look, const struct session *session,
		       struct tracked *tracked)
{
	struct tracked before = *tracked;
	struct row row;

	if (before.ended)
		return;
	report_row_of(look->report, session, &row);
	remember(look, &row, tracked);
	if (keepalive_differs(&tracked->record, &before.record))
		tell(look, &(struct event){.kind = EVENT_KEEPALIVE, .row = &row});
	if (tracked->verdict.kind != before.verdict.kind)
		tell(look, &(struct event){.kind = EVENT_VERDICT,
					   .row = &row,
					   .previous = before.verdict.kind});
}

/* Merges the sessions into the list, both by cookie. 0 or -ENOMEM. */
static int meet_all(const struct comparison *look)
{
	struct tracker *tracker = look->tracker;
	const struct sessions *sessions = &look->report->sessions;
	CLEANUP_FREE const struct session **now = sort_sessions(sessions);
	struct tracked *list = calloc(tracker->n + sessions->n + 1, sizeof(*list));
	uint64_t now_ns = stream_start(&sessions->stream)->now_ns;
	size_t n = 0, i = 0, j = 0;

	if (!now || !list) {
		free(list);
		return -ENOMEM;
	}
	while (i < tracker->n || j < sessions->n) {
		uint64_t old = i < tracker->n ? tracker->list[i].record.cookie : UINT64_MAX;
		uint64_t new = j < sessions->n ? now[j]->record->cookie : UINT64_MAX;

		if (new < old) {
			meet_new(look, now[j++], &list[n++]);
			continue;
		}
		list[n] = tracker->list[i++];
		if (new == old)
			meet_again(look, now[j++], &list[n]);
		else if (!list[n].gone_ns)
			list[n].gone_ns = now_ns;
		n++;
	}
	free(tracker->list);
	tracker->list = list;
	tracker->n = n;
	return 0;
}

/* --- sessions that ended --- */

static int compare_key(const void *key, const void *element)
{
	uint64_t cookie = *(const uint64_t *)key;
	const struct tracked *tracked = element;

	return cookie < tracked->record.cookie ? -1 : cookie > tracked->record.cookie;
}

static struct tracked *find(const struct tracker *tracker, uint64_t cookie)
{
	if (!tracker->n)
		return NULL;
	return bsearch(&cookie, tracker->list, tracker->n, sizeof(*tracker->list), compare_key);
}

/* As it was when it was last listed. */
static void close_tracked(const struct comparison *look, struct tracked *tracked,
			  const struct death_row *death)
{
	const struct record_session *record = &tracked->record;
	struct session session = {.record = record, .n_owners = 1};
	struct sessions alone = {.by_cookie = &record, .n_records = 1, .list = &session, .n = 1};
	struct row row;

	row_fill(&alone, &session, look->report->policy, look->report->paths, look->report->owners,
		 &row);
	row.path = tracked->path;
	row.verdict = tracked->verdict;
	tracked->ended = true;
	tell(look, &(struct event){.kind = EVENT_CLOSE, .row = &row, .death = death});
}

static bool is_of_ports(const struct policy *policy, const struct death *death)
{
	return ports_hold(policy->ports, policy->n_ports, death->local_port) ||
	       ports_hold(policy->ports, policy->n_ports, death->peer_port);
}

static void bury(const struct comparison *look, const struct death *death)
{
	struct death_row row = {look->deaths->start, death};
	struct tracked *tracked = find(look->tracker, death->cookie);

	if (tracked) {
		close_tracked(look, tracked, &row);
	} else if (!look->only_ports || is_of_ports(look->report->policy, death)) {
		tell(look, &(struct event){.kind = EVENT_OPEN, .death = &row});
		tell(look, &(struct event){.kind = EVENT_CLOSE, .death = &row});
	}
}

static void tell_lost(const struct comparison *look, enum lost_kind kind, uint64_t lost)
{
	if (lost)
		tell(look, &(struct event){.kind = EVENT_LOST, .lost_kind = kind, .lost = lost});
}

/* The oldest first. */
static void bury_all(const struct comparison *look)
{
	struct tracker *tracker = look->tracker;
	const struct look_deaths *deaths = look->deaths;

	turn_to_recorder(tracker, deaths->start);
	tell_lost(look, LOST_ENDS, tracker_missing(tracker, deaths));
	for (size_t i = deaths->deaths.n; i--;) {
		const struct death *death = deaths->deaths.list[i];

		if (death->number > tracker->settled && death->number <= deaths->last)
			bury(look, death);
	}
	tracker->settled = deaths->last;
}

/* The recorder that knew it writes it, or nobody. */
static bool waits_for_obituary(const struct comparison *look, const struct tracked *tracked)
{
	const struct record_start *start = stream_start(&look->report->sessions.stream);
	uint64_t wait_ns =
		OBITUARY_WAIT_NS + tracked->record.keepalive.user_timeout_ms * NSEC_PER_MSEC;

	return start->attached_ns && tracked->record.flags & SESSION_HISTORY &&
	       tracked->began_ns == recorder_began_ns(look) &&
	       start->now_ns - tracked->gone_ns < wait_ns;
}

/* Closes those that nobody holds and no obituary will come for, and forgets all that ended. */
static void settle_gone(const struct comparison *look)
{
	struct tracker *tracker = look->tracker;
	size_t n = 0;

	for (size_t i = 0; i < tracker->n; i++) {
		struct tracked *tracked = &tracker->list[i];

		if (tracked->gone_ns && !tracked->ended && !waits_for_obituary(look, tracked))
			close_tracked(look, tracked, NULL);
		if (!tracked->gone_ns || !tracked->ended)
			tracker->list[n++] = *tracked;
	}
	tracker->n = n;
}

int tracker_look(struct tracker *tracker, const struct report *report,
		 const struct look_deaths *deaths, bool only_ports, event_teller teller, void *data)
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	struct comparison look = {tracker, report, deaths, only_ports, teller, data};
	uint64_t lost;
	int err = meet_all(&look);

	if (err)
		return err;
	turn_to_recorder(tracker, start);
	if (!tracker->has_looked) {
		tracker->settled = start->counters[COUNTER_DEATHS];
		tracker->lost = start->counters[COUNTER_LOST];
	}
	lost = start->counters[COUNTER_LOST] - tracker->lost;
	tracker->lost = start->counters[COUNTER_LOST];
	if (tracker->has_looked && deaths)
		bury_all(&look);
	settle_gone(&look);
	tell_lost(&look, LOST_EVENTS, lost);
	tracker->has_looked = true;
	return 0;
}
