// SPDX-License-Identifier: GPL-2.0-only
/* Writes the report as JSON, schema sshidle/1. */
#include "json.h"

#include <errno.h>
#include <json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "utf8.h"
#include "wall.h"

#define KEY_PART_SIZE 32
#define LEAVES_MAX 64 /* more than there are fields with a key */

/* Tenths of a second are all that a silence is worth. */
static void json_set_format(void)
{
	json_c_set_serialization_double_format("%.1f", JSON_C_OPTION_GLOBAL);
}

/* More than the one decimal that seconds have here. */
static struct json_object *from_decimal(double decimal)
{
	struct json_object *object = json_make_double(decimal);

	if (object)
		json_object_set_serializer(object, json_object_double_to_json_string,
					   (void *)"%.2f", NULL);
	return object;
}

/* NULL, which is null in JSON, where the value is unknown. */
static struct json_object *new_value(const struct value *value)
{
	switch (value->type) {
	case VALUE_TEXT:
		return json_make_string(value->text);
	case VALUE_SECONDS:
		return json_make_double(value->seconds);
	case VALUE_DECIMAL:
		return from_decimal(value->decimal);
	case VALUE_NUMBER:
		return json_make_int(value->number);
	case VALUE_BOOL:
		return json_make_bool(value->number);
	default:
		return NULL;
	}
}

static struct json_object *object_at(struct json_object *object, const char *path, size_t length)
{
	const char *end = path + length;

	for (const char *dot; path < end; path = dot + 1) {
		char part[KEY_PART_SIZE];
		struct json_object *inner;

		dot = strchr(path, '.');
		snprintf(part, sizeof(part), "%.*s", (int)(dot - path), path);
		if (!json_object_object_get_ex(object, part, &inner))
			inner = json_set(object, part, json_make_object());
		object = inner;
	}
	return object;
}

/* At a path like "local.address"; the objects on the way are made where need be. */
static void add_value(struct json_object *object, const char *path, const struct value *value)
{
	const char *dot = strrchr(path, '.');
	const char *key = dot ? dot + 1 : path;

	json_set(object_at(object, path, key - path), key, new_value(value));
}

int json_print(struct json_object *document, enum json_form form)
{
	const char *text;
	size_t length;

	json_set_format();
	text = json_text(document, form, &length);
	if (text)
		puts(text);
	json_object_put(document);
	return text ? 0 : -ENOMEM;
}

/*
 * One session's object, which is written over for every session: to make its fifty values anew for
 * each would cost as much again as to print them.
 */
struct sheet {
	struct json_object *root;
	struct leaf {
		const struct field *field;
		struct json_object *parent;
		const char *key; /* in parent */
		struct json_object *object;
		enum value_type type;
	} leaves[LEAVES_MAX];
	size_t n;
};

static void sheet_make(struct sheet *sheet)
{
	const struct field *field;

	sheet->root = json_make_object();
	for (size_t i = 0; (field = field_at(i)); i++) {
		const char *dot = field->key ? strrchr(field->key, '.') : NULL;
		const char *key = dot ? dot + 1 : field->key;
		struct leaf *leaf = &sheet->leaves[sheet->n];

		if (!key || sheet->n == LEAVES_MAX)
			continue;
		leaf->field = field;
		leaf->parent = object_at(sheet->root, field->key, key - field->key);
		leaf->key = key;
		json_set_new(leaf->parent, key, NULL);
		sheet->n++;
	}
}

static void leaf_set(struct leaf *leaf, const struct value *value)
{
	if (leaf->type != value->type) {
		leaf->object = json_set(leaf->parent, leaf->key, new_value(value));
		leaf->type = value->type;
		return;
	}
	switch (value->type) {
	case VALUE_TEXT:
		json_reset_string(leaf->object, value->text);
		break;
	case VALUE_SECONDS:
		json_object_set_double(leaf->object, value->seconds);
		break;
	case VALUE_DECIMAL:
		json_object_set_double(leaf->object, value->decimal);
		break;
	case VALUE_NUMBER:
		json_object_set_int64(leaf->object, value->number);
		break;
	case VALUE_BOOL:
		json_object_set_boolean(leaf->object, value->number);
		break;
	default:
		break;
	}
}

static struct json_object *from_owner(const struct row *row, const struct record_session *owner)
{
	struct json_object *object = json_make_object();
	const struct owner_field *field;
	struct value value;

	for (size_t i = 0; (field = owner_field_at(i)); i++) {
		value.type = VALUE_UNKNOWN;
		field->get(row, owner, &value);
		json_set_new(object, field->key, new_value(&value));
	}
	return object;
}

static void sheet_fill(struct sheet *sheet, const struct row *row)
{
	struct json_object *owners = json_make_array();
	struct value value;

	for (size_t i = 0; i < sheet->n; i++) {
		report_value(sheet->leaves[i].field, row, &value);
		leaf_set(&sheet->leaves[i], &value);
	}
	for (uint32_t i = 0; i < row->session->n_owners; i++)
		json_append(owners, from_owner(row, session_owner(row->sessions, row->session, i)));
	json_set(sheet->root, "owners", owners);
}

struct json_object *json_new_session(const struct row *row)
{
	struct sheet sheet = {};

	sheet_make(&sheet);
	sheet_fill(&sheet, row);
	return sheet.root;
}

static void get_death_value(const struct death_field *field, const struct death_row *row,
			    struct value *ret)
{
	ret->type = VALUE_UNKNOWN;
	ret->text[0] = 0;
	field->get(row, ret);
}

struct json_object *json_new_death(const struct death_row *row)
{
	struct json_object *object = json_make_object();
	const struct death_field *field;
	struct value value;

	for (size_t i = 0; (field = death_field_at(i)); i++) {
		if (!field->key)
			continue;
		get_death_value(field, row, &value);
		add_value(object, field->key, &value);
	}
	return object;
}

static const struct death_field *find_death_field(const char *key)
{
	const struct death_field *field;

	for (size_t i = 0; (field = death_field_at(i)); i++)
		if (field->key && !strcmp(field->key, key))
			return field;
	return NULL;
}

struct json_object *json_new_late_session(const struct death_row *row)
{
	struct json_object *object = json_make_object();
	const struct field *field;

	for (size_t i = 0; (field = field_at(i)); i++) {
		const struct death_field *known = field->key ? find_death_field(field->key) : NULL;
		struct value value = {.type = VALUE_UNKNOWN};

		if (known)
			get_death_value(known, row, &value);
		if (field->key)
			add_value(object, field->key, &value);
	}
	json_set(object, "owners", json_make_array());
	return object;
}

/* RFC 3339 in UTC with milliseconds. */
static struct json_object *new_time(uint64_t wall_ns)
{
	char text[WALL_TEXT_SIZE];

	return json_make_string(wall_format(wall_ns, text, sizeof(text)));
}

struct json_object *json_new_clean(const char *bytes, size_t size)
{
	char text[JSON_CLEAN_MAX * 3 + 1];

	utf8_clean(bytes, size, text, sizeof(text));
	return json_make_string(text);
}

struct json_object *json_new_ports(const struct record_start *start)
{
	struct json_object *ports = json_make_array();

	for (int i = 0; i < start->n_ports; i++)
		json_append(ports, json_make_int(start->ports[i]));
	return ports;
}

static struct json_object *from_recorder(const struct record_start *start, bool attached)
{
	struct json_object *recorder = json_make_object();
	struct json_object *since = NULL;

	if (start->attached_ns && start->attached_ns <= start->now_ns)
		since = new_time(wall_at(start, start->attached_ns));
	json_set(recorder, "attached", json_make_bool(attached));
	json_set(recorder, "since", since);
	json_set(recorder, "ports", json_new_ports(start));
	json_set(recorder, "lost", json_make_int(start->counters[COUNTER_LOST]));
	return recorder;
}

static struct json_object *from_counts(const struct report *report)
{
	struct json_object *summary = json_make_object();

	json_set(summary, "sessions", json_make_int(report->total));
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		json_set(summary, verdict_key(kind), json_make_int(report->counts[kind]));
	return summary;
}

struct json_object *json_new_document(const struct record_start *start)
{
	struct json_object *object = json_make_object();

	json_set(object, "schema", json_make_string("sshidle/1"));
	json_set(object, "time", new_time(start->wall_ns));
	json_set(object, "host", json_new_clean(start->host, sizeof(start->host)));
	return object;
}

/* Everything but the sessions. */
static struct json_object *from_report(const struct report *report)
{
	const struct record_start *start = stream_start(&report->sessions.stream);
	struct json_object *object = json_new_document(start);

	json_set(object, "kernel", json_new_clean(start->kernel, sizeof(start->kernel)));
	json_set(object, "recorder", from_recorder(start, report->attached));
	json_set(object, "summary", from_counts(report));
	return object;
}

static int print_sessions(const struct report *report, struct sheet *sheet)
{
	struct row row;

	for (size_t i = 0; i < report->sessions.n; i++) {
		const char *text;
		size_t length;

		report_row(report, i, &row);
		sheet_fill(sheet, &row);
		text = json_text(sheet->root, JSON_FORM_LINE, &length);
		if (!text)
			return -ENOMEM;
		fputs(i ? ",\n" : "\n", stdout);
		fwrite(text, 1, length, stdout);
	}
	return 0;
}

/* The sessions are streamed into the place of the last brace. */
int json_print_report(const struct report *report)
{
	struct json_object *object = from_report(report);
	struct sheet sheet = {};
	const char *text;
	size_t length;
	int err;

	json_set_format();
	text = json_text(object, JSON_FORM_LINE, &length);
	if (text)
		printf("%.*s,\"sessions\":[", (int)length - 1, text);
	json_object_put(object);
	if (!text)
		return -ENOMEM;
	sheet_make(&sheet);
	err = print_sessions(report, &sheet);
	json_object_put(sheet.root);
	if (!err)
		printf("]}\n");
	return err;
}
