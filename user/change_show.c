// SPDX-License-Identifier: GPL-2.0-only
/* Shows changes of keepalive, as a table or JSON. */
#include "change_show.h"

#include <errno.h>
#include <inttypes.h>
#include <json.h>
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

	for (size_t i = 0; !err && i < list->n; i++)
		err = add_line(grid, list, &list->changes[i]);
	if (!err)
		err = grid_print(grid);
	grid_free(grid);
	return err;
}

static struct json_object *from_options(const struct keepalive_options *options)
{
	struct json_object *object = json_object_new_object();
	struct json_object *timeout = NULL;

	if (options->user_timeout_ms)
		timeout = json_object_new_double(options->user_timeout_ms / 1e3);
	json_object_object_add(object, "enabled", json_object_new_boolean(options->enabled));
	json_object_object_add(object, "idle_s", json_object_new_int64(options->idle_s));
	json_object_object_add(object, "interval_s", json_object_new_int64(options->interval_s));
	json_object_object_add(object, "count", json_object_new_int64(options->count));
	json_object_object_add(object, "user_timeout_s", timeout);
	return object;
}

static struct json_object *from_budget(uint64_t seconds)
{
	return seconds == BUDGET_ENDLESS ? NULL : json_object_new_int64(seconds);
}

static struct json_object *from_peer(const struct record_session *record)
{
	struct json_object *object = json_object_new_object();
	char address[ADDRESS_TEXT_SIZE];

	address_format(record->peer_addr, address, sizeof(address));
	json_object_object_add(object, "address", json_object_new_string(address));
	json_object_object_add(object, "port", json_object_new_int(record->peer_port));
	return object;
}

static struct json_object *from_owner(const struct change_list *list,
				      const struct record_session *owner)
{
	struct json_object *object = json_object_new_object();
	char user[3 * OWNER_USER_SIZE];

	clean_user(list, owner, user, sizeof(user));
	json_object_object_add(object, "pid", json_object_new_int64(owner->owner_pid));
	json_object_object_add(object, "fd", json_object_new_int64(owner->owner_fd));
	json_object_object_add(object, "comm", json_new_clean(owner->comm, sizeof(owner->comm)));
	json_object_object_add(object, "user", json_object_new_string(user));
	return object;
}

static struct json_object *from_change(const struct change_list *list, const struct change *change)
{
	struct json_object *object = json_object_new_object();
	struct json_object *reason = change->why[0] ? json_object_new_string(change->why) : NULL;
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, (uint64_t)change->owner->cookie);
	json_object_object_add(object, "id", json_object_new_string(id));
	json_object_object_add(object, "peer", from_peer(change->owner));
	json_object_object_add(object, "owner", from_owner(list, change->owner));
	json_object_object_add(object, "old", from_options(&change->plan.old));
	json_object_object_add(object, "new", from_options(&change->plan.new));
	json_object_object_add(object, "survived_s", from_budget(change->plan.budget_before_s));
	json_object_object_add(object, "survives_s", from_budget(change->plan.budget_s));
	json_object_object_add(object, "result", json_object_new_string(change_word(change)));
	json_object_object_add(object, "reason", reason);
	return object;
}

int changes_print_json(const struct options *options, const struct change_list *list)
{
	struct json_object *document =
		json_new_document(stream_start(&list->report->sessions.stream));
	struct json_object *changes = json_object_new_array();
	int err;

	for (size_t i = 0; i < list->n; i++)
		json_object_array_add(changes, from_change(list, &list->changes[i]));
	json_object_object_add(document, "dry_run", json_object_new_boolean(options->dry_run));
	json_object_object_add(document, "undo_possible",
			       json_object_new_boolean(list->undo_possible));
	json_object_object_add(document, "changes", changes);
	err = json_print(document);
	json_object_put(document);
	return err;
}
