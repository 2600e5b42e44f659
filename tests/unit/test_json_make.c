// SPDX-License-Identifier: GPL-2.0-only
/* JSON that could not be made is told once, and no part of it is printed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <json.h>
#include <string.h>

#include "../../user/json_make.h"

static void assert_text(struct json_object *object, enum json_form form, const char *wanted)
{
	size_t length;
	const char *text = json_text(object, form, &length);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	assert_int_equal(length, strlen(wanted));
}

static struct json_object *make_example(void)
{
	struct json_object *object = json_make_object(), *array = json_make_array();

	json_append(array, json_make_int(-1));
	json_append(array, json_make_int(INT64_MAX));
	json_append(array, NULL);
	json_set_new(object, "path", json_make_string("/a\"b"));
	json_set(object, "list", array);
	json_set(object, "yes", json_make_bool(true));
	json_set(object, "half", json_make_double(0.5));
	return object;
}

static void all_kinds_are_told(void **state)
{
	struct json_object *object = make_example();

	(void)state;
	assert_text(object, JSON_FORM_LINE,
		    "{\"path\":\"/a\\\"b\",\"list\":[-1,9223372036854775807,null],"
		    "\"yes\":true,\"half\":0.5}");
	json_object_put(object);
}

static void what_is_set_again_is_replaced(void **state)
{
	struct json_object *object = json_make_object();
	struct json_object *string = json_set(object, "key", json_make_string("old"));

	(void)state;
	assert_non_null(string);
	json_reset_string(string, "new");
	assert_text(object, JSON_FORM_LINE, "{\"key\":\"new\"}");
	json_set(object, "key", NULL);
	assert_text(object, JSON_FORM_LINE, "{\"key\":null}");
	assert_text(object, JSON_FORM_PRETTY, "{\n  \"key\":null\n}");
	json_object_put(object);
}

/* An object or array that could not be made is NULL; its values are freed, or the sanitizer tells.
 */
static void what_has_no_place_is_told_once(void **state)
{
	struct json_object *object = make_example();
	size_t length;

	(void)state;
	assert_null(json_set(NULL, "key", json_make_string("lost")));
	assert_null(json_text(object, JSON_FORM_LINE, &length));
	assert_non_null(json_text(object, JSON_FORM_LINE, &length));
	json_set_new(NULL, "key", json_make_int(1));
	assert_null(json_text(object, JSON_FORM_LINE, &length));
	json_append(NULL, json_make_array());
	assert_null(json_text(object, JSON_FORM_LINE, &length));
	assert_null(json_text(NULL, JSON_FORM_LINE, &length));
	assert_non_null(json_text(object, JSON_FORM_LINE, &length));
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_are_told),
		cmocka_unit_test(what_is_set_again_is_replaced),
		cmocka_unit_test(what_has_no_place_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
