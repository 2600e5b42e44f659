// SPDX-License-Identifier: GPL-2.0-only
/* Writes the report as JSON, schema sshidle/1. */
#include "json.h"

#include <errno.h>
#include <json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "duration.h"
#include "utf8.h"

#define KEY_PART_SIZE 32
#define FLAGS JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE

static struct json_object *from_value(const struct value *value)
{
	switch (value->type) {
	case VALUE_TEXT:
		return json_object_new_string(value->text);
	case VALUE_SECONDS:
		return json_object_new_double(value->seconds);
	case VALUE_NUMBER:
		return json_object_new_int64(value->number);
	case VALUE_BOOL:
		return json_object_new_boolean(value->number);
	default:
		return NULL;
	}
}

#define NEW_KEY JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY

/* The object that the last path led to: fields of one object stand together in the table. */
struct place {
	struct json_object *object;
	const char *path; /* of the field that was last there */
	size_t length;	  /* of the part of it that names the object */
};

static struct json_object *object_at(struct json_object *object, const char *path, size_t length)
{
	const char *end = path + length;

	for (const char *dot; path < end; path = dot + 1) {
		char part[KEY_PART_SIZE];
		struct json_object *inner;

		dot = strchr(path, '.');
		snprintf(part, sizeof(part), "%.*s", (int)(dot - path), path);
		if (!json_object_object_get_ex(object, part, &inner)) {
			inner = json_object_new_object();
			json_object_object_add(object, part, inner);
		}
		object = inner;
	}
	return object;
}

/* Adds value at the path "a.b.c" below root, making the objects on the way. */
static void add_at(struct json_object *root, struct place *place, const char *path,
		   struct json_object *value)
{
	const char *dot = strrchr(path, '.');
	size_t length = dot ? dot + 1 - path : 0;

	if (!place->object || length != place->length || memcmp(path, place->path, length)) {
		place->object = object_at(root, path, length);
		place->path = path;
		place->length = length;
	}
	json_object_object_add_ex(place->object, path + length, value, NEW_KEY);
}

static struct json_object *from_owner(const struct row *row, const struct record_session *owner)
{
	struct json_object *object = json_object_new_object();
	const struct owner_field *field;
	struct value value;

	for (size_t i = 0; (field = owner_field_at(i)); i++) {
		value.type = VALUE_UNKNOWN;
		field->get(row, owner, &value);
		json_object_object_add_ex(object, field->key, from_value(&value), NEW_KEY);
	}
	return object;
}

static struct json_object *from_row(const struct row *row)
{
	struct json_object *object = json_object_new_object();
	struct json_object *owners = json_object_new_array();
	const struct field *field;
	struct place place = {};
	struct value value;

	for (size_t i = 0; (field = field_at(i)); i++) {
		if (!field->key)
			continue;
		report_value(field, row, &value);
		add_at(object, &place, field->key, from_value(&value));
	}
	for (uint32_t i = 0; i < row->session->n_owners; i++)
		json_object_array_add(
			owners, from_owner(row, session_owner(row->sessions, row->session, i)));
	json_object_object_add(object, "owners", owners);
	return object;
}

struct json_object *json_new_time(uint64_t wall_ns)
{
	time_t seconds = wall_ns / NSEC_PER_SEC;
	char date[32], text[48];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%03uZ", date,
		 (unsigned int)(wall_ns % NSEC_PER_SEC / 1000000));
	return json_object_new_string(text);
}

struct json_object *json_new_clean(const char *bytes, size_t size)
{
	char text[JSON_CLEAN_MAX * 3 + 1];

	utf8_clean(bytes, size, text, sizeof(text));
	return json_object_new_string(text);
}

static struct json_object *from_recorder(const struct record_start *start, bool attached)
{
	struct json_object *recorder = json_object_new_object();
	struct json_object *ports = json_object_new_array();
	struct json_object *since = NULL;

	if (start->attached_ns && start->attached_ns <= start->now_ns)
		since = json_new_time(start->wall_ns - (start->now_ns - start->attached_ns));
	for (int i = 0; i < start->n_ports; i++)
		json_object_array_add(ports, json_object_new_int(start->ports[i]));
	json_object_object_add(recorder, "attached", json_object_new_boolean(attached));
	json_object_object_add(recorder, "since", since);
	json_object_object_add(recorder, "ports", ports);
	json_object_object_add(recorder, "lost", json_object_new_int64(start->lost));
	return recorder;
}

static struct json_object *from_counts(const struct report *report)
{
	struct json_object *summary = json_object_new_object();

	json_object_object_add(summary, "sessions", json_object_new_int64(report->total));
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		json_object_object_add(summary, verdict_key(kind),
				       json_object_new_int64(report->counts[kind]));
	return summary;
}

struct json_object *json_new_document(const struct record_start *start)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_string("sshidle/1"));
	json_object_object_add(object, "time", json_new_time(start->wall_ns));
	json_object_object_add(object, "host", json_new_clean(start->host, sizeof(start->host)));
	return object;
}

/* Everything but the sessions. */
static struct json_object *from_report(const struct report *report)
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	struct json_object *object = json_new_document(start);

	json_object_object_add(object, "kernel",
			       json_new_clean(start->kernel, sizeof(start->kernel)));
	json_object_object_add(object, "recorder", from_recorder(start, report->attached));
	json_object_object_add(object, "summary", from_counts(report));
	return object;
}

/* The sessions are streamed into the place of the last brace. */
int json_print_report(const struct report *report)
{
	struct json_object *object = from_report(report);
	size_t length;
	const char *text = json_object_to_json_string_length(object, FLAGS, &length);
	struct row row;

	json_c_set_serialization_double_format("%.1f", JSON_C_OPTION_GLOBAL);
	printf("%.*s,\"sessions\":[", (int)length - 1, text);
	json_object_put(object);
	for (size_t i = 0; i < report->sessions.n; i++) {
		report_row(report, i, &row);
		object = from_row(&row);
		text = json_object_to_json_string_length(object, FLAGS, &length);
		if (!text) {
			json_object_put(object);
			return -ENOMEM;
		}
		if (i)
			fputc(',', stdout);
		fputc('\n', stdout);
		fwrite(text, 1, length, stdout);
		json_object_put(object);
	}
	printf("]}\n");
	return 0;
}
