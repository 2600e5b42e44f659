/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows records by every command that reads a copy, and looks at what they say. */
#ifndef SSHIDLE_TESTS_EVERYTHING_H
#define SSHIDLE_TESTS_EVERYTHING_H

#include <assert.h>
#include <json.h>
#include <limits.h>
#include <linux/types.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "../../user/commands.h"
#include "../../user/explain_show.h"
#include "../../user/field.h"
#include "../../user/log.h"
#include "../../user/plugin.h"

#define COLUMNS_SIZE 1024

static unsigned int sentences;
static bool blind; /* what explain() read last */

/* A plugin's sentence is its output; that of other commands is cleaned here in the same way. */
static inline void count_sentence(const char *sentence)
{
	sentences++;
	plugin_print_unknown(sentence);
}

/* Whether it is UTF-8 as the C library knows it, without a control character but newlines. */
static inline bool is_clean(const char *text, size_t size)
{
	const char *end = text + size;
	mbstate_t state = {};
	wchar_t c;

	while (text < end) {
		size_t length = mbrtowc(&c, text, end - text, &state);

		if (!length || length > MB_LEN_MAX || (iswcntrl(c) && c != L'\n'))
			return false;
		text += length;
	}
	return true;
}

/* JSON_TOKENER_STRICT of json-c 0.18 refuses all but ASCII (json-c#875). */
static inline int tokener_flags(void)
{
	const int minor = json_c_version_num() >> 8;

	return JSON_TOKENER_VALIDATE_UTF8 | (minor == 18 ? 0 : JSON_TOKENER_STRICT);
}

static inline bool is_json(const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	bool whole;

	assert(tokener);
	json_tokener_set_flags(tokener, tokener_flags());
	object = json_tokener_parse_ex(tokener, text, size);
	whole = object && json_tokener_get_error(tokener) == json_tokener_success;
	json_object_put(object);
	json_tokener_free(tokener);
	return whole;
}

/* One command, whose output is clean; it has data or one sentence. */
static inline enum outcome show(enum outcome (*command)(const struct options *options),
				const struct options *options)
{
	FILE *console = stdout;
	char *text = NULL;
	size_t size = 0;
	enum outcome outcome;

	stdout = open_memstream(&text, &size);
	assert(stdout);
	sentences = 0;
	outcome = command(options);
	assert(!fclose(stdout));
	stdout = console;
	assert(outcome != OUTCOME_USAGE && outcome != OUTCOME_TOLD);
	assert(sentences == (outcome == OUTCOME_FAILED));
	assert(is_clean(text, size));
	assert(!options->json || outcome == OUTCOME_FAILED || is_json(text, size));
	free(text);
	return outcome;
}

/* As command_explain() of all sessions, whose ids are not known here. */
static inline enum outcome explain(const struct options *options)
{
	struct explanation explanation;
	struct policy policy;
	struct report report;
	enum outcome outcome = command_policy(options, &policy);

	assert(outcome == OUTCOME_DONE);
	if (report_make(options, &policy, &report))
		return OUTCOME_FAILED;
	for (size_t i = 0; i < report.sessions.n; i++) {
		struct json_object *json;
		const char *text;

		explanation_make(&report, i, options, &explanation);
		assert(!explanation_print_text(&explanation, stdout, 0));
		json = explanation_new_json(&explanation);
		text = json_object_to_json_string(json);
		assert(is_json(text, strlen(text)) && is_clean(text, strlen(text)));
		json_object_put(json);
	}
	blind = report.blind;
	report_free(&report);
	policy_free(&policy);
	return OUTCOME_DONE;
}

static inline const char *all_columns(void)
{
	static char columns[COLUMNS_SIZE];
	const struct field *field;

	if (!*columns)
		for (size_t i = 0; (field = field_at(i)); i++)
			if (field->column)
				strcat(strcat(columns, *columns ? "," : ""), field->column);
	return columns;
}

/*
 * Whether commands took size bytes for records: those that show sessions must be of one mind, and
 * so must those that show how they ended.
 */
static inline bool show_everything(const void *bytes, size_t size)
{
	struct options options = {.config = "/dev/null", .color = COLOR_NEVER, .verbose = true};
	int fd = memfd_create("records", MFD_CLOEXEC);
	char path[32];
	bool taken, ends;

	assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.from = path;
	setlocale(LC_CTYPE, "C.UTF-8");
	log_set_sink(count_sentence);
	options.columns = all_columns();
	taken = show(command_list, &options) == OUTCOME_DONE;
	options.columns = NULL;
	assert((show(explain, &options) == OUTCOME_DONE) == taken);
	/* These give no number for what they cannot see. */
	assert((show(command_check, &options) != OUTCOME_FAILED) == (taken && !blind));
	alarm(0); /* which that has set */
	options.per_session = "9";
	assert((show(command_metrics, &options) == OUTCOME_DONE) == (taken && !blind));
	ends = show(command_history, &options) == OUTCOME_DONE;
	options.json = true;
	assert((show(command_history, &options) == OUTCOME_DONE) == ends);
	assert((show(command_list, &options) == OUTCOME_DONE) == taken);
	log_set_sink(NULL);
	close(fd);
	return taken || ends;
}

#endif
