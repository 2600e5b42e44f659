// SPDX-License-Identifier: GPL-2.0-only
/* Shows what can end a session, what keeps it and what to do, as text or JSON. */
#include "explain_show.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "duration.h"
#include "grid.h"
#include "json.h"
#include "utf8.h"

#define DEFAULT_WIDTH 80
#define LINE_SIZE MEND_SIZE
#define FIRES_SIZE 64
#define LABEL_WIDTH 8 /* "Keepers:" */

/* Where the text goes. */
struct page {
	FILE *out;
	size_t width;	    /* of words */
	size_t table_width; /* 0: of the terminal that out is, or as the table wants */
};

/* A word, and the unit behind it: "20 s" is not broken. */
static int length_of_word(const char *text)
{
	int length = strcspn(text, " ");

	return !strncmp(text + length, " s", 2) && !isalnum(text[length + 2])
		       ? length + 1 + (int)strcspn(text + length + 1, " ")
		       : length;
}

/* Words, a blank between each two, broken before the width; later lines stand under the first. */
static void print_wrapped(const struct page *page, const char *label, const char *text)
{
	int column = fprintf(page->out, "%-*s", LABEL_WIDTH, label);

	while (*text) {
		int length = length_of_word(text);

		if (column > LABEL_WIDTH && column + 1 + length > (int)page->width)
			column = fprintf(page->out, "\n%*s", LABEL_WIDTH, "") - 1;
		column += fprintf(page->out, " %.*s", length, text);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', page->out);
}

static void print_head(const struct page *page, const struct row *row)
{
	const struct record_session *record = row->record;
	char local[ENDPOINT_TEXT_SIZE], peer[ENDPOINT_TEXT_SIZE], silent[DURATION_TEXT_SIZE];
	char user[3 * OWNER_USER_SIZE], reason[REASON_SIZE], line[LINE_SIZE];
	const char *raw = owners_user(row->owners, row_main_owner(row)->owner_uid);

	utf8_clean(raw, strlen(raw), user, sizeof(user));
	endpoint_format(record->local_addr, record->local_port, local, sizeof(local));
	endpoint_format(record->peer_addr, record->peer_port, peer, sizeof(peer));
	snprintf(line, sizeof(line), "%" PRIu64 ", %s, %s %s, peer %s", (uint64_t)record->cookie,
		 user, role_name(row->facts.role), local, peer);
	print_wrapped(page, "Session:", line);
	duration_format(ns_to_seconds(row->facts.idle.wire), silent, sizeof(silent));
	judge_reason(&row->facts, &row->path, &row->verdict, reason, sizeof(reason));
	if (row->verdict.kind == VERDICT_OVERDUE) /* its reason is the silence */
		snprintf(line, sizeof(line), "%s: %s", verdict_name(row->verdict.kind), reason);
	else
		snprintf(line, sizeof(line), "%s, silent for %s: %s",
			 verdict_name(row->verdict.kind), silent, reason);
	print_wrapped(page, "State:", line);
}

/* "in 2m18s if nothing is sent", "20m00s after the last answer". */
static const char *fires_text(const struct limit *limit, char *buf, size_t size)
{
	char time[DURATION_TEXT_SIZE];

	if (!limit->fires_in)
		snprintf(buf, size, "now, %s", limit->condition);
	else if (limit->fires_in != UNKNOWN_NS)
		snprintf(buf, size, "in %s %s",
			 duration_format(ns_to_seconds(limit->fires_in), time, sizeof(time)),
			 limit->condition);
	else
		snprintf(buf, size, "%s %s",
			 duration_format(ns_to_seconds(limit->after), time, sizeof(time)),
			 limit->condition);
	return buf;
}

static int add_line(struct libscols_table *grid, const struct limit *limit)
{
	char value[DURATION_TEXT_SIZE], fires[FIRES_SIZE];

	return grid_add(grid, (const char *const[]){limit->name,
						    duration_format(ns_to_seconds(limit->value),
								    value, sizeof(value)),
						    fires_text(limit, fires, sizeof(fires)),
						    limit->source});
}

static int print_in_force(const struct page *page, const struct limits *limits)
{
	static const struct grid_column columns[] = {
		{"LIMIT", false}, {"VALUE", true}, {"ENDS IT", false}, {"READ FROM", false}};
	struct libscols_table *grid = grid_new(columns, sizeof(columns) / sizeof(*columns), false);
	int err = grid ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < limits->n; i++)
		if (limits->list[i].state == LIMIT_IN_FORCE)
			err = add_line(grid, &limits->list[i]);
	if (!err)
		err = page->table_width ? grid_print_to(grid, page->out, page->table_width)
					: grid_print(grid);
	grid_free(grid);
	return err;
}

/* What a person should know about a limit that is in force. */
static void print_notes(const struct page *page, const struct limits *limits)
{
	const char *label = "Note:";
	char line[LINE_SIZE];

	for (size_t i = 0; i < limits->n; i++) {
		const struct limit *limit = &limits->list[i];

		if (limit->state != LIMIT_IN_FORCE || !limit->note[0])
			continue;
		snprintf(line, sizeof(line), "%s: %s", limit->name, limit->note);
		print_wrapped(page, label, line);
		label = "";
	}
}

static void print_off(const struct page *page, const struct limits *limits)
{
	char line[LINE_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < limits->n && used < sizeof(line); i++)
		if (limits->list[i].state == LIMIT_OFF)
			used += snprintf(line + used, sizeof(line) - used, "%s%s (%s)",
					 used ? ", " : "", limits->list[i].name,
					 limits->list[i].note);
	if (used)
		print_wrapped(page, "Off:", line);
}

static bool same_unreadable(const struct limit *a, const struct limit *b)
{
	return a->state == LIMIT_UNREADABLE && b->state == LIMIT_UNREADABLE &&
	       !strcmp(a->note, b->note);
}

static bool was_named(const struct limits *limits, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (same_unreadable(&limits->list[j], &limits->list[i]))
			return true;
	return false;
}

/* Those that are unreadable for one reason, as all that sshd tells, are named together. */
static void print_unreadable(const struct page *page, const struct limits *limits)
{
	const char *label = "Unknown:";
	char line[LINE_SIZE];

	for (size_t i = 0; i < limits->n; i++) {
		const struct limit *limit = &limits->list[i];
		size_t used = 0;

		if (limit->state != LIMIT_UNREADABLE || was_named(limits, i))
			continue;
		for (size_t j = i; j < limits->n; j++)
			if (same_unreadable(&limits->list[j], limit))
				used += snprintf(line + used, sizeof(line) - used, "%s%s",
						 used ? ", " : "", limits->list[j].name);
		snprintf(line + used, sizeof(line) - used, ": %s", limit->note);
		print_wrapped(page, label, line);
		label = "";
	}
}

static void print_keeping(const struct page *page, const char *label, const struct keeping *keeping)
{
	char line[LINE_SIZE], period[FIRES_SIZE] = "";

	if (keeping->period != UNKNOWN_NS && keeping->slack)
		snprintf(period, sizeof(period), " every %.0f s and up to %.0f s late, too slow",
			 ns_to_seconds(keeping->period), ns_to_seconds(keeping->slack));
	else if (keeping->period != UNKNOWN_NS)
		snprintf(period, sizeof(period), " every %.0f s%s", ns_to_seconds(keeping->period),
			 keeping->in_time ? ""
			 : keeping->late  ? ", but late now"
					  : ", slower than the path");
	snprintf(line, sizeof(line), "%s from %s%s: %s", keeping->name,
		 strcmp(keeping->from, "us") ? "the peer" : "us", period, keeping->note);
	print_wrapped(page, label, line);
}

static void print_keepers(const struct page *page, const struct keepers *keepers)
{
	if (!keepers->n)
		print_wrapped(page, "Keepers:", "none");
	for (size_t i = 0; i < keepers->n; i++)
		print_keeping(page, i ? "" : "Keepers:", &keepers->list[i]);
}

int explanation_print_text(const struct explanation *explanation, FILE *out, size_t width)
{
	const struct page page = {out, width ? width : DEFAULT_WIDTH, width};
	int err;

	print_head(&page, &explanation->row);
	fputc('\n', out);
	err = print_in_force(&page, &explanation->limits);
	fputc('\n', out);
	print_notes(&page, &explanation->limits);
	print_off(&page, &explanation->limits);
	print_unreadable(&page, &explanation->limits);
	print_keepers(&page, &explanation->keepers);
	print_wrapped(&page, "Mend:", explanation->mend);
	return err;
}

/* An empty text is null. */
static struct json_object *from_text(const char *text)
{
	return text && *text ? json_make_string(text) : NULL;
}

static struct json_object *from_ns(int64_t ns)
{
	return ns == UNKNOWN_NS ? NULL : json_make_double(ns_to_seconds(ns));
}

static struct json_object *from_limit(const struct limit *limit)
{
	struct json_object *object = json_make_object();

	json_set(object, "name", json_make_string(limit->name));
	json_set(object, "value_s", from_ns(limit->value));
	json_set(object, "fires_in_s", from_ns(limit->fires_in));
	json_set(object, "after_s", from_ns(limit->after));
	json_set(object, "condition", from_text(limit->condition));
	json_set(object, "source", from_text(limit->source));
	json_set(object, "readable", json_make_bool(limit->state != LIMIT_UNREADABLE));
	json_set(object, "note", from_text(limit->note));
	return object;
}

static struct json_object *from_keeping(const struct keeping *keeping)
{
	struct json_object *object = json_make_object();

	json_set(object, "name", json_make_string(keeping->name));
	json_set(object, "from", json_make_string(keeping->from));
	json_set(object, "period_s", from_ns(keeping->period));
	json_set(object, "configured_s", from_ns(keeping->configured));
	json_set(object, "in_time", json_make_bool(keeping->in_time));
	json_set(object, "note", from_text(keeping->note));
	return object;
}

struct json_object *explanation_new_json(const struct explanation *explanation)
{
	struct json_object *object = json_make_object();
	struct json_object *limits = json_make_array(), *keepers = json_make_array();

	for (size_t i = 0; i < explanation->limits.n; i++)
		json_append(limits, from_limit(&explanation->limits.list[i]));
	for (size_t i = 0; i < explanation->keepers.n; i++)
		json_append(keepers, from_keeping(&explanation->keepers.list[i]));
	json_set(object, "session", json_new_session(&explanation->row));
	json_set(object, "limits", limits);
	json_set(object, "keepers", keepers);
	json_set(object, "mend", json_make_string(explanation->mend));
	return object;
}
