// SPDX-License-Identifier: GPL-2.0-only
/* sshidle list: every session with its idle clocks and verdict. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "log.h"
#include "report.h"
#include "table.h"

static void tell_none(const struct options *options, const struct report *report)
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	const struct policy *policy = report->policy;
	char ports[PORTS_TEXT_SIZE];

	if (options->ports)
		ports_format(policy->ports, policy->n_ports, ports, sizeof(ports));
	else
		ports_format(start->ports, start->n_ports, ports, sizeof(ports));
	if (options->n_operands)
		log_note("none of the sessions named needs a person");
	else if (report->total)
		log_note("none of the %zu sessions needs a person", report->total);
	else if (report->blind)
		log_note("this container has no SSH session, and those of the host are not seen in "
			 "it");
	else
		log_note("no SSH session: nothing is connected on port %s", ports);
}

/* What a person should know about the numbers that follow. */
static void tell_limits(const struct options *options, const struct report *report)
{
	const struct record_start *start = stream_start(&report->sessions.stream);

	if (!start->attached_ns && !options->from)
		log_note("no recorder: silence is at most what is shown, since the kernel does not "
			 "see the peer's keepalive probes; 'sshidle attach' mends that");
	if (start->counters[COUNTER_LOST])
		log_note("the recorder could not keep %llu events",
			 (unsigned long long)start->counters[COUNTER_LOST]);
}

static void tell_container(const struct report *report)
{
	if (!report->blind && !stream_has_own_pids(stream_start(&report->sessions.stream)))
		log_note("read inside a container: only sessions of its own processes, under the "
			 "host's pids");
}

static enum outcome show(const struct options *options, const struct report *report)
{
	if (options->json)
		return command_printed(json_print_report(report));
	report_lacks_ports(options, report, log_note);
	tell_container(report);
	if (!report->sessions.n) {
		tell_none(options, report);
		return OUTCOME_DONE;
	}
	tell_limits(options, report);
	return command_printed(table_print_report(options, report));
}

enum outcome command_list(const struct options *options)
{
	struct policy policy;
	struct report report;
	enum outcome outcome;

	if (table_tells_columns(options->columns))
		return OUTCOME_DONE;
	if (options->columns && options->json) {
		log_error("-o chooses columns of the table; --json always has every key");
		return OUTCOME_USAGE;
	}
	if (options->columns && table_check_columns(options->columns))
		return OUTCOME_USAGE;
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
