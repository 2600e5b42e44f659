// SPDX-License-Identifier: GPL-2.0-only
/* Sets TCP keepalive on live sessions: chosen, decided, done, verified. */
#include "keepalive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "privilege.h"
#include "recorder.h"
#include "rundir.h"

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

/*
 * Of all sessions that nobody named: what one end has closed cannot be saved, and what is about to
 * be acknowledged is in no danger. Both would be refused.
 */
static bool is_busy(const struct options *options, const struct row *row)
{
	if (options->n_operands || options->undo)
		return false;
	return plan_is_closing(row->record) ||
	       (row->verdict.kind == VERDICT_ACTIVE && plan_is_busy(row->record, options->force));
}

/* Nobody named it, and it may be gone already: list and check tell it, not a run each minute. */
static void count_late(const struct options *options, const struct row *row,
		       struct change_list *list)
{
	if (options->undo)
		return;
	list->n_overdue += row->verdict.kind == VERDICT_OVERDUE;
	list->n_dead += row->verdict.kind == VERDICT_DEAD;
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
		      struct change_list *list)
{
	const struct report *report = list->report;
	struct row row;

	list->changes = calloc(report->sessions.n + 1, sizeof(*list->changes));
	if (!list->changes)
		return log_memory(-ENOMEM);
	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		if (!is_chosen(options, &row))
			count_late(options, &row, list);
		else if (is_busy(options, &row))
			list->n_busy++;
		else
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

/* Who named no session does not miss one that ended. */
static void leave_out_ended(struct change_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!list->changes[i].ended)
			list->changes[n++] = list->changes[i];
	list->n = n;
}

/* Why there is no map of what was there before. */
static const char *map_words(int err, char *buf, size_t size)
{
	if (err == -EACCES)
		return privilege_words(CAPABILITY(CAP_DAC_OVERRIDE), buf, size);
	return err == -ENOENT ? "no recorder that could keep what was there" : strerror(-err);
}

static int act(const struct options *options, const struct policy *policy, int before_map,
	       struct change_list *list)
{
	char words[PRIVILEGE_WORDS_SIZE];
	int err;

	if (!anything_to_do(list))
		return 0;
	if (before_map < 0)
		log_note("%s: --undo will not be possible",
			 map_words(before_map, words, sizeof(words)));
	for (size_t i = 0; i < list->n; i++)
		if (list->changes[i].result == CHANGE_PLANNED)
			change_apply(&list->report->sessions, before_map, options->force,
				     &list->changes[i]);
	err = verify(options, policy, list);
	if (!options->n_operands)
		leave_out_ended(list);
	return err;
}

static int work_on(const struct options *options, const struct policy *policy,
		   const struct keepalive_request *request, struct keepalive_work *work)
{
	CLEANUP_CLOSE int before_map = recorder_open_map(options->run_dir, MAP_BEFORE);
	char words[PRIVILEGE_WORDS_SIZE];
	int err;

	if (options->undo && before_map < 0) {
		log_error("--undo is impossible at %s: %s", options->run_dir,
			  map_words(before_map, words, sizeof(words)));
		return before_map;
	}
	if (recorder_err_passes(before_map)) {
		log_error("%s: cannot open what keeps what was there for --undo: %s",
			  options->run_dir, strerror(-before_map));
		return before_map;
	}
	work->list.undo_possible = before_map >= 0;
	err = report_make(options, policy, &work->report);
	if (err)
		return err;
	work->list.report = &work->report;
	err = decide_all(options, request, &work->list);
	if (err)
		return err;
	work->is_decided = true;
	tell_shorter(&work->list);
	return options->dry_run ? 0 : act(options, policy, before_map, &work->list);
}

/* Two runs at once would mix their options on one socket: the second waits for the first. */
int keepalive_do(const struct options *options, const struct policy *policy,
		 const struct keepalive_request *request, struct keepalive_work *ret)
{
	struct rundir rundir;
	int lock_err = rundir_lock_existing(options->run_dir, &rundir), err;

	*ret = (struct keepalive_work){};
	if (lock_err == -ETIMEDOUT) {
		rundir_tell_busy(options->run_dir);
		return lock_err;
	}
	err = work_on(options, policy, request, ret);
	if (!lock_err)
		rundir_unlock(&rundir);
	return err;
}

void keepalive_work_free(struct keepalive_work *work)
{
	free(work->list.changes);
	report_free(&work->report);
}
