// SPDX-License-Identifier: GPL-2.0-only
/* sshidle profiles: the known path timeouts. */
#include <errno.h>
#include <stdio.h>

#include "commands.h"
#include "duration.h"
#include "grid.h"
#include "json.h"
#include "profile.h"

static int print_json(void)
{
	struct json_object *document = json_make_object();
	struct json_object *list = json_make_array();
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_at(i)); i++) {
		struct json_object *object = json_make_object();

		json_set(object, "name", json_make_string(profile->name));
		json_set(object, "timeout_s", json_make_int(profile->timeout_s));
		json_set(object, "range", json_make_string(profile->range));
		json_set(object, "at_expiry", json_make_string(profile->at_expiry));
		json_set(object, "confidence", json_make_string(profile->confidence));
		json_set(object, "what", json_make_string(profile->what));
		json_append(list, object);
	}
	json_set(document, "schema", json_make_string("sshidle/1"));
	json_set(document, "profiles", list);
	return json_print(document, JSON_FORM_PRETTY);
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

static int print_table(const struct options *options)
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
	return err;
}

enum outcome command_profiles(const struct options *options)
{
	return command_printed(options->json ? print_json() : print_table(options));
}
