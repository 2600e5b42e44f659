/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report as JSON, schema sshidle/1. */
#ifndef SSHIDLE_JSON_H
#define SSHIDLE_JSON_H

#include "death_field.h"
#include "json_make.h"
#include "report.h"

/*
 * Writes to stdout, a session at a time: memory does not grow with their number. 0 or -ENOMEM;
 * write errors show on stdout itself.
 */
int json_print_report(const struct report *report);

/* What follows makes objects that all documents are made of; the caller's. */

/* A document that begins with "schema", "time" and "host". */
struct json_object *json_new_document(const struct record_start *start);

/* The ports that are recorded. */
struct json_object *json_new_ports(const struct record_start *start);

/* A session of a report, as it stands in "sessions". */
struct json_object *json_new_session(const struct row *row);

/* An obituary, as it stands in "deaths". */
struct json_object *json_new_death(const struct death_row *row);

/* A session that only its obituary tells of: all keys of the above, null what that does not hold.
 */
struct json_object *json_new_late_session(const struct death_row *row);

/* Prints a document, and a line's end, and frees it. 0 or -ENOMEM; write errors show on stdout. */
int json_print(struct json_object *document, enum json_form form);

/* Foreign bytes as clean UTF-8; at most JSON_CLEAN_MAX of them, up to a NUL. */
#define JSON_CLEAN_MAX 256
struct json_object *json_new_clean(const char *bytes, size_t size);

/* The JSON Schemas, of list and of what each name says: user/sshidle-*.schema.json. */
extern const char json_schema[];
extern const char json_schema_events[];
extern const char json_schema_explain[];
extern const char json_schema_history[];
extern const char json_schema_keepalive[];
extern const char json_schema_profiles[];
extern const char json_schema_status[];

#endif
