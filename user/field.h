/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of fields that feeds every format: table, JSON, -o help, the man page. */
#ifndef SSHIDLE_FIELD_H
#define SSHIDLE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "row.h"
#include "value.h"

enum field_flags {
	FIELD_RIGHT = 1 << 0,	 /* numbers stand at the right */
	FIELD_TRUNCATE = 1 << 1, /* gives way when a terminal is too narrow */
	FIELD_VERDICT = 1 << 2,	 /* coloured by the row's verdict */
	FIELD_BAR = 1 << 3,	 /* drawn on terminals only */
};

struct field {
	const char *column; /* upper case; NULL: JSON only */
	const char *key;    /* path in the JSON of a session, "idle.wire_s"; NULL: tables only */
	const char *help;
	unsigned int flags;
	void (*get)(const struct row *row, struct value *value); /* value is UNKNOWN before */
};

/* Field i in the order of the JSON, NULL past the end. */
const struct field *field_at(size_t i);

/* The field with that column name, in either case; length bytes of it. NULL: none. */
const struct field *field_find(const char *column, size_t length);

/* Fields of one owner of a session: the objects in "owners". */
struct owner_field {
	const char *key;
	void (*get)(const struct row *row, const struct record_session *owner, struct value *value);
};
const struct owner_field *owner_field_at(size_t i);

#endif
