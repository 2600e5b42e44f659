// SPDX-License-Identifier: GPL-2.0-only
/* A judged list of sessions, ready to be shown in any format. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "source.h"

void report_row_of(const struct report *report, const struct session *session, struct row *ret)
{
	row_fill(&report->sessions, session, report->policy, report->paths, report->owners, ret);
}

void report_row(const struct report *report, size_t i, struct row *ret)
{
	report_row_of(report, &report->sessions.list[i], ret);
}

void report_value(const struct field *field, const struct row *row, struct value *ret)
{
	ret->type = VALUE_UNKNOWN;
	ret->text[0] = 0;
	field->get(row, ret);
}

bool report_is_damaged(const struct report *report)
{
	return !report->attached && stream_start(&report->sessions.stream)->attached_ns;
}

int report_check_seen(const struct report *report)
{
	if (!report->blind)
		return 0;
	log_error("this container has no SSH session, and cannot see those of the host: run it "
		  "there");
	return -ENXIO;
}

void report_free(struct report *report)
{
	sessions_free(&report->sessions);
	owners_free(report->owners);
	paths_free(report->paths);
	*report = (struct report){};
}

/* With the ports to be recorded so that all that are asked for are, too: those that are stay. */
static void explain_port(log_teller tell, const struct options *options,
			 const struct policy *policy, const struct record_start *start,
			 uint16_t port)
{
	char recorded[PORTS_TEXT_SIZE], wanted[PORTS_TEXT_SIZE];
	uint16_t ports[PORTS_MAX];
	size_t n = start->n_ports;

	memcpy(ports, start->ports, sizeof(ports));
	for (size_t i = 0; i < policy->n_ports && n < PORTS_MAX; i++)
		if (!ports_hold(ports, n, policy->ports[i]))
			ports[n++] = policy->ports[i];
	ports_format(start->ports, start->n_ports, recorded, sizeof(recorded));
	if (options->from || !ports_hold(ports, n, port))
		tell("port %u is not among those recorded, %s", port, recorded);
	else
		tell("port %u is not among those recorded; 'sshidle attach --replace --port "
		     "%s' records it",
		     port, ports_format(ports, n, wanted, sizeof(wanted)));
}

/* 0: all are recorded. */
static uint16_t find_unrecorded(const struct policy *policy, const struct record_start *start)
{
	for (size_t i = 0; i < policy->n_ports; i++)
		if (!ports_hold(start->ports, start->n_ports, policy->ports[i]))
			return policy->ports[i];
	return 0;
}

/* What nobody watched cannot be shown: asked for on purpose, it is an error. */
static int check_ports(const struct options *options, const struct policy *policy,
		       const struct record_start *start)
{
	uint16_t port = options->ports ? find_unrecorded(policy, start) : 0;

	if (!port)
		return 0;
	explain_port(log_error, options, policy, start, port);
	return -ENOENT;
}

bool report_lacks_ports(const struct options *options, const struct report *report, log_teller tell)
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	const struct policy *policy = report->policy;
	bool by_config = policy->has_ports && !options->ports && !options->from;
	uint16_t port = by_config ? find_unrecorded(policy, start) : 0;

	if (port)
		explain_port(tell, options, policy, start, port);
	return port;
}

static bool keep_port(const struct session *session, const void *data)
{
	const struct policy *policy = data;

	return ports_hold(policy->ports, policy->n_ports, session->record->local_port) ||
	       ports_hold(policy->ports, policy->n_ports, session->record->peer_port);
}

static bool word_names(const char *word, const struct sessions *sessions,
		       const struct session *session)
{
	bool is_pid = !strncmp(word, "pid:", 4);
	uint64_t number = strtoull(is_pid ? word + 4 : word, NULL, 10);

	if (!is_pid)
		return session->record->cookie == number;
	for (uint32_t i = 0; i < session->n_owners; i++)
		if (session_owner(sessions, session, i)->owner_pid == number)
			return true;
	return false;
}

struct choice {
	const struct sessions *sessions;
	const struct options *options;
};

static bool keep_named(const struct session *session, const void *data)
{
	const struct choice *choice = data;

	for (int i = 0; i < choice->options->n_operands; i++)
		if (word_names(choice->options->operands[i], choice->sessions, session))
			return true;
	return false;
}

static bool is_number(const char *digits)
{
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	strtoull(digits, &end, 10);
	return !*end && !errno;
}

/* Every word must name a session. */
static int choose_named(const struct options *options, struct sessions *sessions)
{
	struct choice choice = {.sessions = sessions, .options = options};

	for (int i = 0; i < options->n_operands; i++) {
		const char *word = options->operands[i];
		bool found = false;

		if (!is_number(!strncmp(word, "pid:", 4) ? word + 4 : word)) {
			log_error("'%s' is no session: give an id from the first column, or pid:N",
				  word);
			return ERR_USAGE;
		}
		for (size_t j = 0; j < sessions->n && !found; j++)
			found = word_names(word, sessions, &sessions->list[j]);
		if (!found) {
			log_error("no session '%s'; 'sshidle list' shows those there are", word);
			return -ENOENT;
		}
	}
	if (options->n_operands)
		sessions_filter(sessions, keep_named, &choice);
	return 0;
}

static void count(struct report *report)
{
	struct row row;

	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		report->counts[row.verdict.kind]++;
	}
	report->total = report->sessions.n;
}

static bool keep_at_risk(const struct session *session, const void *data)
{
	const struct report *report = data;
	struct row row;

	report_row_of(report, session, &row);
	return verdict_needs_person(row.verdict.kind);
}

/* What a session is sorted by: text where there is text, with its digits as numbers. */
struct rank {
	struct session session;
	char *text;
	double number;
	int sign;
};

static int compare(const void *a, const void *b)
{
	const struct rank *left = a, *right = b;
	int order = 0;

	if (left->text && right->text)
		order = strverscmp(left->text, right->text);
	else if (left->number != right->number)
		order = left->number < right->number ? -1 : 1;
	if (order)
		return order * left->sign;
	return left->session.record->cookie < right->session.record->cookie ? -1 : 1;
}

/* Unknown values stand behind all others. */
static int rank_by(const struct field *field, const struct row *row, struct rank *rank)
{
	struct value value;

	if (!field) {
		rank->number = row_urgency(row);
		return 0;
	}
	report_value(field, row, &value);
	if (value.type == VALUE_TEXT)
		rank->text = strdup(value.text);
	else if (value.type == VALUE_SECONDS)
		rank->number = value.seconds;
	else if (value.type == VALUE_DECIMAL)
		rank->number = value.decimal;
	else
		rank->number = value.type == VALUE_UNKNOWN ? INFINITY * rank->sign : value.number;
	return value.type == VALUE_TEXT && !rank->text ? -ENOMEM : 0;
}

static int sort(struct report *report, const struct field *field, int sign)
{
	size_t n = report->sessions.n;
	CLEANUP_FREE struct rank *ranks = calloc(n + 1, sizeof(*ranks));
	struct row row;
	int err = 0;

	if (!ranks)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		report_row(report, i, &row);
		ranks[i].session = report->sessions.list[i];
		ranks[i].sign = sign;
		err = rank_by(field, &row, &ranks[i]);
	}
	if (!err)
		qsort(ranks, n, sizeof(*ranks), compare);
	for (size_t i = 0; i < n; i++) {
		if (!err)
			report->sessions.list[i] = ranks[i].session;
		free(ranks[i].text);
	}
	return err;
}

static int sort_as_asked(struct report *report, const char *column)
{
	const struct field *field = NULL;
	int sign = 1;

	if (column && *column == '-') {
		sign = -1;
		column++;
	}
	if (column)
		field = field_find(column, strlen(column));
	if (column && !field) {
		log_error("--sort %s: no such column; 'sshidle -o help' lists them", column);
		return ERR_USAGE;
	}
	return sort(report, field, sign);
}

/* A copy of "sessions" may have one of "paths" behind it. */
static int learn(const struct options *options, const struct stream *stream, struct report *report)
{
	if (options->from)
		return stream_count(stream, RECORD_PATH) ? paths_make(stream, &report->paths) : 0;
	return stream_start(stream)->attached_ns ? paths_read(options->run_dir, &report->paths) : 0;
}

static int merge(const struct options *options, struct stream *stream, struct report *report)
{
	int err = check_ports(options, report->policy, stream_start(stream));

	report->blind = stream_is_from_outside(stream_start(stream)) &&
			!stream_count(stream, RECORD_SESSION);
	if (!err)
		err = sessions_merge(stream, &report->sessions);
	if (!err && options->ports)
		sessions_filter(&report->sessions, keep_port, report->policy);
	return err;
}

int report_read(const struct options *options, const struct policy *policy, struct report *ret)
{
	struct report report = {.policy = policy, .owners = owners_new(!options->from)};
	struct stream stream = {};
	int err = log_memory(report.owners ? 0 : -ENOMEM);

	if (!err)
		err = source_read(options, policy, &stream, &report.attached);
	if (!err)
		err = learn(options, &stream, &report);
	if (!err)
		err = log_memory(merge(options, &stream, &report));
	stream_free(&stream);
	if (err)
		report_free(&report);
	else
		*ret = report;
	return err;
}

int report_sort(struct report *report)
{
	return log_memory(sort(report, NULL, 1));
}

int report_select(const struct options *options, struct report *report)
{
	int err;

	count(report);
	err = choose_named(options, &report->sessions);
	if (err)
		return err;
	if (options->at_risk)
		sessions_filter(&report->sessions, keep_at_risk, report);
	return log_memory(sort_as_asked(report, options->sort));
}

int report_make(const struct options *options, const struct policy *policy, struct report *ret)
{
	struct report report;
	int err = report_read(options, policy, &report);

	if (err)
		return err;
	err = report_select(options, &report);
	if (err)
		report_free(&report);
	else
		*ret = report;
	return err;
}
