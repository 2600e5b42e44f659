// SPDX-License-Identifier: GPL-2.0-only
/* One value of any field, on its way to a table or to JSON. */
#include <linux/types.h>

#include "value.h"

#include <inttypes.h>
#include <stdio.h>

#include "address.h"
#include "duration.h"
#include "facts.h"
#include "utf8.h"

void value_set_text(struct value *value, const char *text)
{
	value->type = VALUE_TEXT;
	snprintf(value->text, sizeof(value->text), "%s", text);
}

void value_set_foreign(struct value *value, const char *bytes, size_t size)
{
	if (utf8_clean(bytes, size, value->text, sizeof(value->text)))
		value->type = VALUE_TEXT;
}

void value_set_number(struct value *value, int64_t number)
{
	value->type = VALUE_NUMBER;
	value->number = number;
}

void value_set_decimal(struct value *value, double decimal)
{
	value->type = VALUE_DECIMAL;
	value->decimal = decimal;
}

void value_set_bool(struct value *value, bool truth)
{
	value->type = VALUE_BOOL;
	value->number = truth;
}

void value_set_ns(struct value *value, int64_t ns)
{
	if (ns == UNKNOWN_NS)
		return;
	value->type = VALUE_SECONDS;
	value->seconds = ns_to_seconds(ns);
}

void value_set_period(struct value *value, int64_t ns)
{
	const int64_t tenth = NSEC_PER_SEC / 10;

	if (ns != UNKNOWN_NS)
		value_set_ns(value, (ns + tenth / 2) / tenth * tenth);
}

void value_set_endpoint(struct value *value, const uint8_t address[16], uint16_t port)
{
	value->type = VALUE_TEXT;
	endpoint_format(address, port, value->text, sizeof(value->text));
}

void value_set_address(struct value *value, const uint8_t address[16])
{
	value->type = VALUE_TEXT;
	address_format(address, value->text, sizeof(value->text));
}

void value_set_id(struct value *value, uint64_t cookie)
{
	value->type = VALUE_TEXT;
	snprintf(value->text, sizeof(value->text), "%" PRIu64, cookie);
}

const char *value_for_people(struct value *value)
{
	switch (value->type) {
	case VALUE_UNKNOWN:
		return "-";
	case VALUE_SECONDS:
		return duration_format(value->seconds, value->text, sizeof(value->text));
	case VALUE_NUMBER:
		snprintf(value->text, sizeof(value->text), "%" PRId64, value->number);
		return value->text;
	case VALUE_DECIMAL:
		snprintf(value->text, sizeof(value->text), "%.2f", value->decimal);
		return value->text;
	case VALUE_BOOL:
		return value->number ? "yes" : "no";
	default:
		return value->text;
	}
}
