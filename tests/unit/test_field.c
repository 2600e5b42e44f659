// SPDX-License-Identifier: GPL-2.0-only
/* The table of fields: what it holds, what its values look like, and that the schema agrees. */
#include <linux/types.h>
#include <locale.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/field.h"
#include "../../user/json.h"
#include "../../user/report.h"
#include "blank.h"

#define PATH_SIZE 128
#define R "\xef\xbf\xbd" /* U+FFFD */

/* A session and everything around it that a row borrows. */
struct scene {
	struct stream stream;
	struct sessions sessions;
	struct policy policy;
	struct owners *owners;
};

/* A server's end with two owners, root's first; ends as text, in the 128-bit form. */
static struct record_session *scene_make(struct scene *scene)
{
	struct record_session *session, *second;

	*scene = (struct scene){.stream = blank_stream(3)};
	session = &stream_record(&scene->stream, 1)->session;
	*session = (struct record_session){
		.head.kind = RECORD_SESSION,
		.cookie = 70434,
		.now_ns = 5000 * 1000000000ULL,
		.bytes_received = 3709,
		.bytes_sent = 3525,
		.local_port = 22,
		.peer_port = 39530,
		.netns = 4026532177U,
		.owner_pid = 4183,
		.owner_fd = 4,
		.rx_ack_age_ms = 212000,
		.rx_data_age_ms = 212000,
		.tx_data_age_ms = 212100,
		.keepalive = {.idle_s = 7200, .interval_s = 75, .count = 9, .enabled = 1},
		.timer_left_ms = 6988000,
		.family = 4,
		.state = 1,
		.flags = SESSION_LOCAL_WATCHED | SESSION_TIMER_ARMED,
		.comm = "sshd",
	};
	inet_pton(AF_INET6, "::ffff:10.92.0.2", session->local_addr);
	inet_pton(AF_INET6, "::ffff:10.92.0.1", session->peer_addr);
	second = &stream_record(&scene->stream, 2)->session;
	*second = *session;
	second->owner_pid = 4190;
	second->owner_uid = 20092;
	policy_init(&scene->policy);
	scene->policy.has_option = true;
	scene->policy.option = (struct path){.timeout_ns = 350 * 1000000000ULL,
					     .source = PATH_OPTION,
					     .name = "aws-nat-gateway"};
	scene->owners = owners_new(0);
	assert_non_null(scene->owners);
	return session;
}

/* Both owners' records are the same socket: what a test changed in the first is true of both. */
static void scene_row(struct scene *scene, struct row *ret)
{
	assert_int_equal(sessions_merge(&scene->stream, &scene->sessions), 0);
	assert_int_equal(scene->sessions.n, 1);
	row_fill(&scene->sessions, &scene->sessions.list[0], &scene->policy, NULL, scene->owners,
		 ret);
}

static void scene_free(struct scene *scene)
{
	sessions_free(&scene->sessions);
	stream_free(&scene->stream);
	policy_free(&scene->policy);
	owners_free(scene->owners);
}

static const struct field *by_key(const char *key)
{
	const struct field *field;

	for (size_t i = 0; (field = field_at(i)); i++)
		if (field->key && !strcmp(field->key, key))
			return field;
	return NULL;
}

static void columns_and_keys_are_unique(void **state)
{
	const struct field *field, *other;

	(void)state;
	assert_non_null(field_at(0));
	for (size_t i = 0; (field = field_at(i)); i++) {
		assert_true(field->column || field->key);
		assert_non_null(field->get);
		for (size_t j = 0; j < i; j++) {
			other = field_at(j);
			assert_false(field->column && other->column &&
				     !strcasecmp(field->column, other->column));
			assert_false(field->key && other->key && !strcmp(field->key, other->key));
		}
	}
	assert_null(field_at(SIZE_MAX));
}

/* Else "a" and "a.b" would be a value and an object at once. */
static void no_key_is_the_parent_of_another(void **state)
{
	const struct field *field, *other;

	(void)state;
	for (size_t i = 0; (field = field_at(i)); i++) {
		size_t length = field->key ? strlen(field->key) : 0;

		for (size_t j = 0; length && (other = field_at(j)); j++)
			assert_false(other->key && !strncmp(field->key, other->key, length) &&
				     other->key[length] == '.');
	}
}

static void columns_can_be_typed_and_are_explained(void **state)
{
	const struct field *field;

	(void)state;
	for (size_t i = 0; (field = field_at(i)); i++) {
		if (!field->column)
			continue;
		print_message("%s\n", field->column);
		for (const char *letter = field->column; *letter; letter++)
			assert_true(isupper(*letter) || *letter == '-');
		assert_true(strlen(field->column) <= 12); /* the column of -o help */
		assert_non_null(field->help);
		assert_true(strlen(field->help) > 0);
		assert_null(strchr(field->help, '\n'));
		assert_true(field->help[strlen(field->help) - 1] != '.');
	}
}

/* snake_case, and each part short enough for json.c. */
static void keys_are_snake_case(void **state)
{
	const struct field *field;

	(void)state;
	for (size_t i = 0; (field = field_at(i)); i++) {
		size_t part = 0;

		if (!field->key)
			continue;
		for (const char *letter = field->key; *letter; letter++) {
			part = *letter == '.' ? 0 : part + 1;
			assert_true(part < 32);
			assert_true(islower(*letter) || *letter == '_' || *letter == '.');
		}
	}
}

static void find_takes_either_case(void **state)
{
	const struct field *field;

	(void)state;
	for (size_t i = 0; (field = field_at(i)); i++) {
		char lower[32] = "";

		if (!field->column)
			continue;
		for (size_t j = 0; field->column[j]; j++)
			lower[j] = tolower(field->column[j]);
		assert_ptr_equal(field_find(field->column, strlen(field->column)), field);
		assert_ptr_equal(field_find(lower, strlen(lower)), field);
	}
	assert_ptr_equal(field_find("Cut-In", 6), field_find("CUT-IN", 6));
}

static void find_takes_the_whole_name_only(void **state)
{
	(void)state;
	assert_non_null(field_find("SESSION,USER", 7));
	assert_null(field_find("SESSION,USER", 12));
	assert_null(field_find("SESSION", 6));
	assert_null(field_find("SESSIONS", 8));
	assert_null(field_find("", 0));
	assert_null(field_find(" SESSION", 8));
	assert_null(field_find("idle.wire_s", 11));
}

static struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

/* Follows "#/$defs/NAME". */
static struct json_object *resolve(struct json_object *schema, struct json_object *node)
{
	static const char prefix[] = "#/$defs/";
	struct json_object *reference;
	const char *path;

	if (!json_object_object_get_ex(node, "$ref", &reference))
		return node;
	path = json_object_get_string(reference);
	assert_int_equal(strncmp(path, prefix, strlen(prefix)), 0);
	return at(at(schema, "$defs"), path + strlen(prefix));
}

/*
 * Counts the leaves below node that it requires, each a key of the table. "owners" has fields of
 * its own.
 */
static size_t count_required(struct json_object *schema, struct json_object *node, const char *path)
{
	struct json_object *required = NULL, *properties = NULL, *inner;
	char inner_path[PATH_SIZE];
	size_t n = 0;

	node = resolve(schema, node);
	if (!json_object_object_get_ex(node, "required", &required)) {
		print_message("%s\n", path);
		assert_true(!strcmp(path, "owners") || by_key(path));
		return strcmp(path, "owners") ? 1 : 0;
	}
	json_object_object_get_ex(node, "properties", &properties);
	for (size_t i = 0; i < json_object_array_length(required); i++) {
		const char *key = json_object_get_string(json_object_array_get_idx(required, i));

		snprintf(inner_path, sizeof(inner_path), "%s%s%s", path, *path ? "." : "", key);
		if (!properties || !json_object_object_get_ex(properties, key, &inner))
			inner = at(node, "additionalProperties");
		n += count_required(schema, inner, inner_path);
	}
	return n;
}

static struct json_object *schema_of_session(struct json_object **ret_schema)
{
	*ret_schema = json_tokener_parse(json_schema);
	assert_non_null(*ret_schema);
	return at(at(*ret_schema, "$defs"), "session");
}

static void schema_requires_only_what_there_is(void **state)
{
	struct json_object *schema, *session = schema_of_session(&schema);

	(void)state;
	assert_in_range(count_required(schema, session, ""), 30, 100);
	json_object_put(schema);
}

/* The way down a key in the schema; keys are documented even where they are not required. */
static void assert_documented(struct json_object *schema, struct json_object *node, const char *key)
{
	char part[PATH_SIZE];

	while (*key) {
		size_t length = strcspn(key, ".");
		struct json_object *properties, *inner;

		snprintf(part, sizeof(part), "%.*s", (int)length, key);
		node = resolve(schema, node);
		if (!json_object_object_get_ex(node, "properties", &properties) ||
		    !json_object_object_get_ex(properties, part, &inner))
			inner = at(node, "additionalProperties");
		node = inner;
		key += length + (key[length] == '.');
	}
}

static void schema_knows_every_key(void **state)
{
	struct json_object *schema, *session = schema_of_session(&schema);
	const struct field *field;

	(void)state;
	for (size_t i = 0; (field = field_at(i)); i++) {
		if (!field->key)
			continue;
		print_message("%s\n", field->key);
		assert_documented(schema, session, field->key);
	}
	json_object_put(schema);
}

static void schema_and_owner_fields_agree(void **state)
{
	struct json_object *schema, *owner, *required;
	const struct owner_field *field;
	size_t n;

	(void)state;
	schema_of_session(&schema);
	owner = at(at(schema, "$defs"), "owner");
	required = at(owner, "required");
	for (n = 0; (field = owner_field_at(n)); n++) {
		assert_string_equal(json_object_get_string(json_object_array_get_idx(required, n)),
				    field->key);
		at(at(owner, "properties"), field->key);
		assert_non_null(field->get);
	}
	assert_int_equal(json_object_array_length(required), n);
	json_object_put(schema);
}

/* The text of a column (upper case) or key of the row, as a table shows it. */
static void assert_shown(const struct row *row, const char *name, const char *expected)
{
	const struct field *field = isupper(*name) ? field_find(name, strlen(name)) : by_key(name);
	struct value value;

	print_message("%s\n", name);
	assert_non_null(field);
	report_value(field, row, &value);
	assert_string_equal(value_for_people(&value), expected);
}

static void values_for_people(void **state)
{
	static const struct row_of {
		struct value value;
		const char *expected;
	} rows[] = {
		{{.type = VALUE_UNKNOWN, .text = "x", .number = 1}, "-"},
		{{.type = VALUE_TEXT, .text = "sshd"}, "sshd"},
		{{.type = VALUE_TEXT, .text = ""}, ""},
		{{.type = VALUE_SECONDS, .seconds = 212.9}, "3m32s"},
		{{.type = VALUE_SECONDS, .seconds = 0}, "0s"},
		{{.type = VALUE_SECONDS, .seconds = NAN}, "-"},
		{{.type = VALUE_NUMBER, .number = 0}, "0"},
		{{.type = VALUE_NUMBER, .number = -1}, "-1"},
		{{.type = VALUE_NUMBER, .number = INT64_MAX}, "9223372036854775807"},
		{{.type = VALUE_DECIMAL, .decimal = 0.036}, "0.04"},
		{{.type = VALUE_DECIMAL, .decimal = 1}, "1.00"},
		{{.type = VALUE_BOOL, .number = 1}, "yes"},
		{{.type = VALUE_BOOL, .number = 0}, "no"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct value value = rows[i].value;

		assert_string_equal(value_for_people(&value), rows[i].expected);
	}
}

static void row_of_a_session(void **state)
{
	static const char *const shown[][2] = {
		{"SESSION", "70434"},
		{"ROLE", "server"},
		{"FAMILY", "ipv4"},
		{"STATE", "established"},
		{"LOCAL", "10.92.0.2:22"},
		{"PEER", "10.92.0.1:39530"},
		{"local.address", "10.92.0.2"},
		{"peer.port", "39530"},
		{"NETNS", "4026532177"},
		{"USER", "20092"}, /* the first owner that is not root, by number: no lookups */
		{"PID", "4190"},
		{"COMM", "sshd"},
		{"TTY", "-"},
		{"TITLE", "-"},
		{"HISTORY", "kernel"},
		{"AGE", "-"},
		{"SILENT", "3m32s"},
		{"BAR", "██████░░░░"},
		{"KEEPALIVE", "yes"},
		{"PROBE", "1h56m"},
		{"USERTIMEOUT", "-"},
		{"SET", "no"},
		{"keepalive.ssh.seen", "no"},
		{"SSHPERIOD", "-"},
		{"SSHJITTER", "-"},
		{"SSHSURE", "-"},
		{"PEERPROBE", "-"},
		{"TIMEOUT", "5m50s"},
		{"SOURCE", "option"},
		{"PATH", "aws-nat-gateway"},
		{"SURVIVED", "-"},
		{"VERDICT", "at-risk"},
		{"SEVERITY", "warning"},
		{"CUT-IN", "2m18s"},
		{"PROTECTED", "no"},
		{"REASON",
		 "no packet is due for 6988 s, the path forgets after 350 s; silence is at most "
		 "this: unseen by a recorder"},
	};
	struct scene scene;
	struct row row;

	(void)state;
	scene_make(&scene);
	scene_row(&scene, &row);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		assert_shown(&row, shown[i][0], shown[i][1]);
	scene_free(&scene);
}

static void what_sshidle_set_shows(void **state)
{
	struct scene scene;
	struct record_session *session = scene_make(&scene);
	struct row row;

	(void)state;
	session->flags |= SESSION_CHANGED;
	session->keepalive.user_timeout_ms = 259200000;
	session->keepalive.idle_s = 32767;
	session->keepalive.interval_s = 1;
	session->keepalive.count = 127;
	session->before.idle_s = 7200;
	scene_row(&scene, &row);
	assert_shown(&row, "SET", "yes");
	assert_shown(&row, "USERTIMEOUT", "3d00h");
	assert_shown(&row, "KAIDLE", "32767");
	assert_shown(&row, "KAINTVL", "1");
	assert_shown(&row, "KACNT", "127");
	scene_free(&scene);
}

static void keepalive_of_the_client_shows(void **state)
{
	struct scene scene;
	struct record_session *session = scene_make(&scene);
	struct row row;

	(void)state;
	session->flags |= SESSION_HISTORY;
	session->history = (struct flow_history){
		.rx_ns = session->now_ns,
		.rx_data_ns = session->now_ns,
		.segments = 100,
		.burst_next = 4,
		.burst_count = 4,
		.bursts = {{4990, 52, 28}, {5030, 52, 28}, {5030, 52, 28}, {4990, 52, 28}},
	};
	scene_row(&scene, &row);
	assert_shown(&row, "keepalive.ssh.seen", "yes");
	assert_shown(&row, "SSHFROM", "peer");
	assert_shown(&row, "SSHPERIOD", "5s");
	assert_shown(&row, "SSHJITTER", "0.02");
	assert_shown(&row, "SSHSURE", "0.48"); /* half the ring, 20 ms of 626 */
	scene_free(&scene);
}

static void addresses_of_ipv6_stand_in_brackets(void **state)
{
	struct scene scene;
	struct record_session *session = scene_make(&scene);
	struct row row;

	(void)state;
	session->family = 6;
	inet_pton(AF_INET6, "2001:db8::22", session->local_addr);
	inet_pton(AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", session->peer_addr);
	session->peer_port = 65535;
	scene_row(&scene, &row);
	assert_shown(&row, "FAMILY", "ipv6");
	assert_shown(&row, "LOCAL", "[2001:db8::22]:22");
	assert_shown(&row, "PEER", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	assert_shown(&row, "local.address", "2001:db8::22");
	assert_shown(&row, "peer.address", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	scene_free(&scene);
}

static void states_have_names(void **state)
{
	static const char *const names[256] = {
		[1] = "established", [4] = "fin-wait-1", [5] = "fin-wait-2",
		[8] = "close-wait",  [9] = "last-ack",	 [11] = "closing",
	};

	(void)state;
	for (int number = 0; number < 256; number++) {
		struct scene scene;
		struct row row;

		scene_make(&scene)->state = number;
		scene_row(&scene, &row);
		assert_shown(&row, "STATE", names[number] ? names[number] : "-");
		scene_free(&scene);
	}
}

/* The bytes of a comm are whatever a process chose: 15 of them, and the worst there are. */
static void hostile_comm_is_cleaned(void **state)
{
	static const char *const comms[][2] = {
		{"", "-"},
		{"\x1b[2J", R "[2J"},
		{"a\nb\rc\td", "a" R "b" R "c" R "d"},
		{"\xff\xfe\x80", R R R},
		{"\xe2\x80\xae"
		 "txt",
		 R "txt"}, /* right-to-left override */
		{"\"\\</x>&'%s%n", "\"\\</x>&'%s%n"},
		{"\xf0\x9f\x94\x91\xf0\x9f", "\xf0\x9f\x94\x91" R},
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		 R R R R R R R R R R R R R R R},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(comms) / sizeof(*comms); i++) {
		struct scene scene;
		struct record_session *session = scene_make(&scene);
		struct row row;
		struct value value = {.type = VALUE_UNKNOWN};

		for (int owner = 0; owner < 2; owner++) {
			memset(session[owner].comm, 0, sizeof(session[owner].comm));
			memcpy(session[owner].comm, comms[i][0], strlen(comms[i][0]));
		}
		scene_row(&scene, &row);
		assert_shown(&row, "COMM", comms[i][1]);
		owner_field_at(2)->get(&row, row.record, &value);
		assert_string_equal(value_for_people(&value), comms[i][1]);
		scene_free(&scene);
	}
}

static void bar_fills_with_the_silence(void **state)
{
	static const struct row_of {
		uint32_t silence_ms;
		const char *bar;
	} rows[] = {
		{0, "░░░░░░░░░░"},	{34999, "░░░░░░░░░░"},	{35000, "█░░░░░░░░░"},
		{349999, "█████████░"}, {350000, "██████████"}, {UINT32_MAX, "██████████"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene scene;
		struct record_session *session = scene_make(&scene);
		struct row row;

		session->rx_ack_age_ms = rows[i].silence_ms;
		session->rx_data_age_ms = rows[i].silence_ms;
		scene_row(&scene, &row);
		assert_shown(&row, "BAR", rows[i].bar);
		scene_free(&scene);
	}
}

/* Whatever the record says, every field has a value of its kind. */
static void every_field_bears_extremes(void **state)
{
	static const uint8_t fills[] = {0x00, 0x7f, 0xff};
	const struct field *field;

	(void)state;
	for (size_t i = 0; i < sizeof(fills); i++) {
		struct scene scene;
		struct record_session *session = scene_make(&scene);
		struct row row;

		memset(session, fills[i], sizeof(*session));
		session->head.kind = RECORD_SESSION;
		session->now_ns = 5000 * 1000000000ULL;
		session->history.rx_ns = 1;
		session->family = 6;
		session->comm[COMM_LEN - 1] = 0;
		session[1] = *session;
		scene_row(&scene, &row);
		for (size_t j = 0; (field = field_at(j)); j++) {
			struct value value;

			report_value(field, &row, &value);
			assert_non_null(value_for_people(&value));
			assert_true(strlen(value.text) < sizeof(value.text));
			assert_false(value.type == VALUE_SECONDS && !(value.seconds >= 0));
		}
		scene_free(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_and_keys_are_unique),
		cmocka_unit_test(no_key_is_the_parent_of_another),
		cmocka_unit_test(columns_can_be_typed_and_are_explained),
		cmocka_unit_test(keys_are_snake_case),
		cmocka_unit_test(find_takes_either_case),
		cmocka_unit_test(find_takes_the_whole_name_only),
		cmocka_unit_test(schema_requires_only_what_there_is),
		cmocka_unit_test(schema_knows_every_key),
		cmocka_unit_test(schema_and_owner_fields_agree),
		cmocka_unit_test(values_for_people),
		cmocka_unit_test(row_of_a_session),
		cmocka_unit_test(what_sshidle_set_shows),
		cmocka_unit_test(keepalive_of_the_client_shows),
		cmocka_unit_test(addresses_of_ipv6_stand_in_brackets),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(hostile_comm_is_cleaned),
		cmocka_unit_test(bar_fills_with_the_silence),
		cmocka_unit_test(every_field_bears_extremes),
	};

	setlocale(LC_CTYPE, "C.UTF-8"); /* the bar is drawn for it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
