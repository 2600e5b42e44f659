/* SPDX-License-Identifier: GPL-2.0-only */
/* One value of any field, on its way to a table or to JSON. */
#ifndef SSHIDLE_VALUE_H
#define SSHIDLE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clean UTF-8 of the longest title, and an address with its port. */
#define VALUE_TEXT_SIZE 800

enum value_type {
	VALUE_UNKNOWN, /* null in JSON, "-" in tables */
	VALUE_TEXT,
	VALUE_SECONDS, /* a number in JSON, a duration for people in tables */
	VALUE_NUMBER,
	VALUE_DECIMAL, /* a number with two decimals */
	VALUE_BOOL,
};

struct value {
	enum value_type type;
	double seconds;
	double decimal;
	int64_t number;		    /* of VALUE_NUMBER and VALUE_BOOL */
	char text[VALUE_TEXT_SIZE]; /* clean UTF-8 */
};

/* Each makes value one of its type; what is unknown leaves it VALUE_UNKNOWN. */
void value_set_text(struct value *value, const char *text);

/* For bytes that others chose, at most size or up to a NUL; none of them is unknown. */
void value_set_foreign(struct value *value, const char *bytes, size_t size);
void value_set_number(struct value *value, int64_t number);
void value_set_decimal(struct value *value, double decimal);
void value_set_bool(struct value *value, bool truth);

/* UNKNOWN_NS is unknown. */
void value_set_ns(struct value *value, int64_t ns);

/* A measured period, to a tenth of a second: 2.99 s is a keepalive every 3 s. */
void value_set_period(struct value *value, int64_t ns);

/* A socket cookie: text, since JSON numbers are exact to 53 bits only. */
void value_set_id(struct value *value, uint64_t cookie);

/* 16 bytes in network order, the port in host order. */
void value_set_address(struct value *value, const uint8_t address[16]);
void value_set_endpoint(struct value *value, const uint8_t address[16], uint16_t port);

/* The value as tables show it; gives value->text or a constant. */
const char *value_for_people(struct value *value);

#endif
