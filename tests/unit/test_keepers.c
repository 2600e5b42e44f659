// SPDX-License-Identifier: GPL-2.0-only
/* What speaks by itself on a session, and what is said of it and to do about it. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "../../user/duration.h"
#include "../../user/keepers.h"
#include "../../user/mend.h"
#include "../../user/plan.h"
#include "../../user/rundir.h"

#define S(seconds) ((int64_t)((seconds) * (double)NSEC_PER_SEC))
#define NONE UNKNOWN_NS
#define ESTABLISHED 1
#define CLOSE_WAIT 8

/* All that keepers_find() and mend_format() look at. */
struct scene {
	struct record_session record;
	const struct record_session *owners[1];
	struct sessions sessions;
	struct session session;
	struct row row;
	struct options options;
	struct evidence evidence;
};

/* A server's end, silent for 100 s on a path of 350 s, where nothing speaks by itself. */
static void scene_make(struct scene *scene)
{
	*scene = (struct scene){
		.record = {.cookie = 26,
			   .owner_pid = 4183,
			   .state = ESTABLISHED,
			   .keepalive = {.idle_s = 7200, .interval_s = 75, .count = 9}},
		.session = {.n_owners = 1},
		.row = {.facts = {.role = ROLE_SERVER,
				  .idle = {.wire = S(100), .data = S(100), .user = S(100)},
				  .tcp = {.period = S(7200), .next_probe = NONE},
				  .peer_probe_period = NONE,
				  .peer_probe_age = NONE,
				  .unanswered = NONE},
			.path = {.timeout_ns = S(350), .source = PATH_CONFIG},
			.verdict = {.kind = VERDICT_AT_RISK, .cut_in = S(250)}},
		.evidence = {.tty_idle = NONE, .is_root = true},
	};
	scene->options = (struct options){.run_dir = RUNDIR_DEFAULT};
	scene->evidence.options = &scene->options;
	scene->owners[0] = &scene->record;
	scene->sessions.by_cookie = scene->owners;
	scene->row.record = &scene->record;
	scene->row.session = &scene->session;
	scene->row.sessions = &scene->sessions;
}

static void arm(struct scene *scene, int64_t period, int64_t next_probe)
{
	scene->row.facts.tcp =
		(struct tcp_keepalive){.enabled = true, .period = period, .next_probe = next_probe};
}

static void beat(struct scene *scene, bool from_us, int64_t period)
{
	scene->row.facts.has_rhythm = true;
	scene->row.facts.idle.data = S(1);
	scene->row.facts.rhythm = (struct rhythm){.from_us = from_us,
						  .replied = true,
						  .n = 8,
						  .period_ns = period,
						  .jitter_ns = S(0.04),
						  .run = 8,
						  .run_ns = 8 * period};
}

static void configure(struct scene *scene, uint64_t interval_s, unsigned int minor)
{
	scene->evidence.sshd.settings.client_alive_s = interval_s;
	scene->evidence.sshd.has_version = true;
	scene->evidence.sshd.version = (struct sshd_version){9, minor};
}

static struct keepers keepers_of(const struct scene *scene)
{
	struct keepers keepers;

	keepers_find(&scene->row, &scene->evidence, &keepers);
	assert_true(keepers.n <= KEEPERS_MAX);
	return keepers;
}

/* The only one there is. */
static struct keeping keeping_of(const struct scene *scene)
{
	struct keepers keepers = keepers_of(scene);

	assert_int_equal(keepers.n, 1);
	return keepers.list[0];
}

static void assert_keeping(const struct keeping *keeping, const char *name, const char *from,
			   int64_t period, int64_t configured, bool in_time, const char *note)
{
	assert_string_equal(keeping->name, name);
	assert_string_equal(keeping->from, from);
	assert_int_equal(keeping->period, period);
	assert_int_equal(keeping->configured, configured);
	assert_int_equal(keeping->in_time, in_time);
	assert_string_equal(keeping->note, note);
}

static void nothing_keeps_what_nothing_keeps(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	assert_int_equal(keepers_of(&scene).n, 0);
}

static void armed_timer_counts_not_the_option(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	arm(&scene, S(7200), S(7100));
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(7200), S(7200), false,
		       "next probe in 7100 s");
	arm(&scene, S(116), S(16));
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(116), S(116), true, "next probe in 16 s");
	/* The sysctl was lowered while the timer was armed. */
	arm(&scene, S(60), S(7100));
	scene.row.facts.tcp.old_timer = true;
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(7200), S(60), false,
		       "armed for longer than its option says: the next probe is in 7100 s");
	arm(&scene, S(60), NONE);
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", NONE, S(60), false,
		       "its timer is not armed");
}

/* While probes are unanswered the timer waits for the interval, since the last probe. */
static void probes_out_are_no_change_of_the_option(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.facts.probes = 3;
	scene.row.facts.idle.wire = S(500);
	arm(&scene, S(116), S(50));
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(116), S(116), true, "next probe in 50 s");
}

static void probes_of_the_peer_are_told(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.facts.peer_probe_age = S(12);
	scene.row.facts.idle.wire = S(12);
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "peer", NONE, NONE, false, "last probe 12 s ago");
	scene.row.facts.peer_probe_period = S(60);
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "peer", S(60), NONE, true, "last probe 12 s ago");
	scene.row.facts.peer_probe_period = S(350);
	keeping = keeping_of(&scene);
	assert_false(keeping.in_time);
	assert_false(keeping.late);
}

/* What has stopped keeps nothing any more, however fast it was. */
static void what_has_stopped_is_late(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	beat(&scene, false, S(80));
	scene.row.facts.idle.data = S(85.5);
	keeping = keeping_of(&scene);
	assert_false(keeping.late);
	assert_true(keeping.in_time);
	scene.row.facts.idle.data = S(85.6);
	keeping = keeping_of(&scene);
	assert_true(keeping.late);
	assert_false(keeping.in_time);
	scene.row.facts.has_rhythm = false;
	scene.row.facts.peer_probe_period = S(80);
	scene.row.facts.peer_probe_age = S(90.6);
	scene.row.facts.idle.wire = S(90.6);
	assert_true(keeping_of(&scene).in_time);
	scene.row.facts.idle.wire = S(90.7);
	keeping = keeping_of(&scene);
	assert_true(keeping.late);
	assert_false(keeping.in_time);
}

/* How long others spoke behind it, nobody remembers. */
static void last_is_told_of_the_newest_burst_only(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	beat(&scene, false, S(60));
	scene.row.facts.rhythm.run = 0;
	keeping = keeping_of(&scene);
	assert_string_equal(keeping.note, "answered, jitter 0.0 s");
}

static void rhythm_is_measured_against_the_setting(void **state)
{
	static const char plain[] = "last 1 s ago, answered, jitter 0.0 s";
	static const struct row {
		uint64_t configured_s;
		unsigned int minor;
		double seen_s;
		const char *note;
	} rows[] = {
		{300, 2, 600,
		 "ClientAliveInterval is 300 s, seen every 600 s: OpenSSH 9.2 to 9.4 doubles "
		 "ClientAliveInterval"},
		{1, 2, 2.02,
		 "ClientAliveInterval is 1 s, seen every 2 s: OpenSSH 9.2 to 9.4 doubles "
		 "ClientAliveInterval"},
		{300, 5, 600, "ClientAliveInterval is 300 s, seen every 600 s"},
		{300, 5, 300.04, plain},
		{300, 5, 331, plain},
		{300, 5, 332, "ClientAliveInterval is 300 s, seen every 332 s"},
		{300, 2, 300, plain},
		{0, 2, 300, plain},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct keeping keeping;
		struct scene scene;

		print_message("row %zu\n", i);
		scene_make(&scene);
		configure(&scene, rows[i].configured_s, rows[i].minor);
		beat(&scene, true, S(rows[i].seen_s));
		keeping = keeping_of(&scene);
		assert_keeping(&keeping, "SSH keepalive", "us", S(rows[i].seen_s),
			       rows[i].configured_s ? S(rows[i].configured_s) : NONE,
			       rows[i].seen_s < 350, rows[i].note);
	}
}

/* What the peer sends was configured at the peer. */
static void rhythm_of_the_peer_is_not_ours(void **state)
{
	struct keepers keepers;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	configure(&scene, 300, 5);
	beat(&scene, false, S(60));
	keepers = keepers_of(&scene);
	assert_int_equal(keepers.n, 2);
	assert_keeping(&keepers.list[0], "SSH keepalive", "peer", S(60), NONE, true,
		       "last 1 s ago, answered, jitter 0.0 s");
	assert_keeping(&keepers.list[1], "SSH keepalive", "us", NONE, S(300), false,
		       "ClientAliveInterval is 300 s, not seen yet: it takes 3 in a row");
}

static void setting_that_was_not_seen_yet_is_told(void **state)
{
	struct keeping keeping;
	struct scene scene;

	(void)state;
	scene_make(&scene);
	configure(&scene, 300, 2);
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "SSH keepalive", "us", NONE, S(300), false,
		       "ClientAliveInterval is 300 s, not seen yet: it takes 3 in a row; OpenSSH "
		       "9.2 to 9.4 will send at twice that interval");
	scene.row.facts.role = ROLE_CLIENT;
	scene.evidence.ssh.options.server_alive_s = 15;
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "SSH keepalive", "us", NONE, S(15), false,
		       "ServerAliveInterval is 15 s, not seen yet: it takes 3 in a row");
}

static void assert_mend(const struct scene *scene, const char *text)
{
	char buf[MEND_SIZE];

	assert_ptr_equal(mend_format(&scene->row, &scene->evidence, buf, sizeof(buf)), buf);
	assert_string_equal(buf, text);
}

static void timer_that_may_be_too_late_keeps_nothing(void **state)
{
	struct scene scene;
	struct keeping keeping;

	(void)state;
	scene_make(&scene);
	arm(&scene, S(340), S(240));
	scene.row.facts.tcp.late = S(10);
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(340), S(340), false,
		       "next probe in 240 s");
	assert_int_equal(keeping.slack, S(10));
	scene.row.facts.tcp.late = S(9);
	keeping = keeping_of(&scene);
	assert_true(keeping.in_time);
	assert_int_equal(keeping.slack, 0);
	/* armed for longer than the option says, and later by that */
	arm(&scene, S(60), S(200));
	scene.row.facts.tcp.old_timer = true;
	scene.row.facts.tcp.next_late = S(131);
	keeping = keeping_of(&scene);
	assert_false(keeping.in_time);
	assert_int_equal(keeping.slack, S(131));
	/* its last is unanswered: the next comes after the cut, but not since it is late */
	arm(&scene, S(300), S(65));
	scene.row.facts.idle.wire = S(321);
	scene.row.facts.tcp.late = scene.row.facts.tcp.next_late = S(16);
	keeping = keeping_of(&scene);
	assert_false(keeping.in_time);
	assert_true(keeping.late);
	assert_int_equal(keeping.slack, 0);
	scene.row.facts.idle.wire = S(100);
	/* that one comes in time, and those of the option will not */
	arm(&scene, S(400), S(100));
	scene.row.facts.tcp.old_timer = true;
	keeping = keeping_of(&scene);
	assert_keeping(&keeping, "TCP keepalive", "us", S(400), S(400), false,
		       "armed for longer than its option says: the next probe is in 100 s");
	/* the peer's */
	arm(&scene, S(60), S(200));
	scene.row.facts.tcp.enabled = false;
	scene.row.facts.peer_probe_age = S(100);
	scene.row.facts.peer_probe_period = S(315);
	scene.row.facts.peer_probe_late = S(40);
	keeping = keeping_of(&scene);
	assert_false(keeping.in_time);
	assert_int_equal(keeping.slack, S(40));
	scene.row.facts.peer_probe_late = S(34);
	assert_true(keeping_of(&scene).in_time);
}

static void mend_names_what_to_run(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.path.source = PATH_ASSUMED;
	assert_mend(&scene, "sshidle keepalive 26; lasting: sshidle advise --path-timeout 350s "
			    "--for sshd");
	scene.row.verdict.kind = VERDICT_ACTIVE;
	scene.row.path.source = PATH_LEARNED;
	scene.row.path.name = "aws-nat-gateway";
	scene.row.facts.role = ROLE_CLIENT;
	assert_mend(&scene, "sshidle keepalive 26; lasting: sshidle advise --path-timeout "
			    "aws-nat-gateway --for ssh");
	scene.evidence.is_root = false;
	assert_mend(&scene, "as root: sshidle keepalive 26; lasting: sshidle advise "
			    "--path-timeout aws-nat-gateway --for ssh");
	scene.options.from = "a copy";
	assert_mend(&scene, "on its host, as root: sshidle keepalive 26; lasting: sshidle advise "
			    "--path-timeout aws-nat-gateway --for ssh");
}

/* What an option told is not in the config: without it keepalive would go by another timeout. */
static void mend_repeats_the_timeout_that_was_told(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.path.source = PATH_OPTION;
	assert_mend(&scene, "sshidle keepalive --path-timeout 350s 26; lasting: sshidle advise "
			    "--path-timeout 350s --for sshd");
	scene.row.path.name = "aws-nat-gateway";
	assert_mend(&scene, "sshidle keepalive --path-timeout aws-nat-gateway 26; lasting: sshidle "
			    "advise --path-timeout aws-nat-gateway --for sshd");
	scene.row.verdict = (struct verdict){VERDICT_OVERDUE, KEEPER_NONE, 0};
	assert_mend(&scene, "careful, a probe may draw the RST that ends it: sshidle keepalive "
			    "--force --path-timeout aws-nat-gateway 26");
}

/* So would it with another config, and nothing is found at another place or port. */
static void mend_repeats_where_it_was_found(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	assert_mend(&scene, "sshidle keepalive 26; lasting: sshidle advise --path-timeout 350s "
			    "--for sshd");
	scene.options.config = "its own";
	assert_mend(&scene, "sshidle keepalive --config 'its own' 26; lasting: sshidle advise "
			    "--path-timeout 350s --for sshd");
	scene.options.run_dir = "/run/it's";
	scene.options.ports = "22,2222";
	scene.row.verdict = (struct verdict){VERDICT_OVERDUE, KEEPER_NONE, 0};
	assert_mend(&scene, "careful, a probe may draw the RST that ends it: sshidle keepalive "
			    "--force --run-dir '/run/it'\\''s' --config 'its own' -p 22,2222 26");
	/* On the host of a copy is another config, and the usual place. */
	scene.options.from = "a copy";
	assert_mend(&scene, "careful, a probe may draw the RST that ends it: on its host, as root: "
			    "sshidle keepalive --force --path-timeout 350s 26");
	scene.options.config = NULL;
	assert_mend(&scene, "careful, a probe may draw the RST that ends it: on its host, as root: "
			    "sshidle keepalive --force --path-timeout 350s 26");
}

static void mend_is_nothing_where_nothing_is_broken(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.verdict = (struct verdict){VERDICT_KEPT, KEEPER_TCP, NONE};
	assert_mend(&scene, "nothing: the path is kept open");
	scene.row.verdict.kind = VERDICT_ACTIVE;
	assert_mend(&scene, "nothing: the path is kept open");
}

/* No command that would be refused is advised without saying so. */
static void mend_knows_what_would_be_refused(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.record.packets_out = 1;
	assert_mend(&scene, "sshidle keepalive would refuse now: data is unacknowledged: until it "
			    "is, the keepalive timer waits; lasting: sshidle advise "
			    "--path-timeout 350s --for sshd");
}

static void mend_does_no_harm(void **state)
{
	struct scene scene;

	(void)state;
	scene_make(&scene);
	scene.row.path.source = PATH_LEARNED;
	scene.row.verdict = (struct verdict){VERDICT_OVERDUE, KEEPER_NONE, 0};
	assert_mend(&scene, "careful, a probe may draw the RST that ends it: sshidle keepalive "
			    "--force 26");
	scene.record.state = CLOSE_WAIT;
	assert_mend(&scene, "none: sshidle keepalive would refuse it: one end has closed the "
			    "connection");
	scene.row.verdict = (struct verdict){VERDICT_DEAD, KEEPER_NONE, NONE};
	assert_mend(&scene, "wait, if the peer may be asleep; else end it (kill 4183)");
	scene.row.facts.timeouts = DEAD_TIMEOUTS;
	assert_mend(&scene, "end it: the peer has gone (kill 4183)");
	scene.options.from = "a copy";
	assert_mend(&scene, "end it: the peer has gone (on its host, as root: kill 4183)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_keeps_what_nothing_keeps),
		cmocka_unit_test(armed_timer_counts_not_the_option),
		cmocka_unit_test(probes_out_are_no_change_of_the_option),
		cmocka_unit_test(probes_of_the_peer_are_told),
		cmocka_unit_test(what_has_stopped_is_late),
		cmocka_unit_test(last_is_told_of_the_newest_burst_only),
		cmocka_unit_test(rhythm_is_measured_against_the_setting),
		cmocka_unit_test(rhythm_of_the_peer_is_not_ours),
		cmocka_unit_test(setting_that_was_not_seen_yet_is_told),
		cmocka_unit_test(timer_that_may_be_too_late_keeps_nothing),
		cmocka_unit_test(mend_names_what_to_run),
		cmocka_unit_test(mend_repeats_the_timeout_that_was_told),
		cmocka_unit_test(mend_repeats_where_it_was_found),
		cmocka_unit_test(mend_is_nothing_where_nothing_is_broken),
		cmocka_unit_test(mend_knows_what_would_be_refused),
		cmocka_unit_test(mend_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
