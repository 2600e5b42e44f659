// SPDX-License-Identifier: GPL-2.0-only
#include "json_make.h"

#include <errno.h>
#include <json.h>

static bool ran_out;

static struct json_object *made(struct json_object *object)
{
	ran_out |= !object;
	return object;
}

struct json_object *json_make_object(void)
{
	return made(json_object_new_object());
}

struct json_object *json_make_array(void)
{
	return made(json_object_new_array());
}

struct json_object *json_make_string(const char *text)
{
	return made(json_object_new_string(text));
}

struct json_object *json_make_int(int64_t number)
{
	return made(json_object_new_int64(number));
}

struct json_object *json_make_bool(bool truth)
{
	return made(json_object_new_boolean(truth));
}

struct json_object *json_make_double(double number)
{
	return made(json_object_new_double(number));
}

/* What was not taken is not kept either. */
static struct json_object *taken(int err, struct json_object *value)
{
	if (!err)
		return value;
	ran_out = true;
	json_object_put(value);
	return NULL;
}

struct json_object *json_set(struct json_object *object, const char *key, struct json_object *value)
{
	return taken(object ? json_object_object_add(object, key, value) : -1, value);
}

void json_set_new(struct json_object *object, const char *key, struct json_object *value)
{
	const unsigned int how = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

	taken(object ? json_object_object_add_ex(object, key, value, how) : -1, value);
}

void json_append(struct json_object *array, struct json_object *value)
{
	taken(array ? json_object_array_add(array, value) : -1, value);
}

void json_reset_string(struct json_object *string, const char *text)
{
	ran_out |= !json_object_set_string(string, text);
}

/* json-c goes on without the part that its buffer has no room for; only realloc(3) tells. */
const char *json_text(struct json_object *object, enum json_form form, size_t *ret_length)
{
	const int spacing = form == JSON_FORM_PRETTY ? JSON_C_TO_STRING_PRETTY
						     : JSON_C_TO_STRING_PLAIN;
	const char *text = NULL;

	errno = 0;
	if (object && !ran_out)
		text = json_object_to_json_string_length(
			object, spacing | JSON_C_TO_STRING_NOSLASHESCAPE, ret_length);
	if (errno == ENOMEM)
		text = NULL;
	ran_out = false;
	return text;
}
