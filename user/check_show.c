// SPDX-License-Identifier: GPL-2.0-only
/* The words of check: the status line, its performance data, a line for a session. */
#include "check_show.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "duration.h"
#include "plugin.h"

#define USER_SIZE (OWNER_USER_SIZE * 3 + 1)
#define COMM_SIZE (COMM_LEN * 3 + 1)
#define SPAN_SIZE 16
#define WHAT_SIZE 48

__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t size, const char *format,
							 ...)
{
	size_t length = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + length, size - length, format, args);
	va_end(args);
}

/* Below a minute the unit stands off, as in the reasons of verdicts. */
static const char *format_span(int64_t ns, char buf[SPAN_SIZE])
{
	int64_t seconds = ns / (int64_t)NSEC_PER_SEC;

	if (seconds < 60)
		snprintf(buf, SPAN_SIZE, "%d s", (int)seconds);
	else
		duration_format(seconds, buf, SPAN_SIZE);
	return buf;
}

static void append_counts(const struct survey *survey, const enum verdict_kind *kinds, size_t n,
			  char *buf, size_t size)
{
	static const char *const words[VERDICT_KINDS] = {
		[VERDICT_ACTIVE] = "active",   [VERDICT_KEPT] = "kept",
		[VERDICT_AT_RISK] = "at risk", [VERDICT_OVERDUE] = "overdue",
		[VERDICT_DEAD] = "dead",
	};
	const char *separator = "";

	for (size_t i = 0; i < n; i++) {
		if (!survey->counts[kinds[i]])
			continue;
		append(buf, size, "%s%zu %s", separator, survey->counts[kinds[i]], words[kinds[i]]);
		separator = ", ";
	}
}

/* Those that need a person, the worst first; where there are none, the others. */
static void append_summary(const struct survey *survey, char *buf, size_t size)
{
	static const enum verdict_kind needy[] = {VERDICT_DEAD, VERDICT_OVERDUE, VERDICT_AT_RISK};
	static const enum verdict_kind well[] = {VERDICT_ACTIVE, VERDICT_KEPT};

	if (!survey->total)
		append(buf, size, "no SSH session%s",
		       survey->contained ? " in this container" : "");
	else if (survey->needy)
		append_counts(survey, needy, sizeof(needy) / sizeof(*needy), buf, size);
	else
		append_counts(survey, well, sizeof(well) / sizeof(*well), buf, size);
}

/* What there is to say of the session that the line names. */
static const char *format_what(enum subject subject, int64_t ns, char buf[WHAT_SIZE])
{
	static const char *const words[SUBJECTS] = {
		[SUBJECT_AT_RISK] = "cut in",	       [SUBJECT_NEXT_CUT] = "cut in",
		[SUBJECT_OVERDUE] = "silent for",      [SUBJECT_DEAD] = "no answer for",
		[SUBJECT_USER_IDLE] = "user idle for",
	};
	char span[SPAN_SIZE];

	if (ns == UNKNOWN_NS)
		return "no answer"; /* all others are named for their time */
	snprintf(buf, WHAT_SIZE, "%s %s", words[subject], format_span(ns, span));
	return buf;
}

/* Of UTF-8 that is valid. */
static size_t count_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* Names the session as fully as there is room for. */
static void append_subject(const char *user, const char *address, const char *what, char *buf,
			   size_t size)
{
	const char *const names[][3] = {
		{user, "@", address}, {address, "", ""}, {user, "", ""}, {"", "", ""}};
	size_t length = strlen(buf);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *const *name = names[i];

		buf[length] = 0;
		append(buf, size, " (%s%s%s%s%s)", name[0], name[1], name[2], *name[0] ? " " : "",
		       what);
		if (count_characters(buf) <= CHECK_COLUMNS)
			return;
	}
}

const char *check_format_status(enum outcome outcome, const struct survey *survey,
				enum subject subject, const char *user, const char *address,
				char *buf, size_t size)
{
	char clean[USER_SIZE], what[WHAT_SIZE];

	snprintf(buf, size, "SSHIDLE %s - ", plugin_state(outcome));
	append_summary(survey, buf, size);
	if (subject != SUBJECT_NONE)
		append_subject(plugin_clean(user, clean, sizeof(clean)), address,
			       format_what(subject, survey->extremes[subject].ns, what), buf, size);
	return buf;
}

static void append_range(bool is_there, const struct range *range, char *buf, size_t size)
{
	char text[RANGE_TEXT_SIZE];

	append(buf, size, ";%s", is_there ? range_format(range, text, sizeof(text)) : "");
}

const char *check_format_perfdata(const struct survey *survey, const struct thresholds *thresholds,
				  char *buf, size_t size)
{
	static const struct {
		const char *label;
		const char *unit; /* NULL: a number of sessions */
	} measures[MEASURES] = {
		[MEASURE_SESSIONS] = {"sessions", NULL},  [MEASURE_NEEDY] = {"needs_person", NULL},
		[MEASURE_AT_RISK] = {"at_risk", NULL},	  [MEASURE_OVERDUE] = {"overdue", NULL},
		[MEASURE_DEAD] = {"dead", NULL},	  [MEASURE_CUT_IN] = {"cut_in", "s"},
		[MEASURE_USER_IDLE] = {"user_idle", "s"},
	};

	*buf = 0;
	for (int i = 0; i < MEASURES; i++) {
		const struct threshold *threshold = &thresholds->of[i];
		const char *unit = measures[i].unit;
		double value = survey_measure(survey, i);

		if (isnan(value))
			continue;
		append(buf, size, "%s'%s'=%.*f%s", *buf ? " " : "", measures[i].label, unit ? 1 : 0,
		       value, unit ? unit : "");
		append_range(threshold->has_warning, &threshold->warning, buf, size);
		append_range(threshold->has_critical, &threshold->critical, buf, size);
		append(buf, size, ";0");
	}
	return buf;
}

const char *check_format_session(const struct row *row, char *buf, size_t size)
{
	const struct record_session *record = row->record, *owner = row_main_owner(row);
	char user[USER_SIZE], comm[COMM_SIZE], peer[ENDPOINT_TEXT_SIZE], span[SPAN_SIZE];
	char reason[REASON_SIZE];

	plugin_clean(owners_user(row->owners, owner->owner_uid), user, sizeof(user));
	plugin_clean(owner->comm, comm, sizeof(comm));
	endpoint_format(record->peer_addr, record->peer_port, peer, sizeof(peer));
	snprintf(buf, size, "%llu %s %s@%s %s[%u]", (unsigned long long)record->cookie,
		 verdict_name(row->verdict.kind), user, peer, comm, owner->owner_pid);
	if (row->verdict.cut_in > 0)
		append(buf, size, ", cut in %s", format_span(row->verdict.cut_in, span));
	if (row->facts.idle.user != UNKNOWN_NS)
		append(buf, size, ", user idle for %s", format_span(row->facts.idle.user, span));
	append(buf, size, ": %s",
	       judge_reason(&row->facts, &row->path, &row->verdict, reason, sizeof(reason)));
	return buf;
}
