/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes JSON where memory may run out: json-c ends the program when it is given what could not be
 * made, or leaves it out. Here that is remembered until json_text() tells.
 */
#ifndef SSHIDLE_JSON_MAKE_H
#define SSHIDLE_JSON_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* Each is the caller's until it is set in an object or appended to an array. */
struct json_object *json_make_object(void);
struct json_object *json_make_array(void);
struct json_object *json_make_string(const char *text);
struct json_object *json_make_int(int64_t number);
struct json_object *json_make_bool(bool truth);
struct json_object *json_make_double(double number);

/*
 * Take the value, NULL is null; a key that is there is replaced. json_set() gives it back, or NULL
 * if there was no memory to set it, and then it is gone.
 */
struct json_object *json_set(struct json_object *object, const char *key,
			     struct json_object *value);
void json_append(struct json_object *array, struct json_object *value);

/* As json_set(), for a key that the object has not and that lives as long as it: saves time. */
void json_set_new(struct json_object *object, const char *key, struct json_object *value);

/* Another text in the place of that of a string. */
void json_reset_string(struct json_object *string, const char *text);

enum json_form { JSON_FORM_LINE, JSON_FORM_PRETTY };

/*
 * The text of an object, which is valid as long as the object is not changed. NULL if memory ran
 * out for it, or for anything that was made since the last call.
 */
const char *json_text(struct json_object *object, enum json_form form, size_t *ret_length);

#endif
