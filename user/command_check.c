// SPDX-License-Identifier: GPL-2.0-only
/* sshidle check: monitoring plugin and cron job, one line and an exit status. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "check_show.h"
#include "commands.h"
#include "duration.h"
#include "log.h"
#include "plugin.h"
#include "report.h"

static int parse_range(const char *option, const char *text, size_t length, enum range_kind kind,
		       struct range *range)
{
	int err = range_parse(text, length, kind, range);

	if (err)
		log_error("%s \"%.*s\" %s", option, (int)length, text, range_words(err));
	return err;
}

/* WARNING[,CRITICAL] */
static int parse_pair(const char *option, const char *text, enum range_kind kind,
		      struct threshold *threshold)
{
	const char *comma;
	int err;

	if (!text)
		return 0;
	comma = strchrnul(text, ',');
	err = parse_range(option, text, comma - text, kind, &threshold->warning);
	if (!err && *comma)
		err = parse_range(option, comma + 1, strlen(comma + 1), kind, &threshold->critical);
	threshold->has_warning = true;
	threshold->has_critical = *comma;
	return err;
}

static int parse_thresholds(const struct options *options, struct thresholds *ret)
{
	struct threshold *needy = &ret->of[MEASURE_NEEDY];
	int err = 0;

	thresholds_init(ret, options->warning, options->critical);
	needy->has_warning = options->warning;
	needy->has_critical = options->critical;
	if (options->warning)
		err = parse_range("-w", options->warning, strlen(options->warning), RANGE_COUNT,
				  &needy->warning);
	if (!err && options->critical)
		err = parse_range("-c", options->critical, strlen(options->critical), RANGE_COUNT,
				  &needy->critical);
	if (!err)
		err = parse_pair("--min-left", options->min_left, RANGE_SHORTEST,
				 &ret->of[MEASURE_CUT_IN]);
	if (!err)
		err = parse_pair("--max-idle", options->max_idle, RANGE_LONGEST,
				 &ret->of[MEASURE_USER_IDLE]);
	return err;
}

static int parse_timeout(const char *text, unsigned int *ret_s)
{
	uint64_t seconds = PLUGIN_TIMEOUT_S;
	int err = command_duration("-t", text, DURATION_MAX_S, &seconds);

	*ret_s = seconds;
	return err;
}

/* What a damaged recorder no longer sees would be taken for silence. */
static int check_whole(const struct options *options, const struct report *report)
{
	if (!report_is_damaged(report))
		return 0;
	log_error("the recorder at %s is damaged: run 'sshidle attach --replace'",
		  options->run_dir);
	return -EIO;
}

static void survey_report(const struct report *report, struct survey *ret)
{
	struct row row;

	survey_init(ret);
	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		survey_add(ret, &row.facts, &row.verdict, i);
	}
}

struct choice {
	const struct report *report;
	const struct thresholds *thresholds;
};

static bool keep_concerned(const struct session *session, const void *data)
{
	const struct choice *choice = data;
	struct row row;

	report_row_of(choice->report, session, &row);
	return check_concerns(choice->thresholds, &row.facts, &row.verdict);
}

/* Leaves those sessions that get a line of their own, the most urgent first. */
static int choose_lines(const struct options *options, const struct thresholds *thresholds,
			struct report *report)
{
	struct choice choice = {report, thresholds};

	if (!options->quiet && !options->verbose)
		report->sessions.n = 0;
	else if (!options->verbose)
		sessions_filter(&report->sessions, keep_concerned, &choice);
	return report_sort(report);
}

static void print_sessions(const struct report *report)
{
	char line[CHECK_SESSION_SIZE];
	struct row row;

	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		puts(check_format_session(&row, line, sizeof(line)));
	}
}

/* Cron mails every word: where sessions tell it all, there is no other line. */
static void print_status(const struct options *options, const char *status, const char *perfdata,
			 const struct report *report)
{
	if (!options->quiet)
		printf("%s | %s\n", status, perfdata);
	else if (!report->sessions.n)
		puts(status);
}

/* The status line names the session that tells most. */
static void format_status(const struct report *report, const struct survey *survey,
			  enum outcome outcome, enum subject subject,
			  char status[CHECK_STATUS_SIZE])
{
	char address[ADDRESS_TEXT_SIZE] = "";
	const char *user = "";
	struct row row;

	if (subject != SUBJECT_NONE) {
		report_row(report, survey->extremes[subject].index, &row);
		user = owners_user(report->owners, row_main_owner(&row)->owner_uid);
		address_format(row.record->peer_addr, address, sizeof(address));
	}
	check_format_status(outcome, survey, subject, user, address, status, CHECK_STATUS_SIZE);
}

static enum outcome judge_report(const struct options *options, const struct thresholds *thresholds,
				 struct report *report)
{
	char status[CHECK_STATUS_SIZE], perfdata[CHECK_PERFDATA_SIZE];
	enum outcome outcome;
	enum subject subject;
	struct survey survey;
	int err;

	survey_report(report, &survey);
	survey.contained = !stream_has_own_pids(stream_start(&report->sessions.stream));
	outcome = check_judge(&survey, thresholds, &subject);
	if (options->quiet && outcome == OUTCOME_DONE)
		return outcome;
	format_status(report, &survey, outcome, subject, status);
	check_format_perfdata(&survey, thresholds, perfdata, sizeof(perfdata));
	err = choose_lines(options, thresholds, report);
	if (err)
		return command_outcome(err);
	plugin_answers();
	print_status(options, status, perfdata, report);
	print_sessions(report);
	return outcome;
}

enum outcome command_check(const struct options *options)
{
	struct thresholds thresholds;
	struct report report;
	struct policy policy;
	enum outcome outcome;
	unsigned int timeout_s;

	if (parse_thresholds(options, &thresholds) || parse_timeout(options->timeout, &timeout_s))
		return OUTCOME_USAGE;
	plugin_set_timeout(timeout_s);
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = command_outcome(report_read(options, &policy, &report));
	if (outcome == OUTCOME_DONE) {
		if (check_whole(options, &report) || report_check_seen(&report) ||
		    report_lacks_ports(options, &report, log_error))
			outcome = OUTCOME_FAILED;
		else
			outcome = judge_report(options, &thresholds, &report);
		report_free(&report);
	}
	policy_free(&policy);
	return outcome;
}
