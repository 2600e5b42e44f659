/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes metrics as Prometheus and OpenMetrics read them. */
#ifndef SSHIDLE_EXPOSITION_H
#define SSHIDLE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,	 /* its samples end in "_total" */
	METRIC_INFO,	 /* in "_info" */
	METRIC_STATESET, /* one sample for each state, named by the label of the family's name */
	METRIC_GAUGE_HISTOGRAM, /* a distribution as it is now, not of events since a start */
	METRIC_TYPES,
};

struct metric_family {
	const char *name; /* without the ending that its type adds */
	enum metric_type type;
	const char *unit; /* that the name ends in, NULL: none */
	const char *help; /* one sentence, without backslash and newline */
};

struct metric_label {
	const char *name;  /* NULL ends a list of them */
	const char *value; /* any bytes */
};

/*
 * The text format 0.0.4 of Prometheus, or OpenMetrics 1.0. What the older one does not know is
 * written as the nearest it has: info and stateset as gauges, a gauge histogram as a histogram.
 */
struct exposition {
	FILE *out; /* write errors show there */
	bool openmetrics;
};

/* Begins a family: its metadata, once, before all its samples. */
void exposition_family(const struct exposition *exposition, const struct metric_family *family);

/* One sample of the family; labels may be NULL. Seconds are written to the millisecond. */
void exposition_count(const struct exposition *exposition, const struct metric_family *family,
		      const struct metric_label *labels, uint64_t value);
void exposition_seconds(const struct exposition *exposition, const struct metric_family *family,
			const struct metric_label *labels, double value);

/* One sample of a counter, and in OpenMetrics since when it counts, CLOCK_REALTIME; 0: unknown. */
void exposition_counter(const struct exposition *exposition, const struct metric_family *family,
			const struct metric_label *labels, uint64_t value, double created_s);

/* n bounds and n + 1 counts, each of what lies above the bound before and not above its own. */
void exposition_histogram(const struct exposition *exposition, const struct metric_family *family,
			  const uint32_t *bounds, const uint64_t *counts, size_t n, double sum);

/* Ends the whole. */
void exposition_end(const struct exposition *exposition);

#endif
