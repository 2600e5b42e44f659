/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of fields of an obituary, which feeds the table and JSON of history. */
#ifndef SSHIDLE_DEATH_FIELD_H
#define SSHIDLE_DEATH_FIELD_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "../bpf/record.h"
#include "value.h"

/* start tells when the death's times were. */
struct death_row {
	const struct record_start *start;
	const struct death *death;
};

struct death_field {
	const char *column; /* upper case; NULL: JSON only */
	const char *key;    /* path in the JSON of a death; NULL: tables only */
	bool right;	    /* numbers stand at the right */
	void (*get)(const struct death_row *row, struct value *value); /* it is UNKNOWN before */
};

/* Field i in the order of the JSON, NULL past the end. */
const struct death_field *death_field_at(size_t i);

#endif
