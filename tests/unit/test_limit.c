// SPDX-License-Identifier: GPL-2.0-only
/* Which limits can end a session, in which order, and what is said of those that cannot. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../user/duration.h"
#include "../../user/limit.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S(seconds) ((int64_t)((seconds) * (double)NSEC_PER_SEC))
#define NONE UNKNOWN_NS

/* All that limits_find() looks at. */
struct scene {
	struct record_session record;
	struct row row;
	struct evidence evidence;
};

static void read_here(struct reading *reading, const char *text)
{
	reading_set(reading, READING_DONE, "%s", text);
}

/* A server's end, silent for 100 s on a path of 350 s, of which everything could be read. */
static void scene_make(struct scene *scene)
{
	*scene = (struct scene){
		.record =
			{.keepalive = {.enabled = 1, .idle_s = 7200, .interval_s = 75, .count = 9}},
		.row = {.facts = {.role = ROLE_SERVER,
				  .idle = {.age = S(1000), .wire = S(100), .user = S(120)},
				  .tcp = {.enabled = true,
					  .period = S(7200),
					  .next_probe = S(7100)},
				  .unanswered = NONE},
			.path = {.timeout_ns = S(350), .source = PATH_CONFIG, .name = "aws-nlb"},
			.verdict = {.kind = VERDICT_ACTIVE, .cut_in = S(250)}},
		.evidence = {.netns = {.limits = {.retries2 = 15,
						  .rto_max_ms = 120000,
						  .entry = {.has_timeout = true,
							    .established = true,
							    .left_s = 431900},
						  .established_s = 432000,
						  .loose = true}},
			     .sshd = {.settings = {.client_alive_s = 300,
						   .client_alive_count = 3,
						   .channel_s = 600,
						   .channel_timeout = "session:*=10m",
						   .unused_s = 90,
						   .login_s = 120},
				      .logged_in = true},
			     .shell = {.tmout_s = 900, .waits = true},
			     .logind = {.stop_idle_s = 1800},
			     .tty_idle = S(300),
			     .is_root = true},
	};
	scene->row.record = &scene->record;
	read_here(&scene->evidence.netns.reading, "its network namespace");
	read_here(&scene->evidence.sshd.reading, "sshd -T of pid 801");
	read_here(&scene->evidence.ssh.reading, "command line of 900");
	read_here(&scene->evidence.shell.reading, "environ of bash 4190");
	read_here(&scene->evidence.logind.reading, "logind, session 12");
}

static void find(const struct scene *scene, struct limits *ret)
{
	limits_find(&scene->row, &scene->evidence, ret);
	assert_true(ret->n <= LIMITS_MAX);
}

/* The one of that name, which is there once. */
static struct limit limit_of(const struct scene *scene, const char *name)
{
	struct limits limits;
	struct limit found = {};

	find(scene, &limits);
	for (size_t i = 0; i < limits.n; i++) {
		if (strcmp(limits.list[i].name, name))
			continue;
		assert_null(found.name);
		found = limits.list[i];
	}
	assert_non_null(found.name);
	return found;
}

static void assert_runs(const struct limit *limit, int64_t value, int64_t fires_in,
			const char *condition)
{
	assert_int_equal(limit->state, LIMIT_IN_FORCE);
	assert_int_equal(limit->value, value);
	assert_int_equal(limit->fires_in, fires_in);
	assert_int_equal(limit->after, NONE);
	assert_string_equal(limit->condition, condition);
}

static void assert_waits(const struct limit *limit, int64_t value, int64_t after,
			 const char *condition)
{
	assert_int_equal(limit->state, LIMIT_IN_FORCE);
	assert_int_equal(limit->value, value);
	assert_int_equal(limit->fires_in, NONE);
	assert_int_equal(limit->after, after);
	assert_string_equal(limit->condition, condition);
}

static void assert_is(const struct limit *limit, enum limit_state state, const char *note)
{
	assert_int_equal(limit->state, state);
	assert_string_equal(limit->note, note);
	assert_int_equal(limit->value, NONE);
	assert_int_equal(limit->fires_in, NONE);
	assert_int_equal(limit->after, NONE);
	assert_null(limit->condition);
}

static void the_soonest_comes_first(void **state)
{
	static const char *const order[] = {/* Their time runs. */
					    "path timeout", "ChannelTimeout", "TMOUT",
					    "StopIdleSessionSec", "local conntrack",
					    /* They wait for an event. */
					    "UnusedConnectionTimeout", "TCP retransmission",
					    "ClientAliveInterval", "TCP keepalive",
					    /* They are off. */
					    "LoginGraceTime", "TCP_USER_TIMEOUT"};
	struct limits limits;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	find(&scene, &limits);
	assert_int_equal(limits.n, sizeof(order) / sizeof(*order));
	for (size_t i = 0; i < limits.n; i++)
		assert_string_equal(limits.list[i].name, order[i]);
}

static void what_is_unreadable_comes_last(void **state)
{
	struct limits limits;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	reading_set(&scene.evidence.sshd.reading, READING_FAILED, "no right");
	find(&scene, &limits);
	for (size_t i = 0; i < limits.n; i++)
		assert_int_equal(limits.list[i].state == LIMIT_UNREADABLE, i >= limits.n - 4);
	assert_string_equal(limits.list[limits.n - 4].name, "ClientAliveInterval");
	assert_string_equal(limits.list[limits.n - 1].name, "LoginGraceTime");
	for (size_t i = limits.n - 4; i < limits.n; i++) {
		assert_is(&limits.list[i], LIMIT_UNREADABLE, "no right");
		assert_string_equal(limits.list[i].source, "");
	}
}

static void each_has_its_value_and_its_source(void **state)
{
	static const struct row {
		const char *name, *source, *condition;
		int64_t value, fires_in, after;
	} rows[] = {
		{"path timeout", "config, aws-nlb", "if nothing is sent", S(350), S(250), NONE},
		{"local conntrack", "conntrack entry", "if nothing is sent", S(432000), S(431900),
		 NONE},
		{"ClientAliveInterval", "sshd -T of pid 801", "after the last answer", S(900), NONE,
		 S(1200)},
		{"ChannelTimeout", "sshd -T of pid 801", "without user data", S(600), S(480), NONE},
		{"UnusedConnectionTimeout", "sshd -T of pid 801", "after its last channel", S(90),
		 NONE, S(90)},
		{"TMOUT", "environ of bash 4190", "if nobody types", S(900), S(780), NONE},
		{"TCP keepalive", "the socket, 7200/75/9", "after the last answer", S(7875), NONE,
		 S(7875)},
		{"TCP retransmission", "tcp_retries2 = 15", "after unanswered data", S(924.6), NONE,
		 S(924.6)},
		{"StopIdleSessionSec", "logind, session 12", "if nobody types", S(1800), S(1500),
		 NONE},
	};
	struct scene scene;

	(void)state;
	scene_make(&scene);
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct limit limit = limit_of(&scene, row->name);

		print_message("%s\n", row->name);
		if (row->after == NONE)
			assert_runs(&limit, row->value, row->fires_in, row->condition);
		else
			assert_waits(&limit, row->value, row->after, row->condition);
		assert_string_equal(limit.source, row->source);
	}
}

static void path_follows_the_verdict(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.row.verdict.keeper = KEEPER_SSH;
	limit = limit_of(&scene, "path timeout");
	assert_waits(&limit, S(350), S(350), "after its keepalive stops");
	scene.row.verdict = (struct verdict){.kind = VERDICT_DEAD, .cut_in = NONE};
	limit = limit_of(&scene, "path timeout");
	assert_waits(&limit, S(350), S(350), "after its last packet");
	scene.row.verdict = (struct verdict){.kind = VERDICT_OVERDUE};
	limit = limit_of(&scene, "path timeout");
	assert_runs(&limit, S(350), 0, "with its next packet");
	scene.row.verdict = (struct verdict){.kind = VERDICT_ACTIVE, .cut_in = NONE};
	scene.row.facts.idle.wire = NONE;
	scene.row.path = (struct path){.timeout_ns = S(300), .source = PATH_ASSUMED};
	limit = limit_of(&scene, "path timeout");
	assert_waits(&limit, S(300), S(300), "if nothing is sent");
	assert_string_equal(limit.source, "assumed");
	scene.row.path.source = PATH_OPTION;
	limit = limit_of(&scene, "path timeout");
	assert_string_equal(limit.source, "--path-timeout");
}

static void conntrack_is_told_from_no_conntrack(void **state)
{
	static const struct row {
		int err;
		enum limit_state state;
		const char *note;
	} rows[] = {
		{-ENOENT, LIMIT_OFF, "this host does not track it"},
		{-EPERM, LIMIT_UNREADABLE, "conntrack is for root (CAP_NET_ADMIN)"},
		{-ENOMEM, LIMIT_UNREADABLE, "conntrack: Cannot allocate memory"},
	};
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		scene.evidence.netns.limits.conntrack_err = row->err;
		limit = limit_of(&scene, "local conntrack");
		assert_is(&limit, row->state, row->note);
		assert_string_equal(limit.source, "");
	}
}

static void conntrack_entry_is_read_as_it_is(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	limit = limit_of(&scene, "local conntrack");
	assert_non_null(strstr(limit.note, "nf_conntrack_tcp_loose 1"));
	scene.evidence.netns.limits.loose = false;
	limit = limit_of(&scene, "local conntrack");
	assert_non_null(strstr(limit.note, "nf_conntrack_tcp_loose 0"));
	/* In another state another time-out was given, which is not known. */
	scene.evidence.netns.limits.entry.established = false;
	limit = limit_of(&scene, "local conntrack");
	assert_runs(&limit, NONE, S(431900), "if nothing is sent");
	scene.evidence.netns.limits.entry.has_timeout = false;
	limit = limit_of(&scene, "local conntrack");
	assert_is(&limit, LIMIT_OFF, "its entry is in a flowtable and has no time-out there");
}

static void client_alive_ends_a_period_late_and_doubled(void **state)
{
	static const struct row {
		bool has_version;
		struct sshd_version version;
		uint64_t interval, count;
		int64_t value, after;
	} rows[] = {
		{true, {9, 2}, 2, 2, S(4), S(12)}, /* measured */
		{true, {9, 4}, 300, 3, S(900), S(2400)},
		{true, {9, 5}, 300, 3, S(900), S(1200)},
		{true, {9, 1}, 300, 3, S(900), S(1200)},
		{false, {9, 2}, 300, 3, S(900), S(1200)},
		{true, {10, 0}, 15, 1, S(15), S(30)},
		/* More than there is time. */
		{true, {9, 2}, 1U << 31, UINT32_MAX, INT64_MAX, INT64_MAX},
	};
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		print_message("%" PRIu64 " x %" PRIu64 "\n", row->interval, row->count);
		scene.evidence.sshd.has_version = row->has_version;
		scene.evidence.sshd.version = row->version;
		scene.evidence.sshd.settings.client_alive_s = row->interval;
		scene.evidence.sshd.settings.client_alive_count = row->count;
		limit = limit_of(&scene, "ClientAliveInterval");
		assert_waits(&limit, row->value, row->after, "after the last answer");
	}
}

static void a_count_of_0_was_a_logout(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.evidence.sshd.settings.client_alive_count = 0;
	scene.evidence.sshd.has_version = true;
	scene.evidence.sshd.version = (struct sshd_version){8, 1};
	scene.row.facts.idle.data = S(100);
	limit = limit_of(&scene, "ClientAliveInterval");
	assert_runs(&limit, S(300), S(200), "if nothing is sent");
	scene.evidence.sshd.version = (struct sshd_version){8, 2};
	limit = limit_of(&scene, "ClientAliveInterval");
	assert_is(&limit, LIMIT_OFF, "ClientAliveCountMax 0 ends no session");
}

/* ssh -N: what has no channel is unused from the log-in on. */
static void a_connection_may_be_unused_already(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	limit = limit_of(&scene, "UnusedConnectionTimeout");
	assert_string_equal(limit.note, "");
	scene.evidence.shell.none = true;
	limit = limit_of(&scene, "UnusedConnectionTimeout");
	assert_waits(&limit, S(90), S(90), "after its last channel");
	assert_non_null(strstr(limit.note, "its time runs already"));
}

static void settings_of_sshd_can_be_off(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.evidence.sshd.settings = (struct sshd_settings){.client_alive_count = 3};
	limit = limit_of(&scene, "ClientAliveInterval");
	assert_is(&limit, LIMIT_OFF, "0");
	limit = limit_of(&scene, "ChannelTimeout");
	assert_is(&limit, LIMIT_OFF, "none");
	limit = limit_of(&scene, "UnusedConnectionTimeout");
	assert_is(&limit, LIMIT_OFF, "none");
	scene.evidence.sshd.settings =
		(struct sshd_settings){.client_alive_s = 5, .channel_timeout = "x11-connection=1m"};
	limit = limit_of(&scene, "ClientAliveInterval");
	assert_is(&limit, LIMIT_OFF, "ClientAliveCountMax 0 ends no session");
	limit = limit_of(&scene, "ChannelTimeout");
	assert_is(&limit, LIMIT_OFF, "it is for other channels than a session's");
}

static void before_the_login_only_its_own_limit_counts(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	limit = limit_of(&scene, "LoginGraceTime");
	assert_is(&limit, LIMIT_OFF, "logged in");
	scene.evidence.sshd.logged_in = false;
	scene.row.facts.idle.age = S(50);
	limit = limit_of(&scene, "LoginGraceTime");
	assert_runs(&limit, S(120), S(70), "if nobody logs in");
	limit = limit_of(&scene, "ClientAliveInterval");
	assert_is(&limit, LIMIT_OFF, "nobody has logged in");
	limit = limit_of(&scene, "ChannelTimeout");
	assert_is(&limit, LIMIT_OFF, "nobody has logged in");
	limit = limit_of(&scene, "UnusedConnectionTimeout");
	assert_is(&limit, LIMIT_OFF, "nobody has logged in");
	scene.evidence.sshd.settings.login_s = 0;
	limit = limit_of(&scene, "LoginGraceTime");
	assert_is(&limit, LIMIT_OFF, "0");
}

/* What should have fired and did not, fires after something else than was thought. */
static void a_time_that_has_passed_promises_nothing(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.row.facts.idle.user = S(600);
	limit = limit_of(&scene, "ChannelTimeout");
	assert_waits(&limit, S(600), S(600), "without user data");
	scene.row.facts.idle.user = NONE;
	limit = limit_of(&scene, "ChannelTimeout");
	assert_waits(&limit, S(600), S(600), "without user data");
}

static void tmout_runs_at_the_prompt_only(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.evidence.shell.waits = false;
	limit = limit_of(&scene, "TMOUT");
	assert_waits(&limit, S(900), S(900), "after its next prompt");
	scene.evidence.shell.tmout_s = 0;
	limit = limit_of(&scene, "TMOUT");
	assert_is(&limit, LIMIT_OFF, "0");
	reading_set(&scene.evidence.shell.reading, READING_NONE, "'dash' knows no TMOUT");
	limit = limit_of(&scene, "TMOUT");
	assert_is(&limit, LIMIT_OFF, "'dash' knows no TMOUT");
	reading_set(&scene.evidence.shell.reading, READING_FAILED, "not visible");
	limit = limit_of(&scene, "TMOUT");
	assert_is(&limit, LIMIT_UNREADABLE, "not visible");
}

static void logind_needs_a_terminal(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.evidence.tty_idle = NONE;
	limit = limit_of(&scene, "StopIdleSessionSec");
	assert_is(&limit, LIMIT_OFF, "logind sees no terminal of it");
	scene.evidence.logind.stop_idle_s = 0;
	limit = limit_of(&scene, "StopIdleSessionSec");
	assert_is(&limit, LIMIT_OFF, "infinity");
}

static void probes_out_count_down(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.row.facts.probes = 7;
	scene.row.facts.tcp.next_probe = S(30);
	limit = limit_of(&scene, "TCP keepalive");
	assert_runs(&limit, S(7875), S(180), "if nothing is answered");
	scene.row.facts.probes = 9;
	limit = limit_of(&scene, "TCP keepalive");
	assert_runs(&limit, S(7875), S(30), "if nothing is answered");
	/* More than there is time: records may be forged. */
	scene.record.keepalive.interval_s = UINT32_MAX;
	scene.record.keepalive.count = 255;
	limit = limit_of(&scene, "TCP keepalive");
	assert_int_equal(limit.fires_in, INT64_MAX);
	scene.record.keepalive.interval_s = 75;
	scene.record.keepalive.user_timeout_ms = 60000;
	limit = limit_of(&scene, "TCP keepalive");
	assert_waits(&limit, S(7275), S(7275), "after the last answer");
	scene.record.keepalive.enabled = 0;
	limit = limit_of(&scene, "TCP keepalive");
	assert_is(&limit, LIMIT_OFF, "not set");
}

static void user_timeout_takes_the_place_of_retransmission(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	limit = limit_of(&scene, "TCP_USER_TIMEOUT");
	assert_is(&limit, LIMIT_OFF, "not set");
	scene.record.keepalive.user_timeout_ms = 90500;
	limit = limit_of(&scene, "TCP_USER_TIMEOUT");
	assert_waits(&limit, S(90.5), S(90.5), "after unanswered data");
	limit = limit_of(&scene, "TCP retransmission");
	assert_is(&limit, LIMIT_OFF, "TCP_USER_TIMEOUT decides instead");
}

static void retransmissions_count_down(void **state)
{
	struct scene scene;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.row.facts.retransmits = 4;
	scene.row.facts.unanswered = S(24.6);
	limit = limit_of(&scene, "TCP retransmission");
	assert_runs(&limit, S(924.6), S(900), "if nothing is answered");
	/* Without a recorder it is not known since when. */
	scene.row.facts.unanswered = NONE;
	limit = limit_of(&scene, "TCP retransmission");
	assert_waits(&limit, S(924.6), S(924.6), "after unanswered data");
}

/* The values of tcp_model_timeout(), by hand. */
static void retransmission_is_as_the_kernel_computes_it(void **state)
{
	static const struct row {
		uint64_t retries2, rto_max_ms;
		double seconds;
	} rows[] = {
		{15, 120000, 924.6}, {0, 120000, 0.2},		{1, 120000, 0.6},
		{3, 120000, 3},	     {8, 120000, 102.2},	{9, 120000, 204.6},
		{10, 120000, 324.6}, {255, 120000, 29724.6},	{15, 1000, 14.4},
		{15, 200, 3.2},	     {UINT64_MAX, 1000, 254.4},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		print_message("%" PRIu64 ", %" PRIu64 " ms\n", row->retries2, row->rto_max_ms);
		assert_int_equal(retransmission_limit_ns(row->retries2, row->rto_max_ms) / 1000000,
				 (int64_t)(row->seconds * 1000 + 0.5));
	}
}

static void a_client_has_limits_of_its_own(void **state)
{
	struct scene scene;
	struct limits limits;
	struct limit limit;

	(void)state;
	scene_make(&scene);
	scene.row.facts.role = ROLE_CLIENT;
	scene.evidence.ssh.options = (struct ssh_options){.has_interval = true,
							  .server_alive_s = 15,
							  .has_count = true,
							  .server_alive_count = 4};
	limit = limit_of(&scene, "ServerAliveInterval");
	assert_waits(&limit, S(60), S(75), "after the last answer");
	assert_string_equal(limit.source, "command line of 900");
	scene.evidence.ssh.options.has_count = false;
	limit = limit_of(&scene, "ServerAliveInterval");
	assert_waits(&limit, S(45), S(60), "after the last answer");
	assert_non_null(strstr(limit.note, "unless ssh_config says otherwise"));
	scene.evidence.ssh.options.server_alive_s = 0;
	limit = limit_of(&scene, "ServerAliveInterval");
	assert_is(&limit, LIMIT_OFF, "0");
	limit = limit_of(&scene, "the server's own limits");
	assert_is(&limit, LIMIT_UNREADABLE, "they are on its host: run sshidle explain there");
	find(&scene, &limits);
	for (size_t i = 0; i < limits.n; i++) {
		assert_string_not_equal(limits.list[i].name, "ClientAliveInterval");
		assert_string_not_equal(limits.list[i].name, "TMOUT");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_soonest_comes_first),
		cmocka_unit_test(what_is_unreadable_comes_last),
		cmocka_unit_test(each_has_its_value_and_its_source),
		cmocka_unit_test(path_follows_the_verdict),
		cmocka_unit_test(conntrack_is_told_from_no_conntrack),
		cmocka_unit_test(conntrack_entry_is_read_as_it_is),
		cmocka_unit_test(client_alive_ends_a_period_late_and_doubled),
		cmocka_unit_test(a_count_of_0_was_a_logout),
		cmocka_unit_test(a_connection_may_be_unused_already),
		cmocka_unit_test(settings_of_sshd_can_be_off),
		cmocka_unit_test(before_the_login_only_its_own_limit_counts),
		cmocka_unit_test(a_time_that_has_passed_promises_nothing),
		cmocka_unit_test(tmout_runs_at_the_prompt_only),
		cmocka_unit_test(logind_needs_a_terminal),
		cmocka_unit_test(probes_out_count_down),
		cmocka_unit_test(user_timeout_takes_the_place_of_retransmission),
		cmocka_unit_test(retransmissions_count_down),
		cmocka_unit_test(retransmission_is_as_the_kernel_computes_it),
		cmocka_unit_test(a_client_has_limits_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
