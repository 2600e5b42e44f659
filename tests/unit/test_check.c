// SPDX-License-Identifier: GPL-2.0-only
/* What check makes of judged sessions: its state, its status line, its performance data. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "../../user/check_show.h"
#include "../../user/duration.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define S ((int64_t)NSEC_PER_SEC)
#define R "\xef\xbf\xbd" /* U+FFFD */

/* One session, and how many there are of it. 0 is unknown, for user_s and unanswered_s too. */
struct some {
	size_t n;
	enum verdict_kind kind;
	int64_t cut_in_s, wire_s, user_s, unanswered_s;
};

static int64_t known(int64_t seconds)
{
	return seconds ? seconds * S : UNKNOWN_NS;
}

/* Each is one second better off than the one before. */
static void survey_make(const struct some *some, size_t n_some, struct survey *survey)
{
	size_t index = 0;

	survey_init(survey);
	for (size_t i = 0; i < n_some; i++) {
		for (size_t j = 0; j < some[i].n; j++) {
			struct facts facts = {.unanswered = known(some[i].unanswered_s)};
			struct verdict verdict = {.kind = some[i].kind,
						  .cut_in = known(some[i].cut_in_s)};

			facts.idle.wire = some[i].wire_s * S - (int64_t)j * S;
			facts.idle.user = known(some[i].user_s);
			if (verdict.kind == VERDICT_OVERDUE)
				verdict.cut_in = 0;
			else if (some[i].cut_in_s)
				verdict.cut_in += (int64_t)j * S;
			survey_add(survey, &facts, &verdict, index++);
		}
	}
}

#define SURVEY(survey, ...)                             \
	survey_make((const struct some[]){__VA_ARGS__}, \
		    sizeof((const struct some[]){__VA_ARGS__}) / sizeof(struct some), survey)

static void range_set(const char *text, enum range_kind kind, bool *has, struct range *range)
{
	*has = text != NULL;
	if (text)
		assert_int_equal(range_parse(text, strlen(text), kind, range), 0);
}

/* As command_check.c reads them; NULL: not given. */
static void thresholds_make(const char *const texts[6], struct thresholds *ret)
{
	struct threshold *of = ret->of;

	thresholds_init(ret, texts[0], texts[1]);
	range_set(texts[0], RANGE_COUNT, &of[MEASURE_NEEDY].has_warning,
		  &of[MEASURE_NEEDY].warning);
	range_set(texts[1], RANGE_COUNT, &of[MEASURE_NEEDY].has_critical,
		  &of[MEASURE_NEEDY].critical);
	range_set(texts[2], RANGE_SHORTEST, &of[MEASURE_CUT_IN].has_warning,
		  &of[MEASURE_CUT_IN].warning);
	range_set(texts[3], RANGE_SHORTEST, &of[MEASURE_CUT_IN].has_critical,
		  &of[MEASURE_CUT_IN].critical);
	range_set(texts[4], RANGE_LONGEST, &of[MEASURE_USER_IDLE].has_warning,
		  &of[MEASURE_USER_IDLE].warning);
	range_set(texts[5], RANGE_LONGEST, &of[MEASURE_USER_IDLE].has_critical,
		  &of[MEASURE_USER_IDLE].critical);
}

#define NO_THRESHOLDS ((const char *const[6]){NULL})

static void survey_counts_and_finds_extremes(void **state)
{
	struct survey survey;

	(void)state;
	SURVEY(&survey, {2, VERDICT_ACTIVE, 150, 10, 5, 0}, {1, VERDICT_KEPT, 0, 900, 3600, 0},
	       {3, VERDICT_AT_RISK, 47, 253, 300, 0}, {2, VERDICT_OVERDUE, 0, 400, 400, 0},
	       {1, VERDICT_DEAD, 0, 50, 0, 40});
	assert_int_equal(survey.total, 9);
	assert_int_equal(survey.needy, 6);
	assert_true(survey_measure(&survey, MEASURE_SESSIONS) == 9);
	assert_true(survey_measure(&survey, MEASURE_NEEDY) == 6);
	assert_true(survey_measure(&survey, MEASURE_AT_RISK) == 3);
	assert_true(survey_measure(&survey, MEASURE_OVERDUE) == 2);
	assert_true(survey_measure(&survey, MEASURE_DEAD) == 1);
	assert_true(survey_measure(&survey, MEASURE_CUT_IN) == 0);
	assert_true(survey_measure(&survey, MEASURE_USER_IDLE) == 3600);
	assert_int_equal(survey.extremes[SUBJECT_AT_RISK].index, 3);
	assert_int_equal(survey.extremes[SUBJECT_NEXT_CUT].index, 6);
	assert_int_equal(survey.extremes[SUBJECT_OVERDUE].index, 6);
	assert_int_equal(survey.extremes[SUBJECT_DEAD].index, 8);
	assert_int_equal(survey.extremes[SUBJECT_USER_IDLE].index, 2);
	SURVEY(&survey, {1, VERDICT_KEPT, 0, 900, 0, 0});
	assert_true(isnan(survey_measure(&survey, MEASURE_CUT_IN)));
	assert_true(isnan(survey_measure(&survey, MEASURE_USER_IDLE)));
}

/* An active session on a short path may be cut sooner than one that is at risk on a long one. */
static void at_risk_is_not_the_next_cut(void **state)
{
	struct survey survey;

	(void)state;
	SURVEY(&survey, {1, VERDICT_AT_RISK, 1500, 2100, 1, 0}, {1, VERDICT_ACTIVE, 40, 20, 1, 0});
	assert_int_equal(survey.extremes[SUBJECT_AT_RISK].index, 0);
	assert_int_equal(survey.extremes[SUBJECT_NEXT_CUT].index, 1);
	assert_true(survey_measure(&survey, MEASURE_CUT_IN) == 40);
}

#define QUIET 3, VERDICT_KEPT, 0, 900, 3600, 0

/* thresholds: -w, -c, --min-left W and C, --max-idle W and C. */
static const struct state_row {
	struct some some[2];
	const char *thresholds[6];
	enum outcome outcome;
	enum subject subject;
} state_rows[] = {
	/* by verdict alone */
	{{{QUIET}}, {NULL}, OUTCOME_DONE, SUBJECT_NONE},
	{{{QUIET}, {1, VERDICT_ACTIVE, 200, 100, 1, 0}}, {NULL}, OUTCOME_DONE, SUBJECT_NONE},
	{{{QUIET}, {1, VERDICT_AT_RISK, 9, 1, 1, 0}}, {NULL}, OUTCOME_WARNING, SUBJECT_AT_RISK},
	{{{QUIET}, {1, VERDICT_OVERDUE, 0, 1, 1, 0}}, {NULL}, OUTCOME_CRITICAL, SUBJECT_OVERDUE},
	{{{QUIET}, {1, VERDICT_DEAD, 0, 1, 1, 0}}, {NULL}, OUTCOME_CRITICAL, SUBJECT_DEAD},
	{{{1, VERDICT_OVERDUE, 0, 1, 1, 0}, {1, VERDICT_AT_RISK, 9, 1, 1, 0}},
	 {NULL},
	 OUTCOME_CRITICAL,
	 SUBJECT_AT_RISK},
	/* -w in place of any, -c in place of any overdue or dead */
	{{{2, VERDICT_AT_RISK, 9, 1, 1, 0}}, {"2"}, OUTCOME_DONE, SUBJECT_AT_RISK},
	{{{3, VERDICT_AT_RISK, 9, 1, 1, 0}}, {"2"}, OUTCOME_WARNING, SUBJECT_AT_RISK},
	{{{1, VERDICT_OVERDUE, 0, 1, 1, 0}}, {"2"}, OUTCOME_CRITICAL, SUBJECT_OVERDUE},
	{{{1, VERDICT_OVERDUE, 0, 1, 1, 0}}, {NULL, "2"}, OUTCOME_WARNING, SUBJECT_OVERDUE},
	{{{3, VERDICT_AT_RISK, 9, 1, 1, 0}}, {NULL, "2"}, OUTCOME_CRITICAL, SUBJECT_AT_RISK},
	{{{2, VERDICT_DEAD, 0, 1, 1, 0}}, {"5", "5"}, OUTCOME_DONE, SUBJECT_DEAD},
	{{{QUIET}}, {"1:"}, OUTCOME_WARNING, SUBJECT_NONE},
	{{{QUIET}}, {NULL, "@0"}, OUTCOME_CRITICAL, SUBJECT_NONE},
	/* --min-left, also of a session that is active still */
	{{{QUIET}, {1, VERDICT_ACTIVE, 60, 9, 1, 0}}, {[2] = "1m"}, OUTCOME_DONE, SUBJECT_NONE},
	{{{QUIET}, {1, VERDICT_ACTIVE, 59, 9, 1, 0}},
	 {[2] = "1m"},
	 OUTCOME_WARNING,
	 SUBJECT_NEXT_CUT},
	{{{QUIET}, {1, VERDICT_ACTIVE, 29, 9, 1, 0}},
	 {[2] = "1m", "30"},
	 OUTCOME_CRITICAL,
	 SUBJECT_NEXT_CUT},
	{{{QUIET}}, {[2] = "1m", "30"}, OUTCOME_DONE, SUBJECT_NONE},
	{{{1, VERDICT_OVERDUE, 0, 1, 1, 0}},
	 {"9", "9", "1m", "1"},
	 OUTCOME_CRITICAL,
	 SUBJECT_OVERDUE},
	/* --max-idle */
	{{{QUIET}}, {[4] = "1h"}, OUTCOME_DONE, SUBJECT_NONE},
	{{{QUIET}}, {[4] = "3599"}, OUTCOME_WARNING, SUBJECT_USER_IDLE},
	{{{QUIET}}, {[4] = "60", "3599"}, OUTCOME_CRITICAL, SUBJECT_USER_IDLE},
	{{{QUIET}, {1, VERDICT_AT_RISK, 9, 1, 1, 0}},
	 {[4] = "60"},
	 OUTCOME_WARNING,
	 SUBJECT_AT_RISK},
	{{{QUIET}, {1, VERDICT_AT_RISK, 9, 1, 1, 0}},
	 {[4] = "60", "60"},
	 OUTCOME_CRITICAL,
	 SUBJECT_USER_IDLE},
	/* no session, nothing known: no alert, but by a number */
	{{{0}}, {[2] = "60", "60", "@0", "@0"}, OUTCOME_DONE, SUBJECT_NONE},
	{{{0}}, {"1:"}, OUTCOME_WARNING, SUBJECT_NONE},
};

static void states_by_threshold(void **state)
{
	struct thresholds thresholds;
	struct survey survey;
	enum subject subject;
	const struct state_row *row;

	(void)state;
	for (row = state_rows; row < ARRAY_END(state_rows); row++) {
		print_message("row %td\n", row - state_rows);
		survey_make(row->some, 2, &survey);
		thresholds_make(row->thresholds, &thresholds);
		assert_int_equal(check_judge(&survey, &thresholds, &subject), row->outcome);
		assert_int_equal(subject, row->subject);
	}
}

static void sessions_that_concern(void **state)
{
	static const struct row {
		struct some some;
		const char *thresholds[6];
		bool concerns;
	} rows[] = {
		{{1, VERDICT_KEPT, 0, 900, 3600, 0}, {NULL}, false},
		{{1, VERDICT_ACTIVE, 200, 100, 1, 0}, {NULL}, false},
		{{1, VERDICT_AT_RISK, 9, 1, 1, 0}, {NULL}, true},
		{{1, VERDICT_AT_RISK, 9, 1, 1, 0}, {"5", "5"}, true},
		{{1, VERDICT_OVERDUE, 0, 1, 1, 0}, {NULL}, true},
		{{1, VERDICT_DEAD, 0, 1, 1, 0}, {NULL}, true},
		{{1, VERDICT_ACTIVE, 200, 100, 1, 0}, {[2] = "201"}, true},
		{{1, VERDICT_ACTIVE, 200, 100, 1, 0}, {[3] = "201"}, true},
		{{1, VERDICT_ACTIVE, 200, 100, 1, 0}, {[2] = "200"}, false},
		{{1, VERDICT_KEPT, 0, 900, 3600, 0}, {[4] = "1h"}, false},
		{{1, VERDICT_KEPT, 0, 900, 3600, 0}, {[4] = "59m"}, true},
		{{1, VERDICT_KEPT, 0, 900, 0, 0}, {[4] = "59m"}, false},
	};
	struct thresholds thresholds;
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct facts facts = {.idle.user = known(row->some.user_s)};
		struct verdict verdict = {.kind = row->some.kind,
					  .cut_in = known(row->some.cut_in_s)};

		print_message("row %td\n", row - rows);
		thresholds_make(row->thresholds, &thresholds);
		assert_int_equal(check_concerns(&thresholds, &facts, &verdict), row->concerns);
	}
}

static void assert_status(const struct survey *survey, enum outcome outcome, enum subject subject,
			  const char *user, const char *address, const char *wanted)
{
	char status[CHECK_STATUS_SIZE];

	check_format_status(outcome, survey, subject, user, address, status, sizeof(status));
	assert_string_equal(status, wanted);
}

static void status_lines(void **state)
{
	struct survey survey;

	(void)state;
	SURVEY(&survey, {0});
	assert_status(&survey, OUTCOME_DONE, SUBJECT_NONE, "", "", "SSHIDLE OK - no SSH session");
	survey.contained = true;
	assert_status(&survey, OUTCOME_DONE, SUBJECT_NONE, "", "",
		      "SSHIDLE OK - no SSH session in this container");
	SURVEY(&survey, {3, VERDICT_ACTIVE, 200, 10, 1, 0}, {9, VERDICT_KEPT, 0, 9, 33120, 0});
	assert_status(&survey, OUTCOME_DONE, SUBJECT_NONE, "", "", "SSHIDLE OK - 3 active, 9 kept");
	assert_status(&survey, OUTCOME_WARNING, SUBJECT_USER_IDLE, "bob", "198.51.100.9",
		      "SSHIDLE WARNING - 3 active, 9 kept (bob@198.51.100.9 user idle for 9h12m)");
	assert_status(&survey, OUTCOME_WARNING, SUBJECT_NEXT_CUT, "bob", "198.51.100.9",
		      "SSHIDLE WARNING - 3 active, 9 kept (bob@198.51.100.9 cut in 3m20s)");
	SURVEY(&survey, {9, VERDICT_KEPT, 0, 9, 1, 0}, {1, VERDICT_AT_RISK, 47, 9, 1, 0},
	       {2, VERDICT_OVERDUE, 0, 312, 1, 0});
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK, "alice", "203.0.113.7",
		      "SSHIDLE CRITICAL - 2 overdue, 1 at risk (alice@203.0.113.7 cut in 47 s)");
	assert_status(
		&survey, OUTCOME_CRITICAL, SUBJECT_OVERDUE, "alice", "203.0.113.7",
		"SSHIDLE CRITICAL - 2 overdue, 1 at risk (alice@203.0.113.7 silent for 5m12s)");
	SURVEY(&survey, {2, VERDICT_DEAD, 0, 9, 1, 40}, {1, VERDICT_OVERDUE, 0, 312, 1, 0});
	assert_status(
		&survey, OUTCOME_CRITICAL, SUBJECT_DEAD, "alice", "203.0.113.7",
		"SSHIDLE CRITICAL - 2 dead, 1 overdue (alice@203.0.113.7 no answer for 40 s)");
	SURVEY(&survey, {2, VERDICT_DEAD, 0, 9, 1, 0});
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_DEAD, "alice", "203.0.113.7",
		      "SSHIDLE CRITICAL - 2 dead (alice@203.0.113.7 no answer)");
}

#define LONG_ADDRESS "2001:db8:1234:5678:9abc:def0:1234:567"
#define LONG_USER "a-user-name-of-thirty-two-bytes-"

/* What does not fit gives way: the user, then the address; what is at stake stays. */
static void status_lines_stay_under_80_characters(void **state)
{
	struct survey survey;

	(void)state;
	SURVEY(&survey, {1, VERDICT_AT_RISK, 47, 9, 1, 0});
	assert_status(&survey, OUTCOME_WARNING, SUBJECT_AT_RISK, LONG_USER, LONG_ADDRESS,
		      "SSHIDLE WARNING - 1 at risk (" LONG_ADDRESS " cut in 47 s)");
	SURVEY(&survey, {1, VERDICT_AT_RISK, 47, 9, 1, 0}, {2, VERDICT_OVERDUE, 0, 312, 1, 0});
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK, "alice", LONG_ADDRESS,
		      "SSHIDLE CRITICAL - 2 overdue, 1 at risk (alice cut in 47 s)");
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK, LONG_USER, LONG_ADDRESS,
		      "SSHIDLE CRITICAL - 2 overdue, 1 at risk (cut in 47 s)");
	/* 79 characters, then 80 */
	assert_status(
		&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK, "alice67890123", "203.0.113.7",
		"SSHIDLE CRITICAL - 2 overdue, 1 at risk (alice67890123@203.0.113.7 cut in 47 "
		"s)");
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK, "alice678901234", "203.0.113.7",
		      "SSHIDLE CRITICAL - 2 overdue, 1 at risk (203.0.113.7 cut in 47 s)");
	/* characters are counted, not bytes */
	assert_status(&survey, OUTCOME_CRITICAL, SUBJECT_AT_RISK,
		      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", "203.0.113.77",
		      "SSHIDLE CRITICAL - 2 overdue, 1 at risk (\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		      "\xc3\xa9\xc3\xa9\xc3\xa9@203.0.113.77 cut in 47 s)");
}

static void hostile_users_in_the_status_line(void **state)
{
	struct survey survey;

	(void)state;
	SURVEY(&survey, {1, VERDICT_AT_RISK, 47, 9, 1, 0});
	assert_status(&survey, OUTCOME_WARNING, SUBJECT_AT_RISK, "a|b\nc\x1b[m\xff", "192.0.2.1",
		      "SSHIDLE WARNING - 1 at risk (a/b" R "c" R "[m" R "@192.0.2.1 cut in 47 s)");
}

static void assert_perfdata(const struct survey *survey, const char *const texts[6],
			    const char *wanted)
{
	char perfdata[CHECK_PERFDATA_SIZE];
	struct thresholds thresholds;

	thresholds_make(texts, &thresholds);
	check_format_perfdata(survey, &thresholds, perfdata, sizeof(perfdata));
	assert_string_equal(perfdata, wanted);
}

static void performance_data(void **state)
{
	static const char *const all[6] = {"2", "5", "60", "30", "8h", "~:1d"};
	struct survey survey;

	(void)state;
	SURVEY(&survey, {0});
	assert_perfdata(&survey, NO_THRESHOLDS,
			"'sessions'=0;;;0 'needs_person'=0;;;0 'at_risk'=0;0;;0 'overdue'=0;0;0;0 "
			"'dead'=0;0;0;0");
	SURVEY(&survey, {1, VERDICT_AT_RISK, 47, 9, 300, 0}, {1, VERDICT_KEPT, 0, 9, 90061, 0});
	assert_perfdata(&survey, NO_THRESHOLDS,
			"'sessions'=2;;;0 'needs_person'=1;;;0 'at_risk'=1;0;;0 'overdue'=0;0;0;0 "
			"'dead'=0;0;0;0 'cut_in'=47.0s;;;0 'user_idle'=90061.0s;;;0");
	assert_perfdata(
		&survey, all,
		"'sessions'=2;;;0 'needs_person'=1;2;5;0 'at_risk'=1;;;0 'overdue'=0;;;0 "
		"'dead'=0;;;0 'cut_in'=47.0s;60:;30:;0 'user_idle'=90061.0s;28800;~:86400;0");
}

/* The largest of everything still fits, so nothing is ever cut. */
static void performance_data_fits(void **state)
{
	static const char *const widest[6] = {
		"@-999999999999:999999999999", "@-999999999999:999999999999",
		"@-999999999999:999999999999", "@-999999999999:999999999999",
		"@-999999999999:999999999999", "@-999999999999:999999999999",
	};
	char perfdata[CHECK_PERFDATA_SIZE];
	struct thresholds thresholds;
	struct survey survey;

	(void)state;
	SURVEY(&survey, {1, VERDICT_AT_RISK, 315360000, 9, 315360000, 0});
	survey.total = survey.needy = UINT32_MAX;
	for (int i = 0; i < VERDICT_KINDS; i++)
		survey.counts[i] = UINT32_MAX;
	thresholds_make(widest, &thresholds);
	check_format_perfdata(&survey, &thresholds, perfdata, sizeof(perfdata));
	assert_string_equal(perfdata + strlen(perfdata) - 2, ";0");
	assert_non_null(strstr(perfdata, "'user_idle'=315360000.0s;"));
}

/* A row of a record that others named as they liked. */
static void session_lines(void **state)
{
	struct record_session record = {
		.cookie = 70434, .owner_pid = 4183, .owner_uid = 1000, .peer_port = 39530};
	const struct record_session *by_cookie = &record;
	const struct sessions sessions = {.by_cookie = &by_cookie};
	const struct session session = {.record = &record, .n_owners = 1};
	struct row row = {.sessions = &sessions,
			  .session = &session,
			  .record = &record,
			  .owners = owners_new(0),
			  .path = {.timeout_ns = 350 * S, .source = PATH_OPTION},
			  .verdict = {.kind = VERDICT_AT_RISK, .cut_in = 138 * S}};
	char line[CHECK_SESSION_SIZE];

	(void)state;
	assert_non_null(row.owners);
	inet_pton(AF_INET6, "::ffff:203.0.113.7", record.peer_addr);
	memcpy(record.comm, "s|d\n\x1b]0;\xff\xe2\x80\xae", 12);
	row.facts.tcp.next_probe = UNKNOWN_NS;
	row.facts.idle = (struct clocks){.wire = 212 * S, .user = 250 * S, .wire_seen = true};
	assert_string_equal(check_format_session(&row, line, sizeof(line)),
			    "70434 at-risk 1000@203.0.113.7:39530 s/d" R R "]0;" R R "[4183], "
			    "cut in 2m18s, user idle for 4m10s: "
			    "no packet is due, the path forgets after 350 s");
	row.verdict = (struct verdict){.kind = VERDICT_OVERDUE};
	row.facts.idle.user = UNKNOWN_NS;
	row.facts.idle.wire = 400 * S;
	strcpy(record.comm, "sshd");
	assert_string_equal(check_format_session(&row, line, sizeof(line)),
			    "70434 overdue 1000@203.0.113.7:39530 sshd[4183]: silent for 400 s, "
			    "the path forgets after 350 s");
	owners_free(row.owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survey_counts_and_finds_extremes),
		cmocka_unit_test(at_risk_is_not_the_next_cut),
		cmocka_unit_test(states_by_threshold),
		cmocka_unit_test(sessions_that_concern),
		cmocka_unit_test(status_lines),
		cmocka_unit_test(status_lines_stay_under_80_characters),
		cmocka_unit_test(hostile_users_in_the_status_line),
		cmocka_unit_test(performance_data),
		cmocka_unit_test(performance_data_fits),
		cmocka_unit_test(session_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
