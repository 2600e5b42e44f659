// SPDX-License-Identifier: GPL-2.0-only
/* What is told of sessions between two looks: each event once, in its order. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/events.h"
#include "blank.h"

#define SECOND 1000000000ULL
#define SESSIONS_MAX 4
#define ENDS_MAX 4
#define TOLD_SIZE 512

/* What one look sees. A cookie of 0 ends the list. */
struct seen {
	struct of_session {
		uint64_t cookie;
		uint32_t silent_s; /* of a path of 100 s */
		uint8_t keepalive;
		bool no_history;
	} sessions[SESSIONS_MAX];
	struct of_death {
		uint64_t cookie, number;
		uint16_t port; /* 0: 22 */
	} deaths[ENDS_MAX];
	uint64_t last;	  /* death that is counted */
	uint64_t lost;	  /* events */
	uint64_t now_s;	  /* since the first look */
	uint64_t began_s; /* the recorder, since its first attach */
	bool renewed;	  /* between the reading of the sessions and of the deaths */
	bool unattached;  /* no recorder */
};

struct scene {
	struct tracker tracker;
	struct policy policy;
	bool only_ports;
	struct path path; /* of the session that was told last */
	struct verdict verdict;
	char told[TOLD_SIZE];
};

static void fill_start(const struct seen *seen, union record *record)
{
	*record = (union record){};
	record->head.kind = RECORD_START;
	record->start.now_ns = (1000 + seen->now_s) * SECOND;
	if (seen->unattached)
		return;
	record->start.attached_ns = SECOND;
	record->start.counters[COUNTER_BEGAN_NS] = (1 + seen->began_s) * SECOND;
	record->start.counters[COUNTER_DEATHS] = seen->last;
	record->start.counters[COUNTER_LOST] = seen->lost;
}

static void fill_session(const struct of_session *of, union record *record)
{
	struct record_session *session = &record->session;

	*record = (union record){};
	record->head.kind = RECORD_SESSION;
	session->cookie = of->cookie;
	session->owner_pid = 1;
	session->local_port = 22;
	session->family = 4;
	session->state = 1;
	session->rx_ack_age_ms = session->rx_data_age_ms = session->tx_data_age_ms =
		of->silent_s * 1000;
	session->flags = SESSION_LOCAL_WATCHED | (of->no_history ? 0 : SESSION_HISTORY);
	session->keepalive = (struct keepalive_options){.enabled = of->keepalive, .idle_s = 7200};
}

static void make_report(const struct seen *seen, const struct policy *policy, struct report *ret)
{
	struct stream stream = blank_stream(1 + SESSIONS_MAX);

	stream.n = 1;
	fill_start(seen, stream_record(&stream, 0));
	for (; stream.n <= SESSIONS_MAX && seen->sessions[stream.n - 1].cookie; stream.n++)
		fill_session(&seen->sessions[stream.n - 1], stream_record(&stream, stream.n));
	*ret = (struct report){.policy = policy, .owners = owners_new(false)};
	assert_int_equal(sessions_merge(&stream, &ret->sessions), 0);
}

static void fill_death(const struct of_death *of, union record *record)
{
	*record = (union record){};
	record->head.kind = RECORD_DEATH;
	record->death.death = (struct death){.number = of->number,
					     .cookie = of->cookie,
					     .local_port = of->port ? of->port : 22,
					     .cause = END_RESET_RECEIVED};
	record->death.number_after = of->number;
}

/* The records must outlive the deaths. */
static void make_deaths(const struct seen *seen, union record records[1 + ENDS_MAX],
			struct look_deaths *ret)
{
	struct stream stream = {(union record *[]){records}, 1, 1};

	fill_start(seen, records);
	for (; stream.n <= ENDS_MAX && seen->deaths[stream.n - 1].cookie; stream.n++)
		fill_death(&seen->deaths[stream.n - 1], &records[stream.n]);
	assert_int_equal(deaths_make(&stream, &ret->deaths), 0);
	records->start.counters[COUNTER_BEGAN_NS] += seen->renewed * SECOND;
	ret->start = &records->start;
	ret->last = seen->last;
}

/* "open 7, verdict 7 from active, close 7 by rst-received, lost 2 ends" */
static void note(const struct event *event, void *data)
{
	struct scene *scene = data;
	size_t used = strlen(scene->told);
	char *end = scene->told + used;
	size_t size = sizeof(scene->told) - used;
	unsigned long long id = 0;

	assert_non_null(event->start);
	if (event->row) {
		id = event->row->record->cookie;
		scene->path = event->row->path;
		scene->verdict = event->row->verdict;
	} else if (event->death)
		id = event->death->death->cookie;
	if (event->kind == EVENT_LOST)
		snprintf(end, size, "lost %llu %s, ", (unsigned long long)event->lost,
			 lost_name(event->lost_kind));
	else
		snprintf(end, size, "%s%s %llu%s%s%s%s, ", event_name(event->kind),
			 event->row ? "" : " late", id,
			 event->kind == EVENT_VERDICT ? " from " : "",
			 event->kind == EVENT_VERDICT ? verdict_name(event->previous) : "",
			 event->kind == EVENT_CLOSE && event->death ? " by " : "",
			 event->kind == EVENT_CLOSE && event->death
				 ? cause_name(event->death->death->cause)
				 : "");
}

static void look(struct scene *scene, struct seen seen)
{
	union record records[1 + ENDS_MAX];
	struct look_deaths deaths = {};
	struct report report;
	bool wants;

	make_report(&seen, &scene->policy, &report);
	wants = tracker_wants_deaths(&scene->tracker, stream_start(&report.sessions.stream));
	if (wants)
		make_deaths(&seen, records, &deaths);
	scene->told[0] = 0;
	assert_int_equal(tracker_look(&scene->tracker, &report, wants ? &deaths : NULL,
				      scene->only_ports, note, scene),
			 0);
	deaths_free(&deaths.deaths);
	report_free(&report);
}

static void assert_told(const struct scene *scene, const char *told)
{
	assert_string_equal(scene->told, told);
}

static int set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){};
	policy_init(&scene.policy);
	scene.policy.has_option = true;
	scene.policy.option = (struct path){.timeout_ns = 100 * SECOND, .source = PATH_OPTION};
	*state = &scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	tracker_free(&scene->tracker);
	policy_free(&scene->policy);
	return 0;
}

static void the_first_look_opens_all_the_next_none(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{9, 1}, {7, 60}}, .last = 5});
	assert_told(scene, "open 7, open 9, ");
	look(scene, (struct seen){.sessions = {{7, 60}, {9, 1}}, .last = 5, .now_s = 1});
	assert_told(scene, "");
	look(scene, (struct seen){.sessions = {{9, 1}, {8, 1}, {7, 60}}, .last = 5, .now_s = 2});
	assert_told(scene, "open 8, ");
}

static void what_changes_is_told_once(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 10}}});
	look(scene, (struct seen){.sessions = {{7, 60}}});
	assert_told(scene, "verdict 7 from active, ");
	look(scene, (struct seen){.sessions = {{7, 61}}});
	assert_told(scene, "");
	look(scene, (struct seen){.sessions = {{7, 1, 1}}});
	assert_told(scene, "keepalive 7, verdict 7 from at-risk, ");
	look(scene, (struct seen){.sessions = {{7, 2, 1}}});
	assert_told(scene, "");
}

static void an_obituary_closes(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}}, .last = 5});
	look(scene, (struct seen){.deaths = {{7, 6}, {3, 5}}, .last = 6});
	assert_told(scene, "close 7 by rst-received, ");
	look(scene, (struct seen){.deaths = {{7, 6}, {3, 5}}, .last = 6});
	assert_told(scene, "");
	assert_int_equal(scene->tracker.n, 0);
}

/* What its own end taught of the path is no part of it. */
static void it_closes_as_it_was_last_seen(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 30}}, .last = 5});
	assert_told(scene, "open 7, ");
	scene->policy.option.timeout_ns = 20 * SECOND;
	look(scene, (struct seen){.deaths = {{7, 6}}, .last = 6});
	assert_told(scene, "close 7 by rst-received, ");
	assert_int_equal(scene->path.timeout_ns, 100 * SECOND);
	assert_int_equal(scene->verdict.kind, VERDICT_ACTIVE);
	assert_int_equal(scene->verdict.cut_in, 70 * SECOND);
}

/* Its owner still holds it, or it ended between the reading of the sessions and of the deaths. */
static void one_that_ended_and_is_listed_is_closed_once(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}}});
	look(scene,
	     (struct seen){.sessions = {{7, 1}, {8, 1}}, .deaths = {{8, 2}, {7, 1}}, .last = 2});
	assert_told(scene, "open 8, close 7 by rst-received, close 8 by rst-received, ");
	look(scene, (struct seen){.sessions = {{7, 90}, {8, 1}}, .last = 2});
	assert_told(scene, "");
	look(scene, (struct seen){.last = 2});
	assert_told(scene, "");
	assert_int_equal(scene->tracker.n, 0);
}

/* Nobody holds it, but the kernel still retransmits what it had to say. */
static void one_without_an_owner_waits_for_its_obituary(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}}});
	look(scene, (struct seen){.now_s = 1});
	assert_told(scene, "");
	look(scene, (struct seen){.now_s = 900});
	assert_told(scene, "");
	look(scene, (struct seen){.now_s = 924, .deaths = {{7, 1}}, .last = 1});
	assert_told(scene, "close 7 by rst-received, ");
}

static void it_does_not_wait_for_ever(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}}});
	look(scene, (struct seen){.now_s = 1});
	look(scene, (struct seen){.now_s = 1 + OBITUARY_WAIT_NS / SECOND});
	assert_told(scene, "close 7, ");
	look(scene, (struct seen){.now_s = 2 + OBITUARY_WAIT_NS / SECOND});
	assert_told(scene, "");
}

static void none_waits_for_what_nobody_writes(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}, {8, 1, .no_history = true}}});
	look(scene, (struct seen){.sessions = {{7, 1}}});
	assert_told(scene, "close 8, ");
	look(scene, (struct seen){.unattached = true});
	assert_told(scene, "close 7, ");
}

static void none_waits_for_what_another_recorder_would_have_written(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}, {8, 1}}});
	look(scene, (struct seen){.sessions = {{7, 1}}, .began_s = 1});
	assert_told(scene, "close 8, ");
	look(scene, (struct seen){.began_s = 1});
	assert_told(scene, "");
}

static void one_that_came_and_went_is_told(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){});
	look(scene, (struct seen){.deaths = {{8, 2}, {7, 1}}, .last = 2});
	assert_told(scene, "open late 7, close late 7 by rst-received, "
			   "open late 8, close late 8 by rst-received, ");
}

static void only_those_of_the_ports_that_were_asked_for(void **state)
{
	struct scene *scene = *state;

	scene->only_ports = true;
	look(scene, (struct seen){});
	look(scene, (struct seen){.deaths = {{8, 2, 2222}, {7, 1}}, .last = 2});
	assert_told(scene, "open late 7, close late 7 by rst-received, ");
}

static void what_was_missed_is_counted(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.last = 10});
	look(scene, (struct seen){.deaths = {{9, 14}, {8, 13}}, .last = 14, .lost = 0});
	assert_told(scene, "lost 2 ends, open late 8, close late 8 by rst-received, "
			   "open late 9, close late 9 by rst-received, ");
	look(scene, (struct seen){.last = 14, .lost = 3});
	assert_told(scene, "lost 3 events, ");
	look(scene, (struct seen){.last = 14, .lost = 3});
	assert_told(scene, "");
}

/* It was written after the deaths were counted: the next look has it. */
static void a_later_death_waits(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}, {8, 1}}});
	look(scene, (struct seen){.deaths = {{8, 2}, {7, 1}}, .last = 1});
	assert_told(scene, "close 7 by rst-received, ");
	look(scene, (struct seen){.deaths = {{8, 2}, {7, 1}}, .last = 2});
	assert_told(scene, "close 8 by rst-received, ");
}

/* Whether it has counted less than the one before, as much, or already more. */
static void a_new_recorder_counts_anew(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.sessions = {{7, 1}}, .last = 2, .lost = 3});
	look(scene, (struct seen){.sessions = {{7, 1}}, .unattached = true, .now_s = 1});
	assert_told(scene, "");
	look(scene, (struct seen){.sessions = {{7, 1}},
				  .began_s = 1,
				  .deaths = {{10, 3}, {9, 2}, {8, 1}},
				  .last = 3,
				  .lost = 1});
	assert_told(scene, "open late 8, close late 8 by rst-received, "
			   "open late 9, close late 9 by rst-received, "
			   "open late 10, close late 10 by rst-received, lost 1 events, ");
	look(scene, (struct seen){.sessions = {{7, 1}}, .began_s = 2, .lost = 1});
	assert_told(scene, "lost 1 events, ");
	look(scene, (struct seen){.began_s = 3, .deaths = {{7, 1}}, .last = 1});
	assert_told(scene, "close 7 by rst-received, ");
	look(scene, (struct seen){.began_s = 4, .deaths = {{11, 1}}, .last = 1});
	assert_told(scene, "open late 11, close late 11 by rst-received, ");
}

static void a_recorder_may_be_new_before_the_deaths_are_read(void **state)
{
	struct scene *scene = *state;

	look(scene, (struct seen){.last = 2});
	look(scene, (struct seen){.renewed = true, .deaths = {{7, 3}, {6, 2}, {5, 1}}, .last = 3});
	assert_told(scene, "open late 5, close late 5 by rst-received, "
			   "open late 6, close late 6 by rst-received, "
			   "open late 7, close late 7 by rst-received, ");
	look(scene, (struct seen){.began_s = 1, .last = 3});
	assert_told(scene, "");
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_look_opens_all_the_next_none),
		test(what_changes_is_told_once),
		test(an_obituary_closes),
		test(it_closes_as_it_was_last_seen),
		test(one_that_ended_and_is_listed_is_closed_once),
		test(one_without_an_owner_waits_for_its_obituary),
		test(it_does_not_wait_for_ever),
		test(none_waits_for_what_nobody_writes),
		test(none_waits_for_what_another_recorder_would_have_written),
		test(one_that_came_and_went_is_told),
		test(only_those_of_the_ports_that_were_asked_for),
		test(what_was_missed_is_counted),
		test(a_later_death_waits),
		test(a_new_recorder_counts_anew),
		test(a_recorder_may_be_new_before_the_deaths_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
