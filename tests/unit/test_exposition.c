// SPDX-License-Identifier: GPL-2.0-only
/* The two formats of metrics, byte for byte. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../user/exposition.h"

#define R "\xef\xbf\xbd" /* U+FFFD */

static const struct metric_family gauge = {"x_seconds", METRIC_GAUGE, "seconds", "Help."};
static const struct metric_family counter = {"x_deaths", METRIC_COUNTER, NULL, "Help."};
static const struct metric_family info = {"x", METRIC_INFO, NULL, "Help."};
static const struct metric_family stateset = {"x_verdict", METRIC_STATESET, NULL, "Help."};
static const struct metric_family histogram = {"x_seconds", METRIC_GAUGE_HISTOGRAM, "seconds",
					       "Help."};

/* Writes one family in one format; the text is the caller's. */
static char *written(bool openmetrics, const struct metric_family *family,
		     void (*write)(const struct exposition *exposition,
				   const struct metric_family *family))
{
	char *text = NULL;
	size_t size = 0;
	struct exposition exposition = {open_memstream(&text, &size), openmetrics};

	assert_non_null(exposition.out);
	exposition_family(&exposition, family);
	if (write)
		write(&exposition, family);
	exposition_end(&exposition);
	assert_int_equal(fclose(exposition.out), 0);
	return text;
}

static void assert_written(const struct metric_family *family,
			   void (*write)(const struct exposition *exposition,
					 const struct metric_family *family),
			   const char *prometheus, const char *openmetrics)
{
	char *text = written(false, family, write);

	assert_string_equal(text, prometheus);
	free(text);
	text = written(true, family, write);
	assert_string_equal(text, openmetrics);
	free(text);
}

static void write_seconds(const struct exposition *exposition, const struct metric_family *family)
{
	exposition_seconds(exposition, family, NULL, 47.3456);
}

static void write_labels(const struct exposition *exposition, const struct metric_family *family)
{
	const struct metric_label labels[] = {{"a", "x\\y\"z"}, {"b", "\n\x1b[m\xff\xc3\xa9"}, {}};
	const struct metric_label none[] = {{}};

	exposition_count(exposition, family, labels, UINT64_MAX);
	exposition_count(exposition, family, none, 0);
}

static void families_are_named_as_each_format_wants(void **state)
{
	(void)state;
	assert_written(&gauge, NULL, "# HELP x_seconds Help.\n# TYPE x_seconds gauge\n",
		       "# TYPE x_seconds gauge\n# UNIT x_seconds seconds\n# HELP x_seconds Help.\n"
		       "# EOF\n");
	assert_written(&counter, NULL,
		       "# HELP x_deaths_total Help.\n# TYPE x_deaths_total counter\n",
		       "# TYPE x_deaths counter\n# HELP x_deaths Help.\n# EOF\n");
	assert_written(&info, NULL, "# HELP x_info Help.\n# TYPE x_info gauge\n",
		       "# TYPE x info\n# HELP x Help.\n# EOF\n");
	assert_written(&stateset, NULL, "# HELP x_verdict Help.\n# TYPE x_verdict gauge\n",
		       "# TYPE x_verdict stateset\n# HELP x_verdict Help.\n# EOF\n");
	assert_written(&histogram, NULL, "# HELP x_seconds Help.\n# TYPE x_seconds histogram\n",
		       "# TYPE x_seconds gaugehistogram\n# UNIT x_seconds seconds\n"
		       "# HELP x_seconds Help.\n# EOF\n");
}

static void samples_have_clean_labels(void **state)
{
	(void)state;
	assert_written(&gauge, write_seconds,
		       "# HELP x_seconds Help.\n# TYPE x_seconds gauge\nx_seconds 47.346\n",
		       "# TYPE x_seconds gauge\n# UNIT x_seconds seconds\n# HELP x_seconds Help.\n"
		       "x_seconds 47.346\n# EOF\n");
	assert_written(&counter, write_labels,
		       "# HELP x_deaths_total Help.\n# TYPE x_deaths_total counter\n"
		       "x_deaths_total{a=\"x\\\\y\\\"z\",b=\"" R R "[m" R "\xc3\xa9\"} "
		       "18446744073709551615\n"
		       "x_deaths_total 0\n",
		       "# TYPE x_deaths counter\n# HELP x_deaths Help.\n"
		       "x_deaths_total{a=\"x\\\\y\\\"z\",b=\"" R R "[m" R "\xc3\xa9\"} "
		       "18446744073709551615\n"
		       "x_deaths_total 0\n# EOF\n");
}

static void write_counter(const struct exposition *exposition, const struct metric_family *family)
{
	const struct metric_label labels[] = {{"a", "b"}, {}};

	exposition_counter(exposition, family, labels, 3, 1795576893.5804);
	exposition_counter(exposition, family, NULL, 0, 0);
}

static void counters_tell_since_when(void **state)
{
	(void)state;
	assert_written(&counter, write_counter,
		       "# HELP x_deaths_total Help.\n# TYPE x_deaths_total counter\n"
		       "x_deaths_total{a=\"b\"} 3\nx_deaths_total 0\n",
		       "# TYPE x_deaths counter\n# HELP x_deaths Help.\n"
		       "x_deaths_total{a=\"b\"} 3\nx_deaths_created{a=\"b\"} 1795576893.580\n"
		       "x_deaths_total 0\n# EOF\n");
}

static void write_histogram(const struct exposition *exposition, const struct metric_family *family)
{
	static const uint32_t bounds[] = {10, 300};
	static const uint64_t counts[] = {2, 0, 3};

	exposition_histogram(exposition, family, bounds, counts, 2, 1234.5);
}

static void buckets_are_cumulative(void **state)
{
	(void)state;
	assert_written(&histogram, write_histogram,
		       "# HELP x_seconds Help.\n# TYPE x_seconds histogram\n"
		       "x_seconds_bucket{le=\"10\"} 2\nx_seconds_bucket{le=\"300\"} 2\n"
		       "x_seconds_bucket{le=\"+Inf\"} 5\nx_seconds_sum 1234.500\n"
		       "x_seconds_count 5\n",
		       "# TYPE x_seconds gaugehistogram\n# UNIT x_seconds seconds\n"
		       "# HELP x_seconds Help.\n"
		       "x_seconds_bucket{le=\"10.0\"} 2\nx_seconds_bucket{le=\"300.0\"} 2\n"
		       "x_seconds_bucket{le=\"+Inf\"} 5\nx_seconds_gsum 1234.500\n"
		       "x_seconds_gcount 5\n# EOF\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_are_named_as_each_format_wants),
		cmocka_unit_test(samples_have_clean_labels),
		cmocka_unit_test(counters_tell_since_when),
		cmocka_unit_test(buckets_are_cumulative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
