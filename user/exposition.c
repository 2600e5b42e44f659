// SPDX-License-Identifier: GPL-2.0-only
/* Writes metrics as Prometheus and OpenMetrics read them. */
#include "exposition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define VALUE_SIZE 1024 /* three bytes for each of the longest value, an address or a name */
#define BOUND_SIZE 16

static const struct {
	const char *type;   /* in OpenMetrics */
	const char *older;  /* in 0.0.4 */
	const char *ending; /* of the samples' names; in 0.0.4 it belongs to the family's */
} types[METRIC_TYPES] = {
	[METRIC_GAUGE] = {"gauge", "gauge", ""},
	[METRIC_COUNTER] = {"counter", "counter", "_total"},
	[METRIC_INFO] = {"info", "gauge", "_info"},
	[METRIC_STATESET] = {"stateset", "gauge", ""},
	[METRIC_GAUGE_HISTOGRAM] = {"gaugehistogram", "histogram", ""},
};

void exposition_family(const struct exposition *exposition, const struct metric_family *family)
{
	const char *ending = types[family->type].ending;
	FILE *out = exposition->out;

	if (!exposition->openmetrics) {
		fprintf(out, "# HELP %s%s %s\n", family->name, ending, family->help);
		fprintf(out, "# TYPE %s%s %s\n", family->name, ending, types[family->type].older);
		return;
	}
	fprintf(out, "# TYPE %s %s\n", family->name, types[family->type].type);
	if (family->unit)
		fprintf(out, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(out, "# HELP %s %s\n", family->name, family->help);
}

/* Both formats escape these three; clean UTF-8 holds no newline any more. */
static void write_value(FILE *out, const char *value)
{
	char clean[VALUE_SIZE];

	utf8_clean(value, strlen(value), clean, sizeof(clean));
	for (const char *byte = clean; *byte; byte++) {
		if (*byte == '\\' || *byte == '"')
			putc('\\', out);
		putc(*byte, out);
	}
}

static void write_name(const struct exposition *exposition, const struct metric_family *family,
		       const char *ending, const struct metric_label *label)
{
	FILE *out = exposition->out;
	char separator = '{';

	fprintf(out, "%s%s", family->name, ending);
	for (; label && label->name; label++) {
		fprintf(out, "%c%s=\"", separator, label->name);
		write_value(out, label->value);
		putc('"', out);
		separator = ',';
	}
	if (separator == ',')
		putc('}', out);
}

void exposition_count(const struct exposition *exposition, const struct metric_family *family,
		      const struct metric_label *labels, uint64_t value)
{
	write_name(exposition, family, types[family->type].ending, labels);
	fprintf(exposition->out, " %" PRIu64 "\n", value);
}

void exposition_seconds(const struct exposition *exposition, const struct metric_family *family,
			const struct metric_label *labels, double value)
{
	write_name(exposition, family, types[family->type].ending, labels);
	fprintf(exposition->out, " %.3f\n", value);
}

void exposition_counter(const struct exposition *exposition, const struct metric_family *family,
			const struct metric_label *labels, uint64_t value, double created_s)
{
	exposition_count(exposition, family, labels, value);
	if (!exposition->openmetrics || !created_s)
		return;
	write_name(exposition, family, "_created", labels);
	fprintf(exposition->out, " %.3f\n", created_s);
}

/* OpenMetrics wants a float there, where the libraries of 0.0.4 write none. */
static void write_bucket(const struct exposition *exposition, const struct metric_family *family,
			 const char *bound, uint64_t count)
{
	const struct metric_label labels[] = {{"le", bound}, {}};

	write_name(exposition, family, "_bucket", labels);
	fprintf(exposition->out, " %" PRIu64 "\n", count);
}

void exposition_histogram(const struct exposition *exposition, const struct metric_family *family,
			  const uint32_t *bounds, const uint64_t *counts, size_t n, double sum)
{
	const char *point = exposition->openmetrics ? ".0" : "";
	const char *gauge = exposition->openmetrics ? "g" : "";
	char bound[BOUND_SIZE];
	uint64_t below = 0;

	for (size_t i = 0; i < n; i++) {
		below += counts[i];
		snprintf(bound, sizeof(bound), "%" PRIu32 "%s", bounds[i], point);
		write_bucket(exposition, family, bound, below);
	}
	below += counts[n];
	write_bucket(exposition, family, "+Inf", below);
	fprintf(exposition->out, "%s_%ssum %.3f\n", family->name, gauge, sum);
	fprintf(exposition->out, "%s_%scount %" PRIu64 "\n", family->name, gauge, below);
}

void exposition_end(const struct exposition *exposition)
{
	if (exposition->openmetrics)
		fputs("# EOF\n", exposition->out);
}
