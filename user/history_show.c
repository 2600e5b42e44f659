// SPDX-License-Identifier: GPL-2.0-only
/* Shows obituaries, and what they taught about each path, as a table or JSON. */
#include "history_show.h"

#include <errno.h>
#include <stdio.h>

#include "death_field.h"
#include "duration.h"
#include "grid.h"
#include "json.h"

#define COLUMNS_MAX 16 /* more than there are fields with a column */
#define MSEC_PER_SEC 1e3

static struct libscols_table *new_grid(bool no_header)
{
	struct grid_column columns[COLUMNS_MAX];
	const struct death_field *field;
	size_t n = 0;

	for (size_t i = 0; (field = death_field_at(i)); i++)
		if (field->column && n < COLUMNS_MAX)
			columns[n++] = (struct grid_column){field->column, field->right};
	return grid_new(columns, n, no_header);
}

static int add_line(struct libscols_table *grid, const struct death_row *row)
{
	struct value values[COLUMNS_MAX];
	const char *texts[COLUMNS_MAX];
	const struct death_field *field;
	size_t n = 0;

	for (size_t i = 0; (field = death_field_at(i)); i++) {
		if (!field->column || n == COLUMNS_MAX)
			continue;
		values[n].type = VALUE_UNKNOWN;
		field->get(row, &values[n]);
		texts[n] = value_for_people(&values[n]);
		n++;
	}
	return grid_add(grid, texts);
}

static int print_deaths(const struct options *options, const struct history *history)
{
	struct libscols_table *grid = new_grid(options->no_header);
	int err = grid ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < history->deaths->n; i++)
		err = add_line(grid, &(struct death_row){history->start, history->deaths->list[i]});
	if (!err)
		err = grid_print(grid);
	grid_free(grid);
	return err;
}

/* ": fits aws-nat-gateway, aws-nlb (350 s)" */
static void print_fits(const struct cluster *cluster)
{
	const struct profile *profile;
	unsigned long long timeout_s = 0;

	for (size_t i = 0; (profile = profile_at(i)); i++) {
		if (!cluster_fits(cluster, profile))
			continue;
		if (timeout_s && timeout_s != profile->timeout_s)
			printf(" (%llu s)", timeout_s);
		printf("%s%s", timeout_s ? ", " : ": fits ", profile->name);
		timeout_s = profile->timeout_s;
	}
	if (timeout_s)
		printf(" (%llu s)", timeout_s);
	else
		printf(": fits no known profile");
}

/* What speaks against it. */
static void print_refutation(const struct cluster *cluster)
{
	if (!expiry_is_spoken(cluster->expiry)) {
		if (cluster->passed_longer)
			printf("; yet longer silences passed %u times", cluster->passed_longer);
		return;
	}
	if (!cluster->passed_since)
		return;
	if (cluster->recent && cluster->recent < cluster->n)
		printf("; yet since the first of the last %u", cluster->recent);
	else
		printf("; yet since then");
	printf(" silences %s passed %u times%s",
	       cluster->expiry == EXPIRY_SILENT ? "as long" : "that were longer",
	       cluster->passed_since, cluster->passed_since == PASSED_SINCE_MAX ? " or more" : "");
}

static void print_cluster(const struct taught_path *path, const struct cluster *cluster)
{
	char prefix[PREFIX_TEXT_SIZE];
	double least_s = cluster->least_ms / MSEC_PER_SEC;
	double most_s = cluster->most_ms / MSEC_PER_SEC;

	printf("%s: %u of %u cuts after %.1f to %.1f s of silence, %s",
	       prefix_format(&path->prefix, prefix, sizeof(prefix)), cluster->n, cluster->of,
	       least_s, most_s, expiry_words(cluster->expiry));
	print_fits(cluster);
	if (cluster->passed_below_ms)
		printf("; %.1f s passed", cluster->passed_below_ms / MSEC_PER_SEC);
	print_refutation(cluster);
	putchar('\n');
}

static void print_clusters(const struct paths *paths)
{
	struct cluster clusters[CLUSTERS_MAX];
	const struct taught_path *path;
	bool any = false;

	for (size_t i = 0; (path = paths_at(paths, i)); i++) {
		size_t n = lesson_clusters(&path->lesson, clusters);

		if (n && !any)
			putchar('\n');
		for (size_t j = 0; j < n; j++)
			print_cluster(path, &clusters[j]);
		any |= n > 0;
	}
}

int history_print_words(const struct options *options, const struct history *history)
{
	int err = history->deaths->n ? print_deaths(options, history) : 0;

	if (!err)
		print_clusters(history->paths);
	return err;
}

static struct json_object *from_seconds(uint32_t ms)
{
	return ms ? json_make_double(ms / MSEC_PER_SEC) : NULL;
}

static struct json_object *from_fits(const struct cluster *cluster)
{
	struct json_object *fits = json_make_array();
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_at(i)); i++)
		if (cluster_fits(cluster, profile))
			json_append(fits, json_make_string(profile->name));
	return fits;
}

static struct json_object *from_cluster(const struct taught_path *path,
					const struct cluster *cluster)
{
	struct json_object *object = json_make_object();
	char prefix[PREFIX_TEXT_SIZE];

	json_set(object, "prefix",
		 json_make_string(prefix_format(&path->prefix, prefix, sizeof(prefix))));
	json_set(object, "cuts", json_make_int(cluster->n));
	json_set(object, "of", json_make_int(cluster->of));
	json_set(object, "least_s", from_seconds(cluster->least_ms));
	json_set(object, "most_s", from_seconds(cluster->most_ms));
	json_set(object, "at_expiry", json_make_string(expiry_name(cluster->expiry)));
	json_set(object, "passed_s", from_seconds(cluster->passed_below_ms));
	json_set(object, "longer_passed", json_make_int(cluster->passed_longer));
	json_set(object, "passed_since", json_make_int(cluster->passed_since));
	json_set(object, "recent", json_make_int(cluster->recent));
	json_set(object, "credible", json_make_bool(cluster_is_credible(cluster)));
	json_set(object, "fits", from_fits(cluster));
	return object;
}

static struct json_object *from_paths(const struct paths *paths)
{
	struct json_object *array = json_make_array();
	struct cluster clusters[CLUSTERS_MAX];
	const struct taught_path *path;

	for (size_t i = 0; (path = paths_at(paths, i)); i++) {
		size_t n = lesson_clusters(&path->lesson, clusters);

		for (size_t j = 0; j < n; j++)
			json_append(array, from_cluster(path, &clusters[j]));
	}
	return array;
}

int history_print_json(const struct history *history)
{
	struct json_object *document = json_new_document(history->start);
	struct json_object *deaths = json_make_array();

	for (size_t i = 0; i < history->deaths->n; i++)
		json_append(deaths, json_new_death(&(struct death_row){history->start,
								       history->deaths->list[i]}));
	json_set(document, "deaths", deaths);
	json_set(document, "clusters", from_paths(history->paths));
	json_set(document, "missed", json_make_int(history->deaths->missed));
	return json_print(document, JSON_FORM_LINE);
}
