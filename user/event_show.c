// SPDX-License-Identifier: GPL-2.0-only
/* Writes what happened to a session as JSON, a line for each event. */
#include "event_show.h"

#include "json.h"

static struct json_object *from_session(const struct event *event)
{
	if (event->row)
		return json_new_session(event->row);
	return event->death ? json_new_late_session(event->death) : NULL;
}

static struct json_object *from_lost(const struct event *event)
{
	struct json_object *object = json_make_object();

	json_set(object, "what", json_make_string(lost_name(event->lost_kind)));
	json_set(object, "count", json_make_int(event->lost));
	return object;
}

/* An open is told of one that came and went, too: it ended later. */
static struct json_object *from_death(const struct event *event)
{
	return event->kind == EVENT_CLOSE && event->death ? json_new_death(event->death) : NULL;
}

int event_print_json(const struct event *event)
{
	struct json_object *document = json_new_document(event->start);
	struct json_object *previous = NULL, *lost = NULL;

	if (event->kind == EVENT_VERDICT)
		previous = json_make_string(verdict_name(event->previous));
	if (event->kind == EVENT_LOST)
		lost = from_lost(event);
	json_set(document, "event", json_make_string(event_name(event->kind)));
	json_set(document, "previous", previous);
	json_set(document, "lost", lost);
	json_set(document, "session", from_session(event));
	json_set(document, "death", from_death(event));
	return json_print(document, JSON_FORM_LINE);
}
