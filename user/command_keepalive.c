// SPDX-License-Identifier: GPL-2.0-only
/* sshidle keepalive: set TCP keepalive on live sessions, or put back what was there. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "keepalive.h"
#include "log.h"
#include "number.h"

#define SURVIVE_MAX_S (INT_MAX / 1000) /* TCP_USER_TIMEOUT is milliseconds in an int */

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

	if (options->undo &&
	    (options->idle || options->count || options->survive || options->at_risk)) {
		log_error("--undo puts back what was there: it takes no --idle, --count, "
			  "--survive or --at-risk");
		return -EINVAL;
	}
	if (options->all && options->at_risk) {
		log_error("--all and --at-risk choose different sessions: give one of them");
		return -EINVAL;
	}
	err = command_duration("--idle", options->idle, KEEPALIVE_SECONDS_MAX, &idle_s);
	if (!err)
		err = command_duration("--survive", options->survive, SURVIVE_MAX_S,
				       &request.survive_s);
	if (!err)
		err = parse_count(options->count, &request.count);
	if (err)
		return err;
	request.idle_s = idle_s;
	*ret = request;
	return 0;
}

/* Called every minute by a timer it is quiet; a person at a terminal gets an answer. */
static void tell_nothing_chosen(const struct options *options)
{
	if (isatty(STDERR_FILENO))
		log_note("%s", options->n_operands ? "none of the sessions named is at risk"
			       : options->undo	   ? "sshidle has set the keepalive of no session"
			       : options->all	   ? "there is no session that nothing keeps"
						   : "no session is at risk");
}

static void tell_left_alone(const struct options *options, const struct change_list *list)
{
	size_t late = list->n_overdue + list->n_dead;

	if (list->n_busy)
		log_note("left alone: %zu sessions that are closing, or active with data on "
			 "their way",
			 list->n_busy);
	if (late)
		log_note("left alone: %zu sessions for which it is late, overdue or dead%s", late,
			 options->all && list->n_overdue
				 ? "; --force sends a probe on those overdue"
				 : "");
}

static enum outcome show(const struct options *options, const struct change_list *list)
{
	enum outcome outcome;
	size_t good = 0;
	int err = 0;

	if (options->json)
		err = changes_print_json(options, list);
	else if (list->n)
		err = changes_print_table(options, list);
	else if (!list->n_busy && !list->n_overdue && !list->n_dead)
		tell_nothing_chosen(options);
	outcome = command_printed(err);
	if (isatty(STDERR_FILENO))
		tell_left_alone(options, list);
	for (size_t i = 0; i < list->n; i++)
		good += change_is_good(&list->changes[i]);
	if (good == list->n)
		return outcome;
	log_error("partly done: %zu of %zu sessions; RESULT tells why", good, list->n);
	return OUTCOME_FAILED;
}

enum outcome command_keepalive(const struct options *options)
{
	struct keepalive_work work;
	struct keepalive_request request;
	struct policy policy;
	enum outcome outcome;
	int err;

	if (parse_request(options, &request))
		return OUTCOME_USAGE;
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	err = keepalive_do(options, &policy, &request, &work);
	outcome = command_outcome(err);
	if (work.is_decided) {
		outcome = show(options, &work.list);
		if (err)
			outcome = OUTCOME_FAILED;
	}
	keepalive_work_free(&work);
	policy_free(&policy);
	return outcome;
}
