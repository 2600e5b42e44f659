// SPDX-License-Identifier: GPL-2.0-only
/* Threshold ranges as monitoring plugins take them. Pure. */
#include "range.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

#define NUMBER_SIZE 32

/* Digits with a sign and a fraction: no exponent, hexadecimal or "inf", which strtod() takes. */
static int decimal_parse(const char *text, double *ret)
{
	double number;
	char *end;

	if (text[strspn(text, "-.0123456789")])
		return -EINVAL;
	number = strtod(text, &end);
	if (end == text || *end)
		return -EINVAL;
	if (fabs(number) > RANGE_MAX)
		return -ERANGE;
	*ret = number;
	return 0;
}

static int number_parse(const char *text, size_t length, enum range_kind kind, double *ret)
{
	char number[NUMBER_SIZE];
	uint64_t seconds;
	int err, no_duration = -EINVAL;

	if (!length || length >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, length);
	number[length] = 0;
	if (kind != RANGE_COUNT)
		no_duration = duration_parse(number, &seconds);
	if (!no_duration) {
		*ret = seconds;
		return 0;
	}
	err = decimal_parse(number, ret);
	return err && no_duration == -ERANGE ? -ERANGE : err;
}

/* A number without a colon. */
static int lone_parse(const char *text, size_t length, enum range_kind kind, struct range *range)
{
	if (kind == RANGE_SHORTEST)
		return number_parse(text, length, kind, &range->start);
	return number_parse(text, length, kind, &range->end);
}

/* What stands on both sides of a colon; ":5" is 0:5, but ":" says nothing. */
static int pair_parse(const char *text, size_t length, size_t colon, enum range_kind kind,
		      struct range *range)
{
	size_t rest = length - colon - 1;
	int err = 0;

	if (length == 1)
		return -EINVAL;
	if (colon == 1 && *text == '~')
		range->start = -INFINITY;
	else if (colon)
		err = number_parse(text, colon, kind, &range->start);
	if (!err && rest)
		err = number_parse(text + colon + 1, rest, kind, &range->end);
	return err;
}

int range_parse(const char *text, size_t length, enum range_kind kind, struct range *ret)
{
	struct range range = {.end = INFINITY};
	const char *colon;
	int err;

	if (length && *text == '@') {
		range.alert_inside = true;
		text++;
		length--;
	}
	colon = memchr(text, ':', length);
	if (colon)
		err = pair_parse(text, length, colon - text, kind, &range);
	else
		err = lone_parse(text, length, kind, &range);
	if (err)
		return err;
	if (range.start > range.end)
		return -EDOM;
	*ret = range;
	return 0;
}

const char *range_words(int error)
{
	switch (error) {
	case -ERANGE:
		return "holds a number that is too large; allowed are up to 1000000000000, "
		       "durations up to 3650d";
	case -EDOM:
		return "ends before it starts; it is [@]START:END with START up to END";
	default:
		return "is no range; allowed are forms such as 5, 10:, ~:5, 1:10, @1:10";
	}
}

bool range_alerts(const struct range *range, double value)
{
	bool inside = value >= range->start && value <= range->end;

	return inside == range->alert_inside;
}

/* Without an exponent, which not every reader of performance data takes. */
static void number_format(double number, char buf[NUMBER_SIZE])
{
	size_t length = snprintf(buf, NUMBER_SIZE, "%.6f", number);

	while (buf[length - 1] == '0')
		length--;
	if (buf[length - 1] == '.')
		length--;
	buf[length] = 0;
	if (!strcmp(buf, "-0"))
		memmove(buf, buf + 1, sizeof("0"));
}

const char *range_format(const struct range *range, char *buf, size_t size)
{
	char start[NUMBER_SIZE] = "~", end[NUMBER_SIZE] = "";
	bool from_zero;

	if (range->start != -INFINITY)
		number_format(range->start, start);
	if (range->end != INFINITY)
		number_format(range->end, end);
	from_zero = !strcmp(start, "0") && *end;
	snprintf(buf, size, "%s%s%s%s", range->alert_inside ? "@" : "", from_zero ? "" : start,
		 from_zero ? "" : ":", end);
	return buf;
}
