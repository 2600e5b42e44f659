// SPDX-License-Identifier: GPL-2.0-only
/* The one table of fields of an obituary, which feeds the table and JSON of history. */
#include "death_field.h"

#include <stdio.h>
#include <time.h>

#include "deaths.h"
#include "duration.h"
#include "facts.h"
#include "plan.h"
#include "wall.h"

static void get_number(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->number);
}

static void get_id(const struct death_row *row, struct value *value)
{
	value_set_id(value, row->death->cookie);
}

static void get_role(const struct death_row *row, struct value *value)
{
	const struct death *death = row->death;

	value_set_text(value, role_name(role_of(death->flags, death->origin, death->local_port,
						death->peer_port)));
}

static void get_local_address(const struct death_row *row, struct value *value)
{
	value_set_address(value, row->death->local_addr);
}

static void get_local_port(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->local_port);
}

static void get_peer_address(const struct death_row *row, struct value *value)
{
	value_set_address(value, row->death->peer_addr);
}

static void get_peer_port(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->peer_port);
}

static void get_peer(const struct death_row *row, struct value *value)
{
	value_set_endpoint(value, row->death->peer_addr, row->death->peer_port);
}

static void get_netns(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->netns);
}

static void get_uid(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->socket_uid);
}

static void get_history(const struct death_row *row, struct value *value)
{
	value_set_text(value, row->death->unseen ? "kernel" : "recorder");
}

static void set_time(const struct death_row *row, uint64_t boot_ns, struct value *value)
{
	value->type = VALUE_TEXT;
	wall_format(wall_at(row->start, boot_ns), value->text, sizeof(value->text));
}

static void get_opened(const struct death_row *row, struct value *value)
{
	if (row->death->opened_ns)
		set_time(row, row->death->opened_ns, value);
}

static void get_closed(const struct death_row *row, struct value *value)
{
	set_time(row, row->death->closed_ns, value);
}

/* Local time, as people compare it with their logs. */
static void get_ended(const struct death_row *row, struct value *value)
{
	time_t seconds = wall_at(row->start, row->death->closed_ns) / NSEC_PER_SEC;
	struct tm local;

	value->type = VALUE_TEXT;
	localtime_r(&seconds, &local);
	strftime(value->text, sizeof(value->text), "%Y-%m-%d %H:%M:%S", &local);
}

static void get_lasted(const struct death_row *row, struct value *value)
{
	if (row->death->opened_ns)
		value_set_ns(value, row->death->closed_ns - row->death->opened_ns);
}

static void get_silence(const struct death_row *row, struct value *value)
{
	value_set_ns(value, row->death->silence_ms * NSEC_PER_MSEC);
}

static void get_survived(const struct death_row *row, struct value *value)
{
	value_set_ns(value, row->death->longest_ms * NSEC_PER_MSEC);
}

static void get_speaker(const struct death_row *row, struct value *value)
{
	value_set_text(value, row->death->speaker == SPEAKER_US ? "us" : "peer");
}

static void get_cause(const struct death_row *row, struct value *value)
{
	value_set_text(value, cause_name(row->death->cause));
}

static void get_orderly(const struct death_row *row, struct value *value)
{
	value_set_bool(value, cause_is_orderly(row->death->cause));
}

static void get_keepalive(const struct death_row *row, struct value *value)
{
	value->type = VALUE_TEXT;
	keepalive_format(&row->death->keepalive, value->text, sizeof(value->text));
}

static void get_enabled(const struct death_row *row, struct value *value)
{
	value_set_bool(value, row->death->keepalive.enabled);
}

static void get_idle(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->keepalive.idle_s);
}

static void get_interval(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->keepalive.interval_s);
}

static void get_count(const struct death_row *row, struct value *value)
{
	value_set_number(value, row->death->keepalive.count);
}

static void get_user_timeout(const struct death_row *row, struct value *value)
{
	if (row->death->keepalive.user_timeout_ms)
		value_set_ns(value, row->death->keepalive.user_timeout_ms * NSEC_PER_MSEC);
}

/* clang-format off */
static const struct death_field fields[] = {
	{ "ENDED", NULL, false, get_ended },
	{ NULL, "number", true, get_number },
	{ "SESSION", "id", true, get_id },
	{ "ROLE", "role", false, get_role },
	{ NULL, "local.address", false, get_local_address },
	{ NULL, "local.port", true, get_local_port },
	{ "PEER", NULL, false, get_peer },
	{ NULL, "peer.address", false, get_peer_address },
	{ NULL, "peer.port", true, get_peer_port },
	{ NULL, "netns", true, get_netns },
	{ NULL, "uid", true, get_uid },
	{ NULL, "history", false, get_history },
	{ NULL, "opened", false, get_opened },
	{ NULL, "closed", false, get_closed },
	{ "LASTED", NULL, true, get_lasted },
	{ "SURVIVED", "longest_survived_s", true, get_survived },
	{ "SILENT", "idle_at_death_s", true, get_silence },
	{ "SPOKE", "last_speaker", false, get_speaker },
	{ "CAUSE", "cause", false, get_cause },
	{ NULL, "orderly", false, get_orderly },
	{ "KEEPALIVE", NULL, false, get_keepalive },
	{ NULL, "keepalive.enabled", false, get_enabled },
	{ NULL, "keepalive.idle_s", true, get_idle },
	{ NULL, "keepalive.interval_s", true, get_interval },
	{ NULL, "keepalive.count", true, get_count },
	{ NULL, "keepalive.user_timeout_s", true, get_user_timeout },
};
/* clang-format on */

const struct death_field *death_field_at(size_t i)
{
	return i < sizeof(fields) / sizeof(*fields) ? &fields[i] : NULL;
}
