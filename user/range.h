/* SPDX-License-Identifier: GPL-2.0-only */
/* Threshold ranges as monitoring plugins take them. Pure. */
#ifndef SSHIDLE_RANGE_H
#define SSHIDLE_RANGE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that hold every text of range_format(), NUL included. */
#define RANGE_TEXT_SIZE 64

/* The largest number in a range, so that no text of one needs an exponent. */
#define RANGE_MAX 1e12

/*
 * [@]start:end of the Monitoring Plugins Development Guidelines ("Threshold and Ranges"): an alert
 * is raised outside of start..end, with '@' inside of it. Both ends belong to the range.
 */
struct range {
	double start; /* -INFINITY: "~" */
	double end;   /* INFINITY: nothing behind the colon */
	bool alert_inside;
};

/* What the numbers of a range are, and what a number alone means. */
enum range_kind {
	RANGE_COUNT,	/* "5" is 0:5 */
	RANGE_LONGEST,	/* seconds or TIME FORMATS of sshd_config(5), "1h" is 0:3600 */
	RANGE_SHORTEST, /* the same, but "1h" is 3600: */
};

/*
 * Reads a range of length bytes. -EINVAL: it is none; -ERANGE: a number is beyond RANGE_MAX;
 * -EDOM: start is greater than end. On failure nothing changes.
 */
int range_parse(const char *text, size_t length, enum range_kind kind, struct range *ret);

/* An error of range_parse() in words to follow the text: "what is wrong; what is allowed". */
const char *range_words(int error);

/* Whether value raises an alert. */
bool range_alerts(const struct range *range, double value);

/* Writes it as performance data has it, in plain numbers; gives buf. */
const char *range_format(const struct range *range, char *buf, size_t size);

#endif
