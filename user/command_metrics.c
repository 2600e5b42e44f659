// SPDX-License-Identifier: GPL-2.0-only
/* sshidle metrics: Prometheus text exposition, to standard output or a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "commands.h"
#include "log.h"
#include "metrics_show.h"
#include "number.h"
#include "report.h"
#include "save.h"

#define TEXTFILE_MODE 0644 /* for node_exporter, which is nobody */

/* Every session is some ten series; a server of Prometheus bears many, but not any number. */
#define PER_SESSION_MAX 10000

static int parse_per_session(const char *text, size_t *ret)
{
	const char *rest = text;
	uint64_t n = 0;

	if (text && (number_read(&rest, PER_SESSION_MAX, &n) || *rest || !n)) {
		log_error("--per-session \"%s\" is no such number; allowed are 1 to %d", text,
			  PER_SESSION_MAX);
		return -EINVAL;
	}
	*ret = n;
	return 0;
}

/* The old file stays until all of the new one is on the disk. */
static int write_textfile(const char *path, char *text, size_t size)
{
	struct iovec all = {text, size};
	int err = save_file(path, TEXTFILE_MODE, &all, 1);

	if (err)
		log_error("--textfile %s: cannot write it: %s", path, save_words(err));
	return err;
}

static int write_metrics(const struct options *options, const struct report *report,
			 const struct metrics *metrics, size_t n_sessions)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	FILE *out = options->textfile ? open_memstream(&text, &size) : stdout;
	struct exposition exposition = {out, options->openmetrics};
	bool failed;

	if (!out)
		return log_memory(-ENOMEM);
	metrics_write(&exposition, report, metrics, n_sessions);
	if (!options->textfile)
		return 0;
	failed = ferror(out);
	if (fclose(out) || failed)
		return log_memory(-ENOMEM);
	return write_textfile(options->textfile, text, size);
}

static int show(const struct options *options, size_t n_sessions, struct report *report)
{
	struct metrics metrics;
	int err = n_sessions ? report_sort(report) : 0;

	if (err)
		return err;
	if (metrics_make(report, &metrics))
		return log_memory(-ENOMEM);
	err = write_metrics(options, report, &metrics, n_sessions);
	metrics_free(&metrics);
	return err;
}

enum outcome command_metrics(const struct options *options)
{
	struct report report;
	struct policy policy;
	enum outcome outcome;
	size_t n_sessions;
	int err;

	if (parse_per_session(options->per_session, &n_sessions))
		return OUTCOME_USAGE;
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	err = report_read(options, &policy, &report);
	if (!err) {
		err = report_check_seen(&report);
		if (!err)
			err = show(options, n_sessions, &report);
		report_free(&report);
	}
	policy_free(&policy);
	return command_outcome(err);
}
