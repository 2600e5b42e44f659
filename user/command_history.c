// SPDX-License-Identifier: GPL-2.0-only
/* sshidle history: how sessions ended, and what that taught about each path. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "duration.h"
#include "history_show.h"
#include "log.h"
#include "source.h"

static int read_deaths(const struct options *options, struct stream *ret)
{
	int err;

	if (options->from)
		return source_read_file(options->from, VIEW_DEATHS, ret);
	err = source_read_view(options->run_dir, VIEW_DEATHS, ret);
	if (err == -ENOENT)
		log_error("no recorder is attached at %s, so nobody saw how sessions ended: run "
			  "'sudo sshidle attach' once",
			  options->run_dir);
	return err;
}

/* A copy of "deaths" may have one of "paths" behind it. */
static int read_paths(const struct options *options, const struct stream *stream,
		      struct paths **ret)
{
	return options->from ? paths_make(stream, ret) : paths_read(options->run_dir, ret);
}

static void tell_limits(const struct options *options, const struct stream *stream,
			const struct deaths *deaths)
{
	if (stream_lacks(stream, RECORD_DEATH)) {
		log_note("%s: no copy of 'deaths', so nothing is known of how sessions ended",
			 options->from);
		return;
	}
	if (!deaths->n)
		log_note("no session %s%s", options->cuts ? "was cut" : "ended",
			 options->since ? " within that time" : " since the recorder was attached");
	if (deaths->missed)
		log_note("%llu older ends are no longer kept", (unsigned long long)deaths->missed);
}

static int show(const struct options *options, uint64_t since_s, const struct stream *stream)
{
	const struct record_start *start = stream_start(stream);
	uint64_t since_ns = since_s * NSEC_PER_SEC;
	struct paths *paths = NULL;
	struct deaths deaths = {};
	struct history history = {.start = start, .deaths = &deaths};
	int err = read_paths(options, stream, &paths);

	if (err)
		return err; /* told already */
	err = deaths_make(stream, &deaths);
	if (!err) {
		history.paths = paths;
		deaths_filter(&deaths,
			      since_s && start->now_ns > since_ns ? start->now_ns - since_ns : 0,
			      options->cuts);
		if (!options->json)
			tell_limits(options, stream, &deaths);
		err = options->json ? history_print_json(&history)
				    : history_print_words(options, &history);
	}
	log_memory(err);
	deaths_free(&deaths);
	paths_free(paths);
	return err;
}

enum outcome command_history(const struct options *options)
{
	struct stream stream = {};
	uint64_t since_s = 0;
	int err;

	if (command_duration("--since", options->since, DURATION_MAX_S, &since_s))
		return OUTCOME_USAGE;
	err = read_deaths(options, &stream);
	if (!err)
		err = show(options, since_s, &stream);
	stream_free(&stream);
	return command_outcome(err);
}
