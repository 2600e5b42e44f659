// SPDX-License-Identifier: GPL-2.0-only
/* sshidle explain: everything that can end a session, and the mend. */
#include <errno.h>
#include <stdio.h>

#include "commands.h"
#include "explain_show.h"
#include "json.h"
#include "log.h"

static int print_json(const struct options *options, const struct report *report)
{
	struct json_object *document = json_new_document(stream_start(&report->sessions.stream));
	struct json_object *sessions = json_make_array();
	struct explanation explanation;

	for (size_t i = 0; i < report->sessions.n; i++) {
		explanation_make(report, i, options, &explanation);
		json_append(sessions, explanation_new_json(&explanation));
	}
	json_set(document, "sessions", sessions);
	return json_print(document, JSON_FORM_LINE);
}

static int print_text(const struct options *options, const struct report *report)
{
	struct explanation explanation;
	int err = 0;

	for (size_t i = 0; !err && i < report->sessions.n; i++) {
		if (i)
			putchar('\n');
		explanation_make(report, i, options, &explanation);
		err = explanation_print_text(&explanation, stdout, 0);
	}
	return err;
}

static enum outcome show(const struct options *options, const struct report *report)
{
	return command_printed(options->json ? print_json(options, report)
					     : print_text(options, report));
}

enum outcome command_explain(const struct options *options)
{
	struct policy policy;
	struct report report;
	enum outcome outcome;

	if (!options->n_operands) {
		log_error("explain needs a SESSION: an id from the first column of 'sshidle list', "
			  "or pid:N");
		return OUTCOME_USAGE;
	}
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = command_outcome(report_make(options, &policy, &report));
	if (outcome == OUTCOME_DONE) {
		outcome = show(options, &report);
		report_free(&report);
	}
	policy_free(&policy);
	return outcome;
}
