// SPDX-License-Identifier: GPL-2.0-only
/* sshidle profiles: the known path timeouts. */
#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "duration.h"
#include "grid.h"
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

static int add_line(struct libscols_table *grid, const struct profile *profile)
{
	char seconds[32], duration[DURATION_TEXT_SIZE];

	snprintf(seconds, sizeof(seconds), "%llu", (unsigned long long)profile->timeout_s);
	duration_format(profile->timeout_s, duration, sizeof(duration));
	return grid_add(grid, (const char *const[]){profile->name, seconds, duration,
						    profile->range, profile->at_expiry,
						    profile->confidence, profile->what});
}

static enum outcome print_table(const struct options *options)
{
	static const struct grid_column columns[] = {
		{"NAME", false},      {"SECONDS", true},     {"TIMEOUT", true}, {"RANGE", false},
		{"AT-EXPIRY", false}, {"CONFIDENCE", false}, {"WHAT", false},
	};
	struct libscols_table *grid =
		grid_new(columns, sizeof(columns) / sizeof(*columns), options->no_header);
	const struct profile *profile;
	int err = grid ? 0 : -ENOMEM;

	for (size_t i = 0; !err && (profile = profile_at(i)); i++)
		err = add_line(grid, profile);
	if (!err)
		err = grid_print(grid);
	grid_free(grid);
	if (err)
		log_error("cannot print the table: %s", strerror(-err));
	return command_outcome(err);
}

enum outcome command_profiles(const struct options *options)
{
	return options->json ? print_json() : print_table(options);
}
