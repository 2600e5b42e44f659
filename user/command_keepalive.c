// SPDX-License-Identifier: GPL-2.0-only
/* sshidle keepalive: set TCP keepalive on live sessions, or put back what was there. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change_show.h"
#include "cleanup.h"
#include "commands.h"
#include "duration.h"
#include "log.h"
#include "number.h"
#include "recorder.h"
#include "report.h"
#include "rundir.h"

#define SURVIVE_MAX_S (INT_MAX / 1000) /* TCP_USER_TIMEOUT is milliseconds in an int */

static int parse_duration(const char *option, const char *text, uint64_t most, uint64_t *ret)
{
	uint64_t seconds;

	if (!text)
		return 0;
	if (duration_parse(text, &seconds) || !seconds || seconds > most) {
		log_error("%s \"%s\" is no such time; allowed are durations of 1 to %llu seconds, "
			  "such as 90 or 1m30s",
			  option, text, (unsigned long long)most);
		return -EINVAL;
	}
	*ret = seconds;
	return 0;
}

static int parse_count(const char *text, uint32_t *ret)
{
	const char *rest = text;
	uint64_t count;

	if (!text)
		return 0;
	if (number_read(&rest, KEEPALIVE_COUNT_MAX, &count) || *rest || !count) {
		log_error("--count \"%s\" is no such number; allowed are 1 to %d", text,
			  KEEPALIVE_COUNT_MAX);
		return -EINVAL;
	}
	*ret = count;
	return 0;
}

static int parse_request(const struct options *options, struct keepalive_request *ret)
{
	struct keepalive_request request = {.force = options->force};
	uint64_t idle_s = 0;
	int err;

	if (options->undo && (options->idle || options->count || options->survive)) {
		log_error("--undo puts back what was there: it takes no --idle, --count or "
			  "--survive");
		return -EINVAL;
	}
	err = parse_duration("--idle", options->idle, KEEPALIVE_SECONDS_MAX, &idle_s);
	if (!err)
		err = parse_duration("--survive", options->survive, SURVIVE_MAX_S,
				     &request.survive_s);
	if (!err)
		err = parse_count(options->count, &request.count);
	if (err)
		return err;
	request.idle_s = idle_s;
	*ret = request;
	return 0;
}

/* Sessions named are all chosen: what cannot be done for them is told as refused. */
static bool is_chosen(const struct options *options, const struct row *row)
{
	if (options->n_operands)
		return true;
	if (options->undo)
		return row->record->flags & SESSION_CHANGED;
	if (row->verdict.kind == VERDICT_AT_RISK)
		return true;
	if (!options->all || row->verdict.keeper)
		return false;
	return row->verdict.kind == VERDICT_ACTIVE ||
	       (row->verdict.kind == VERDICT_OVERDUE && options->force);
}

static void decide(const struct options *options, const struct keepalive_request *request,
		   const struct row *row, struct change *change)
{
	*change = (struct change){.session = row->session,
				  .owner = row_main_owner(row),
				  .timeout_ns = row->path.timeout_ns,
				  .undo = options->undo};
	if (options->undo)
		plan_undo(row->record, &row->verdict, options->force, &change->plan);
	else
		plan_set(row->record, &row->facts, &row->path, &row->verdict, request,
			 &change->plan);
	if (change->plan.unchanged)
		change->result = CHANGE_KEPT;
	if (change->plan.refusal) {
		change->result = CHANGE_REFUSED;
		snprintf(change->why, sizeof(change->why), "%s",
			 refusal_words(change->plan.refusal));
	}
}

static int decide_all(const struct options *options, const struct keepalive_request *request,
		      const struct report *report, struct change_list *list)
{
	struct row row;

	list->changes = calloc(report->sessions.n + 1, sizeof(*list->changes));
	if (!list->changes) {
		log_error("out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		if (is_chosen(options, &row))
			decide(options, request, &row, &list->changes[list->n++]);
	}
	return 0;
}

/* The price of a short period: at most 127 probes may stay unanswered. */
static void tell_shorter(const struct change_list *list)
{
	size_t shorter = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct change *change = &list->changes[i];

		shorter += !change->undo && change->result == CHANGE_PLANNED &&
			   change->plan.budget_s < change->plan.budget_before_s;
	}
	if (shorter)
		log_note("%zu of the sessions will survive a path that answers nothing for a "
			 "shorter time than before, see SURVIVES; --survive keeps them longer",
			 shorter);
}

static bool anything_to_do(const struct change_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->changes[i].result == CHANGE_PLANNED)
			return true;
	return false;
}

/* A new look from outside: what the kernel has now, not what setsockopt() promised. */
static int verify(const struct options *options, const struct policy *policy,
		  struct change_list *list)
{
	struct options plain = *options;
	struct report after;
	int err;

	plain.n_operands = 0;
	plain.at_risk = false;
	err = report_make(&plain, policy, &after);
	if (err)
		return err;
	for (size_t i = 0; i < list->n; i++)
		change_verify(&after.sessions, &list->changes[i]);
	report_free(&after);
	return 0;
}

static int act(const struct options *options, const struct policy *policy, int before_map,
	       struct change_list *list)
{
	if (!anything_to_do(list))
		return 0;
	if (before_map < 0)
		log_note("no recorder that could keep what was there: --undo will not be possible");
	for (size_t i = 0; i < list->n; i++)
		if (list->changes[i].result == CHANGE_PLANNED)
			change_apply(&list->report->sessions, before_map, options->force,
				     &list->changes[i]);
	return verify(options, policy, list);
}

/* Called every minute by a timer it is quiet; a person at a terminal gets an answer. */
static void tell_nothing_chosen(const struct options *options)
{
	if (isatty(STDERR_FILENO))
		log_note("%s", options->undo  ? "sshidle has set the keepalive of no session"
			       : options->all ? "there is no session that nothing keeps"
					      : "no session is at risk");
}

static enum outcome show(const struct options *options, const struct change_list *list)
{
	size_t good = 0;
	int err = 0;

	if (options->json)
		err = changes_print_json(options, list);
	else if (list->n)
		err = changes_print_table(options, list);
	else
		tell_nothing_chosen(options);
	for (size_t i = 0; i < list->n; i++)
		good += change_is_good(&list->changes[i]);
	if (err || good == list->n)
		return command_outcome(err);
	log_error("partly done: %zu of %zu sessions; RESULT tells why", good, list->n);
	return OUTCOME_FAILED;
}

static enum outcome run(const struct options *options, const struct policy *policy,
			const struct keepalive_request *request)
{
	CLEANUP_CLOSE int before_map = recorder_open_map(options->run_dir, MAP_BEFORE);
	struct report report;
	struct change_list list = {.report = &report, .undo_possible = before_map >= 0};
	enum outcome outcome;
	int err;

	if (options->undo && before_map < 0) {
		log_error("--undo is impossible: there is no recorder at %s that kept what was "
			  "there, or no right to it",
			  options->run_dir);
		return OUTCOME_FAILED;
	}
	err = report_make(options, policy, &report);
	if (err)
		return command_outcome(err);
	err = decide_all(options, request, &report, &list);
	if (!err)
		tell_shorter(&list);
	if (!err && !options->dry_run)
		err = act(options, policy, before_map, &list);
	outcome = show(options, &list);
	if (err)
		outcome = OUTCOME_FAILED;
	free(list.changes);
	report_free(&report);
	return outcome;
}

/* Two runs at once would mix their options on one socket: the second waits for the first. */
static enum outcome run_locked(const struct options *options, const struct policy *policy,
			       const struct keepalive_request *request)
{
	struct rundir rundir;
	enum outcome outcome;
	int err = rundir_lock_existing(options->run_dir, &rundir);

	if (err == -ETIMEDOUT) {
		log_error("another sshidle is at work on %s; waited %d s", options->run_dir,
			  RUNDIR_LOCK_WAIT_S);
		return OUTCOME_FAILED;
	}
	outcome = run(options, policy, request);
	if (!err)
		rundir_unlock(&rundir);
	return outcome;
}

enum outcome command_keepalive(const struct options *options)
{
	struct keepalive_request request;
	struct policy policy;
	enum outcome outcome;

	if (parse_request(options, &request))
		return OUTCOME_USAGE;
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = run_locked(options, &policy, &request);
	policy_free(&policy);
	return outcome;
}
