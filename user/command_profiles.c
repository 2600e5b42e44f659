// SPDX-License-Identifier: GPL-2.0-only
/* sshidle profiles: the known path timeouts. */
#include <json.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "duration.h"
#include "log.h"
#include "profile.h"

static enum outcome print_json(void)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_at(i)); i++) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "name", json_object_new_string(profile->name));
		json_object_object_add(object, "timeout_s",
				       json_object_new_int64(profile->timeout_s));
		json_object_object_add(object, "range", json_object_new_string(profile->range));
		json_object_object_add(object, "at_expiry",
				       json_object_new_string(profile->at_expiry));
		json_object_object_add(object, "confidence",
				       json_object_new_string(profile->confidence));
		json_object_object_add(object, "what", json_object_new_string(profile->what));
		json_object_array_add(list, object);
	}
	json_object_object_add(document, "schema", json_object_new_string("sshidle/1"));
	json_object_object_add(document, "profiles", list);
	puts(json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
	return OUTCOME_DONE;
}

static int add_line(struct libscols_table *table, const struct profile *profile)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char seconds[32], duration[DURATION_TEXT_SIZE];

	if (!line)
		return -1;
	snprintf(seconds, sizeof(seconds), "%llu", (unsigned long long)profile->timeout_s);
	duration_format(profile->timeout_s, duration, sizeof(duration));
	return scols_line_set_data(line, 0, profile->name) ||
	       scols_line_set_data(line, 1, seconds) || scols_line_set_data(line, 2, duration) ||
	       scols_line_set_data(line, 3, profile->range) ||
	       scols_line_set_data(line, 4, profile->at_expiry) ||
	       scols_line_set_data(line, 5, profile->confidence) ||
	       scols_line_set_data(line, 6, profile->what);
}

static int fill(struct libscols_table *table)
{
	static const struct {
		const char *name;
		int flags;
	} columns[] = { { "NAME", 0 },	     { "SECONDS", SCOLS_FL_RIGHT },
			{ "", SCOLS_FL_RIGHT }, { "RANGE", 0 },
			{ "AT-EXPIRY", 0 },     { "CONFIDENCE", 0 },
			{ "WHAT", SCOLS_FL_TRUNC } };
	const struct profile *profile;

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!scols_table_new_column(table, columns[i].name, 0, columns[i].flags))
			return -1;
	for (size_t i = 0; (profile = profile_at(i)); i++)
		if (add_line(table, profile))
			return -1;
	return 0;
}

static enum outcome print_table(const struct options *options)
{
	struct libscols_table *table = scols_new_table();
	int err = !table;

	if (!err)
		err = fill(table);
	if (!err) {
		scols_table_enable_noheadings(table, options->no_header);
		if (!isatty(STDOUT_FILENO))
			scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
		err = scols_print_table(table);
	}
	scols_unref_table(table);
	if (err)
		log_error("cannot print the table");
	return err ? OUTCOME_FAILED : OUTCOME_DONE;
}

enum outcome command_profiles(const struct options *options)
{
	return options->json ? print_json() : print_table(options);
}
