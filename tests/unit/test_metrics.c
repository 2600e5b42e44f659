// SPDX-License-Identifier: GPL-2.0-only
/* What is gathered of sessions and paths. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/duration.h"
#include "../../user/metrics.h"
#include "blank.h"

#define RECORDS_MAX 512
#define S NSEC_PER_SEC
#define MAPPED 96

/* A report in the making: records first, then scene_end(). */
struct scene {
	struct stream stream;
	struct policy policy;
	struct report report;
	struct metrics metrics;
};

static void scene_begin(struct scene *scene, bool attached)
{
	*scene = (struct scene){.stream = blank_stream(RECORDS_MAX)};
	scene->stream.n = 1;
	stream_record(&scene->stream, 0)->start = (struct record_start){
		.head.kind = RECORD_START,
		.now_ns = 1000 * S,
		.attached_ns = attached ? 10 * S : 0,
		.prefix4 = attached ? MAPPED + 24 : 128,
		.prefix6 = attached ? 48 : 128,
	};
	policy_init(&scene->policy);
}

static union record *add_record(struct scene *scene)
{
	assert_true(scene->stream.n < RECORDS_MAX);
	return stream_record(&scene->stream, scene->stream.n++);
}

static struct record_session *add_session(struct scene *scene, const char *peer, uint32_t silent_ms)
{
	struct record_session *session = &add_record(scene)->session;

	*session = (struct record_session){
		.head.kind = RECORD_SESSION,
		.cookie = scene->stream.n,
		.now_ns = 1000 * S,
		.rx_ack_age_ms = silent_ms,
		.rx_data_age_ms = silent_ms,
		.tx_data_age_ms = silent_ms,
		.state = 1,
		.local_port = 22,
		.flags = SESSION_LOCAL_WATCHED,
	};
	assert_int_equal(inet_pton(AF_INET6, peer, session->peer_addr), 1);
	return session;
}

static struct path_lesson *add_path(struct scene *scene, const char *prefix, unsigned int length,
				    uint32_t cut, uint32_t silence_ms)
{
	struct record_path *path = &add_record(scene)->path;

	*path = (struct record_path){.head.kind = RECORD_PATH, .key.length = length};
	assert_int_equal(inet_pton(AF_INET6, prefix, path->key.addr), 1);
	path->lesson.fatal = path->lesson.cut = cut;
	for (uint32_t i = 0; i < cut && i < PATH_FATALS; i++)
		path->lesson.fatals[i] = (struct fatal_silence){.silence_ms = silence_ms,
								.ended_s = 100 * (i + 1),
								.expiry = EXPIRY_SILENT_RST};
	return &path->lesson;
}

static void scene_end(struct scene *scene)
{
	struct report *report = &scene->report;

	report->policy = &scene->policy;
	report->owners = owners_new(0);
	assert_non_null(report->owners);
	assert_int_equal(paths_make(&scene->stream, &report->paths), 0);
	assert_int_equal(sessions_merge(&scene->stream, &report->sessions), 0);
	assert_int_equal(metrics_make(report, &scene->metrics), 0);
}

static void scene_free(struct scene *scene)
{
	metrics_free(&scene->metrics);
	report_free(&scene->report);
	policy_free(&scene->policy);
}

static void assert_path(const struct path_metrics *path, const char *prefix, uint64_t timeout_s,
			enum path_source source, size_t sessions, uint64_t cut)
{
	char text[PREFIX_TEXT_SIZE];

	assert_string_equal(prefix_format(&path->prefix, text, sizeof(text)), prefix);
	assert_int_equal(path->timeout_ns / S, timeout_s);
	assert_int_equal(path->source, source);
	assert_int_equal(path->sessions, sessions);
	assert_int_equal(path->cut, cut);
}

/* A box forgets at its time-out: who was silent for just as long still counts as remembered. */
static void silences_fall_into_buckets(void **state)
{
	static const uint32_t silences_ms[] = {0,      10000,	  10001,    350000,
					       350001, 432000000, 432000001};
	static const uint64_t wanted[METRICS_BUCKETS + 1] = {
		[0] = 2, [1] = 1, [6] = 1, [7] = 1, [13] = 1, [14] = 1};
	struct scene scene;
	double sum_ms = 0;

	(void)state;
	for (size_t i = 1; i < METRICS_BUCKETS; i++)
		assert_true(metrics_bounds_s[i] > metrics_bounds_s[i - 1]);
	scene_begin(&scene, true);
	for (size_t i = 0; i < sizeof(silences_ms) / sizeof(*silences_ms); i++) {
		add_session(&scene, "::ffff:192.0.2.1", silences_ms[i]);
		sum_ms += silences_ms[i];
	}
	scene_end(&scene);
	for (size_t i = 0; i <= METRICS_BUCKETS; i++)
		assert_int_equal(scene.metrics.wire_idle[i], wanted[i]);
	assert_true(scene.metrics.wire_idle_sum_s == sum_ms / 1000);
	scene_free(&scene);
}

static void sessions_are_counted_by_role_and_verdict(void **state)
{
	struct record_session *session;
	struct scene scene;

	(void)state;
	scene_begin(&scene, true);
	add_session(&scene, "::ffff:192.0.2.1", 1000);
	add_session(&scene, "::ffff:192.0.2.1", 200000);
	add_session(&scene, "::ffff:192.0.2.1", 400000)->flags |= SESSION_CHANGED;
	session = add_session(&scene, "::ffff:192.0.2.1", 1000);
	session->flags = SESSION_PEER_WATCHED | SESSION_CHANGED;
	session->retransmits = 9;
	session = add_session(&scene, "::ffff:192.0.2.1", 1000);
	session->flags |= SESSION_HISTORY;
	session->history.rx_ns = 999 * S;
	scene_end(&scene);
	assert_int_equal(scene.metrics.counts[ROLE_SERVER][VERDICT_ACTIVE], 2);
	assert_int_equal(scene.metrics.counts[ROLE_SERVER][VERDICT_AT_RISK], 1);
	assert_int_equal(scene.metrics.counts[ROLE_SERVER][VERDICT_OVERDUE], 1);
	assert_int_equal(scene.metrics.counts[ROLE_CLIENT][VERDICT_DEAD], 1);
	assert_int_equal(scene.metrics.counts[ROLE_CLIENT][VERDICT_ACTIVE], 0);
	assert_int_equal(scene.metrics.keepalives_set, 2);
	assert_int_equal(scene.metrics.tracked, 1);
	assert_int_equal(scene.metrics.survey.total, 5);
	assert_true(survey_measure(&scene.metrics.survey, MEASURE_CUT_IN) == 0);
	scene_free(&scene);
}

static void peers_share_a_path_by_prefix(void **state)
{
	static const struct path_rule rule = {
		.prefix = {.addr = {[10] = 0xff, 0xff, 198, 51, 100, 0}, .len = MAPPED + 25},
		.timeout_ns = 60 * S};
	static const struct path_rule lower = {
		.prefix = {.addr = {[10] = 0xff, 0xff, 203, 0, 112, 0}, .len = MAPPED + 32},
		.timeout_ns = 40 * S};
	const struct path_metrics *paths;
	struct scene scene;

	(void)state;
	scene_begin(&scene, true);
	assert_int_equal(policy_add_rule(&scene.policy, &rule), 0);
	assert_int_equal(policy_add_rule(&scene.policy, &lower), 0);
	add_session(&scene, "::ffff:192.0.2.1", 1000);
	add_session(&scene, "::ffff:192.0.2.200", 200000);
	add_session(&scene, "::ffff:198.51.100.200", 1000);
	add_session(&scene, "::ffff:198.51.100.1", 1000); /* the rule holds for half of them */
	add_session(&scene, "2001:db8:1:2::3", 1000);
	add_session(&scene, "2001:db8:1:9::3", 1000);
	add_session(&scene, "::ffff:203.0.112.1", 1000); /* the rule holds for none of them */
	add_path(&scene, "::ffff:203.0.112.0", MAPPED + 24, 1, 20000);
	add_path(&scene, "::ffff:192.0.2.0", MAPPED + 24, 4, 20000);
	add_path(&scene, "::ffff:203.0.113.0", MAPPED + 24, 1, 20000);
	scene_end(&scene);
	paths = scene.metrics.paths;
	assert_int_equal(scene.metrics.n_paths, 5);
	assert_path(&paths[0], "192.0.2.0/24", 20, PATH_LEARNED, 2, 4);
	assert_int_equal(paths[0].counts[VERDICT_ACTIVE], 1);
	assert_int_equal(paths[0].counts[VERDICT_OVERDUE], 1);
	assert_path(&paths[1], "198.51.100.0/24", 60, PATH_CONFIG, 2, 0);
	assert_path(&paths[2], "203.0.112.0/24", 300, PATH_ASSUMED, 1, 1);
	assert_path(&paths[3], "203.0.113.0/24", 300, PATH_ASSUMED, 0, 1);
	assert_path(&paths[4], "2001:db8:1::/48", 300, PATH_ASSUMED, 2, 0);
	assert_int_equal(scene.metrics.paths_left_out, 0);
	scene_free(&scene);
}

/* Without a recorder the records know no prefixes; the policy does. */
static void prefixes_without_a_recorder(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, false);
	scene.policy.prefix4 = 16;
	add_session(&scene, "::ffff:192.0.2.1", 1000);
	add_session(&scene, "::ffff:192.0.77.1", 1000);
	add_session(&scene, "2001:db8:1:2::3", 1000);
	scene_end(&scene);
	assert_int_equal(scene.metrics.n_paths, 2);
	assert_path(&scene.metrics.paths[0], "192.0.0.0/16", 300, PATH_ASSUMED, 2, 0);
	assert_path(&scene.metrics.paths[1], "2001:db8:1::/48", 300, PATH_ASSUMED, 1, 0);
	scene_free(&scene);
}

/* Live sessions of a path bring no counts, and what has none has not begun to count. */
static void deaths_are_those_of_the_path(void **state)
{
	const struct path_metrics *paths;
	struct path_lesson *lesson;
	struct scene scene;

	(void)state;
	scene_begin(&scene, true);
	add_session(&scene, "::ffff:192.0.2.1", 1000);
	lesson = add_path(&scene, "::ffff:192.0.2.0", MAPPED + 24, 2, 5000);
	lesson->fatal += 7; /* FINs */
	lesson->began_s = 1795576893;
	lesson->ended[END_FIN_US] = 3;
	lesson->ended[END_UNREACHABLE] = UINT32_MAX;
	add_session(&scene, "::ffff:192.0.2.2", 1000);
	add_session(&scene, "::ffff:198.51.100.1", 1000);
	scene_end(&scene);
	paths = scene.metrics.paths;
	assert_int_equal(scene.metrics.n_paths, 2);
	assert_int_equal(paths[0].cut, 2);
	for (int cause = 0; cause < END_CAUSES; cause++) {
		assert_int_equal(paths[0].ended[cause], lesson->ended[cause]);
		assert_int_equal(paths[1].ended[cause], 0);
	}
	assert_int_equal(paths[0].began_s, 1795576893);
	assert_int_equal(paths[1].began_s, 0);
	scene_free(&scene);
}

/* Scanners come from everywhere; the paths that matter stay. */
static void paths_are_bounded(void **state)
{
	struct scene scene;
	char peer[32];

	(void)state;
	scene_begin(&scene, true);
	for (int i = 0; i < METRICS_PATHS_MAX + 20; i++) {
		snprintf(peer, sizeof(peer), "::ffff:10.0.%d.1", i);
		if (i % 2)
			add_session(&scene, peer, 1000);
		else
			add_path(&scene, peer, MAPPED + 32, 0, 0);
	}
	add_session(&scene, "::ffff:10.0.119.9", 1000);
	add_path(&scene, "::ffff:10.9.9.0", MAPPED + 24, 7, 1000);
	scene_end(&scene);
	assert_int_equal(scene.metrics.n_paths, METRICS_PATHS_MAX);
	assert_int_equal(scene.metrics.paths_left_out, 21);
	for (size_t i = 1; i < scene.metrics.n_paths; i++)
		assert_true(memcmp(scene.metrics.paths[i - 1].prefix.addr,
				   scene.metrics.paths[i].prefix.addr, 16) < 0);
	assert_path(&scene.metrics.paths[98], "10.0.119.0/24", 300, PATH_ASSUMED, 2, 0);
	assert_path(&scene.metrics.paths[99], "10.9.9.0/24", 1, PATH_LEARNED, 0, 7);
	scene_free(&scene);
}

/* What counts its cuts must stay to be seen, although all its sessions are gone with them. */
static void paths_of_cuts_are_among_them(void **state)
{
	struct scene scene;
	char peer[32];

	(void)state;
	scene_begin(&scene, true);
	for (int i = 0; i < METRICS_PATHS_MAX + 20; i++) {
		snprintf(peer, sizeof(peer), "::ffff:10.0.%d.1", i);
		add_session(&scene, peer, 1000);
		if (i >= 21) /* 99 are busier */
			add_session(&scene, peer, 1000);
	}
	add_path(&scene, "::ffff:10.9.9.0", MAPPED + 24, 7, 1000);
	scene_end(&scene);
	assert_int_equal(scene.metrics.n_paths, METRICS_PATHS_MAX);
	assert_path(&scene.metrics.paths[0], "10.0.21.0/24", 300, PATH_ASSUMED, 2, 0);
	assert_path(&scene.metrics.paths[99], "10.9.9.0/24", 1, PATH_LEARNED, 0, 7);
	scene_free(&scene);
}

static void nothing_is_nothing(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, true);
	scene_end(&scene);
	assert_int_equal(scene.metrics.n_paths, 0);
	assert_int_equal(scene.metrics.survey.total, 0);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silences_fall_into_buckets),
		cmocka_unit_test(sessions_are_counted_by_role_and_verdict),
		cmocka_unit_test(peers_share_a_path_by_prefix),
		cmocka_unit_test(prefixes_without_a_recorder),
		cmocka_unit_test(deaths_are_those_of_the_path),
		cmocka_unit_test(paths_are_bounded),
		cmocka_unit_test(paths_of_cuts_are_among_them),
		cmocka_unit_test(nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
