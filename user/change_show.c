// SPDX-License-Identifier: GPL-2.0-only
/* Shows changes of keepalive, as a table or JSON. */
#include "change_show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "duration.h"
#include "grid.h"
#include "json.h"
#include "utf8.h"

static void clean_user(const struct change_list *list, const struct record_session *owner,
		       char *buf, size_t size)
{
	const char *user = owners_user(list->report->owners, owner->owner_uid);

	utf8_clean(user, strlen(user), buf, size);
}

static int add_line(struct libscols_table *grid, const struct change_list *list,
		    const struct change *change)
{
	char id[24], old[KEEPALIVE_TEXT_SIZE], new[KEEPALIVE_TEXT_SIZE];
	char before[DURATION_TEXT_SIZE], after[DURATION_TEXT_SIZE];
	char result[sizeof(change->why) + 32];
	char peer[ENDPOINT_TEXT_SIZE], user[3 * OWNER_USER_SIZE];
	const struct plan *plan = &change->plan;

	endpoint_format(change->owner->peer_addr, change->owner->peer_port, peer, sizeof(peer));
	clean_user(list, change->owner, user, sizeof(user));
	snprintf(id, sizeof(id), "%" PRIu64, (uint64_t)change->owner->cookie);
	snprintf(result, sizeof(result), "%s%s%s", change_word(change), change->why[0] ? ": " : "",
		 change->why);
	return grid_add(grid,
			(const char *const[]){
				id, user, peer, keepalive_format(&plan->old, old, sizeof(old)),
				keepalive_format(&plan->new, new, sizeof(new)),
				budget_format(plan->budget_before_s, before, sizeof(before)),
				budget_format(plan->budget_s, after, sizeof(after)), result});
}

int changes_print_table(const struct options *options, const struct change_list *list)
{
	static const struct grid_column columns[] = {
		{"SESSION", true}, {"USER", false},    {"PEER", false},	   {"OLD", false},
		{"NEW", false},	   {"SURVIVED", true}, {"SURVIVES", true}, {"RESULT", false},
	};
	struct libscols_table *grid =
		grid_new(columns, sizeof(columns) / sizeof(*columns), options->no_header);
	int err = grid ? 0 : -ENOMEM;

	if (grid)
		grid_let_wrap(grid);
	for (size_t i = 0; !err && i < list->n; i++)
		err = add_line(grid, list, &list->changes[i]);
	if (!err)
		err = grid_print(grid);
	grid_free(grid);
	return err;
}

static struct json_object *from_options(const struct keepalive_options *options)
{
	struct json_object *object = json_make_object();
	struct json_object *timeout = NULL;

	if (options->user_timeout_ms)
		timeout = json_make_double(options->user_timeout_ms / 1e3);
	json_set(object, "enabled", json_make_bool(options->enabled));
	json_set(object, "idle_s", json_make_int(options->idle_s));
	json_set(object, "interval_s", json_make_int(options->interval_s));
	json_set(object, "count", json_make_int(options->count));
	json_set(object, "user_timeout_s", timeout);
	return object;
}

static struct json_object *from_budget(uint64_t seconds)
{
	return seconds == BUDGET_ENDLESS ? NULL : json_make_int(seconds);
}

static struct json_object *from_peer(const struct record_session *record)
{
	struct json_object *object = json_make_object();
	char address[ADDRESS_TEXT_SIZE];

	address_format(record->peer_addr, address, sizeof(address));
	json_set(object, "address", json_make_string(address));
	json_set(object, "port", json_make_int(record->peer_port));
	return object;
}

static struct json_object *from_owner(const struct change_list *list,
				      const struct record_session *owner)
{
	struct json_object *object = json_make_object();
	char user[3 * OWNER_USER_SIZE];

	clean_user(list, owner, user, sizeof(user));
	json_set(object, "pid", json_make_int(owner->owner_pid));
	json_set(object, "fd", json_make_int(owner->owner_fd));
	json_set(object, "comm", json_new_clean(owner->comm, sizeof(owner->comm)));
	json_set(object, "user", json_make_string(user));
	return object;
}

static struct json_object *from_change(const struct change_list *list, const struct change *change)
{
	struct json_object *object = json_make_object();
	struct json_object *reason = change->why[0] ? json_make_string(change->why) : NULL;
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, (uint64_t)change->owner->cookie);
	json_set(object, "id", json_make_string(id));
	json_set(object, "peer", from_peer(change->owner));
	json_set(object, "owner", from_owner(list, change->owner));
	json_set(object, "old", from_options(&change->plan.old));
	json_set(object, "new", from_options(&change->plan.new));
	json_set(object, "survived_s", from_budget(change->plan.budget_before_s));
	json_set(object, "survives_s", from_budget(change->plan.budget_s));
	json_set(object, "result", json_make_string(change_word(change)));
	json_set(object, "reason", reason);
	return object;
}

int changes_print_json(const struct options *options, const struct change_list *list)
{
	struct json_object *document =
		json_new_document(stream_start(&list->report->sessions.stream));
	struct json_object *changes = json_make_array();

	for (size_t i = 0; i < list->n; i++)
		json_append(changes, from_change(list, &list->changes[i]));
	json_set(document, "dry_run", json_make_bool(options->dry_run));
	json_set(document, "undo_possible", json_make_bool(list->undo_possible));
	json_set(document, "changes", changes);
	return json_print(document, JSON_FORM_LINE);
}
