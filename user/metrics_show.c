// SPDX-License-Identifier: GPL-2.0-only
/* The one table of metrics, which feeds both formats. */
#include "metrics_show.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "deaths.h"
#include "wall.h"

#define RECORDS_SIZE 16
#define ID_SIZE 24
#define COMM_SIZE (COMM_LEN + 1)

/* Where the samples of a family go, and what they are made of. */
struct writer {
	const struct exposition *exposition;
	const struct metric_family *family;
	const struct report *report;
	const struct metrics *metrics;
};

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {}})

static void put_count(const struct writer *writer, const struct metric_label *labels,
		      uint64_t count)
{
	exposition_count(writer->exposition, writer->family, labels, count);
}

static void put_seconds(const struct writer *writer, const struct metric_label *labels,
			double seconds)
{
	if (!isnan(seconds))
		exposition_seconds(writer->exposition, writer->family, labels, seconds);
}

static const struct record_start *start_of(const struct writer *writer)
{
	return stream_start(&writer->report->sessions.stream);
}

/* What only a recorder counts is unknown without one: a 0 would be a claim. */
static void put_counter(const struct writer *writer, const struct metric_label *labels,
			enum counter counter)
{
	const struct record_start *start = start_of(writer);

	if (start->attached_ns)
		exposition_counter(writer->exposition, writer->family, labels,
				   start->counters[counter],
				   start->counters[COUNTER_BEGAN_NS] / 1e9);
}

static void write_build(const struct writer *writer)
{
	char records[RECORDS_SIZE];

	snprintf(records, sizeof(records), "%d", RECORD_ABI);
	put_count(writer, LABELS({"version", SSHIDLE_VERSION}, {"records_version", records}), 1);
}

static void write_last_run(const struct writer *writer)
{
	put_seconds(writer, NULL, start_of(writer)->wall_ns / 1e9);
}

static void write_attached(const struct writer *writer)
{
	put_count(writer, NULL, writer->report->attached);
}

static void write_since(const struct writer *writer)
{
	const struct record_start *start = start_of(writer);

	if (start->attached_ns)
		put_seconds(writer, NULL, wall_at(start, start->attached_ns) / 1e9);
}

static void write_tracked(const struct writer *writer)
{
	put_count(writer, NULL, writer->metrics->tracked);
}

static void write_lost(const struct writer *writer)
{
	put_counter(writer, NULL, COUNTER_LOST);
}

static void write_seen(const struct writer *writer)
{
	put_counter(writer, NULL, COUNTER_OPENED);
}

static void write_deaths(const struct writer *writer)
{
	for (int cause = 0; cause < END_CAUSES; cause++)
		put_counter(writer, LABELS({"cause", cause_name(cause)}), COUNTER_CAUSE + cause);
}

static void write_sessions(const struct writer *writer)
{
	for (int role = 0; role < ROLES; role++)
		for (int kind = 0; kind < VERDICT_KINDS; kind++)
			put_count(writer,
				  LABELS({"role", role_name(role)},
					 {"verdict", verdict_name(kind)}),
				  writer->metrics->counts[role][kind]);
}

static void write_keepalives(const struct writer *writer)
{
	put_count(writer, NULL, writer->metrics->keepalives_set);
}

static void write_wire_idle(const struct writer *writer)
{
	exposition_histogram(writer->exposition, writer->family, metrics_bounds_s,
			     writer->metrics->wire_idle, METRICS_BUCKETS,
			     writer->metrics->wire_idle_sum_s);
}

static void write_cut_in(const struct writer *writer)
{
	put_seconds(writer, NULL, survey_measure(&writer->metrics->survey, MEASURE_CUT_IN));
}

static void put_path_timeout(const struct writer *writer, const struct path_metrics *path,
			     const char *prefix)
{
	put_seconds(writer, LABELS({"prefix", prefix}, {"source", path_source_name(path->source)}),
		    path->timeout_ns / 1e9);
}

static void put_path_sessions(const struct writer *writer, const struct path_metrics *path,
			      const char *prefix)
{
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		put_count(writer, LABELS({"prefix", prefix}, {"verdict", verdict_name(kind)}),
			  path->counts[kind]);
}

static void put_path_fatal(const struct writer *writer, const struct path_metrics *path,
			   const char *prefix)
{
	if (writer->report->paths)
		exposition_counter(writer->exposition, writer->family, LABELS({"prefix", prefix}),
				   path->cut, path->began_s);
}

static void put_path_deaths(const struct writer *writer, const struct path_metrics *path,
			    const char *prefix)
{
	if (!writer->report->paths)
		return;
	for (int cause = 0; cause < END_CAUSES; cause++)
		exposition_counter(writer->exposition, writer->family,
				   LABELS({"prefix", prefix}, {"cause", cause_name(cause)}),
				   path->ended[cause], path->began_s);
}

static void for_each_path(const struct writer *writer,
			  void (*put)(const struct writer *writer, const struct path_metrics *path,
				      const char *prefix))
{
	char prefix[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < writer->metrics->n_paths; i++) {
		const struct path_metrics *path = &writer->metrics->paths[i];

		put(writer, path, prefix_format(&path->prefix, prefix, sizeof(prefix)));
	}
}

static void write_path_timeout(const struct writer *writer)
{
	for_each_path(writer, put_path_timeout);
}

static void write_path_sessions(const struct writer *writer)
{
	for_each_path(writer, put_path_sessions);
}

static void write_path_fatal(const struct writer *writer)
{
	for_each_path(writer, put_path_fatal);
}

static void write_path_deaths(const struct writer *writer)
{
	for_each_path(writer, put_path_deaths);
}

static void write_left_out(const struct writer *writer)
{
	put_count(writer, NULL, writer->metrics->paths_left_out);
}

/* clang-format off */
static const struct {
	struct metric_family family;
	void (*write)(const struct writer *writer);
} table[] = {
	{ { "sshidle_build", METRIC_INFO, NULL, "The program that wrote this." }, write_build },
	{ { "sshidle_last_run_timestamp_seconds", METRIC_GAUGE, "seconds",
	    "When the sessions were read." }, write_last_run },
	{ { "sshidle_recorder_attached", METRIC_GAUGE, NULL,
	    "Whether a whole recorder is attached: without one silences are upper bounds." },
	  write_attached },
	{ { "sshidle_recorder_attached_timestamp_seconds", METRIC_GAUGE, "seconds",
	    "When the recorder was attached." }, write_since },
	{ { "sshidle_recorder_tracked_sessions", METRIC_GAUGE, NULL,
	    "Sessions of which the recorder keeps a history." }, write_tracked },
	{ { "sshidle_recorder_lost", METRIC_COUNTER, NULL,
	    "Flows and events that the recorder could not keep." }, write_lost },
	{ { "sshidle_sessions_seen", METRIC_COUNTER, NULL,
	    "Sessions of which the recorder began a history." }, write_seen },
	{ { "sshidle_deaths", METRIC_COUNTER, NULL, "Sessions that ended, by cause." },
	  write_deaths },
	{ { "sshidle_sessions", METRIC_GAUGE, NULL,
	    "Sessions, by the end that this host is, and by verdict." }, write_sessions },
	{ { "sshidle_keepalives_set", METRIC_GAUGE, NULL,
	    "Sessions whose TCP keepalive sshidle has set." }, write_keepalives },
	{ { "sshidle_wire_idle_seconds", METRIC_GAUGE_HISTOGRAM, "seconds",
	    "Silence of each session: since its last inbound segment." }, write_wire_idle },
	{ { "sshidle_least_cut_in_seconds", METRIC_GAUGE, "seconds",
	    "Until the path forgets the next session if nothing speaks, 0 while one is overdue." },
	  write_cut_in },
	{ { "sshidle_path_timeout_seconds", METRIC_GAUGE, "seconds",
	    "Silence after which the path to a prefix of peers forgets, and who says so." },
	  write_path_timeout },
	{ { "sshidle_path_sessions", METRIC_GAUGE, NULL,
	    "Sessions with peers of a prefix, by verdict." }, write_path_sessions },
	{ { "sshidle_path_fatal_silences", METRIC_COUNTER, NULL,
	    "Silences of 4 s and more after which a session with a peer of a prefix was cut." },
	  write_path_fatal },
	{ { "sshidle_path_deaths", METRIC_COUNTER, NULL,
	    "Sessions with peers of a prefix that ended, by cause." }, write_path_deaths },
	{ { "sshidle_paths_left_out", METRIC_GAUGE, NULL,
	    "Prefixes of peers beyond the 100 that are told." }, write_left_out },
};
/* clang-format on */

static void write_session(const struct writer *writer, const struct row *row, const char *id)
{
	const struct record_session *owner = row_main_owner(row);
	char peer[ENDPOINT_TEXT_SIZE], comm[COMM_SIZE] = "";

	endpoint_format(row->record->peer_addr, row->record->peer_port, peer, sizeof(peer));
	memcpy(comm, owner->comm, COMM_LEN);
	put_count(writer,
		  LABELS({"session", id}, {"role", role_name(row->facts.role)},
			 {"user", owners_user(row->owners, owner->owner_uid)}, {"peer", peer},
			 {"comm", comm}),
		  1);
}

static void write_session_verdict(const struct writer *writer, const struct row *row,
				  const char *id)
{
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		put_count(writer,
			  LABELS({"session", id}, {writer->family->name, verdict_name(kind)}),
			  (int)row->verdict.kind == kind);
}

static void write_session_wire(const struct writer *writer, const struct row *row, const char *id)
{
	put_seconds(writer, LABELS({"session", id}), ns_to_seconds(row->facts.idle.wire));
}

static void write_session_user(const struct writer *writer, const struct row *row, const char *id)
{
	put_seconds(writer, LABELS({"session", id}), ns_to_seconds(row->facts.idle.user));
}

static void write_session_cut_in(const struct writer *writer, const struct row *row, const char *id)
{
	put_seconds(writer, LABELS({"session", id}), ns_to_seconds(row->verdict.cut_in));
}

/* clang-format off */
static const struct {
	struct metric_family family;
	void (*write)(const struct writer *writer, const struct row *row, const char *id);
} session_table[] = {
	{ { "sshidle_session", METRIC_INFO, NULL, "A session, and who holds it." },
	  write_session },
	{ { "sshidle_session_verdict", METRIC_STATESET, NULL, "The verdict on a session." },
	  write_session_verdict },
	{ { "sshidle_session_wire_idle_seconds", METRIC_GAUGE, "seconds",
	    "Silence of a session: since its last inbound segment." }, write_session_wire },
	{ { "sshidle_session_user_idle_seconds", METRIC_GAUGE, "seconds",
	    "Since the last payload of a session that was no keepalive." }, write_session_user },
	{ { "sshidle_session_cut_in_seconds", METRIC_GAUGE, "seconds",
	    "Until the path forgets a session if nothing speaks." }, write_session_cut_in },
};
/* clang-format on */

static void write_series(const struct exposition *exposition, const struct report *report, size_t n)
{
	struct writer writer = {.exposition = exposition, .report = report};
	char id[ID_SIZE];
	struct row row;

	for (size_t i = 0; n && i < sizeof(session_table) / sizeof(*session_table); i++) {
		writer.family = &session_table[i].family;
		exposition_family(exposition, writer.family);
		for (size_t j = 0; j < n && j < report->sessions.n; j++) {
			report_row(report, j, &row);
			snprintf(id, sizeof(id), "%" PRIu64, (uint64_t)row.record->cookie);
			session_table[i].write(&writer, &row, id);
		}
	}
}

void metrics_write(const struct exposition *exposition, const struct report *report,
		   const struct metrics *metrics, size_t n_sessions)
{
	struct writer writer = {exposition, NULL, report, metrics};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		writer.family = &table[i].family;
		exposition_family(exposition, writer.family);
		table[i].write(&writer);
	}
	write_series(exposition, report, n_sessions);
	exposition_end(exposition);
}
