// SPDX-License-Identifier: GPL-2.0-only
/* Clusters of fatal silences, what they fit, and what the judge takes from them. */
#include <linux/types.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/lesson.h"

static void add_fatal(struct path_lesson *lesson, uint32_t silence_ms, enum expiry expiry)
{
	uint32_t i = lesson->fatal++;

	lesson->fatals[i % PATH_FATALS] = (struct fatal_silence){
		.silence_ms = silence_ms,
		.ended_s = i * CLUSTER_APART_S,
		.expiry = expiry,
	};
}

static unsigned int bucket_of(uint32_t silence_ms)
{
	unsigned int bucket = PATH_BUCKETS - 1;

	while (path_bucket_floor_ms(bucket) > silence_ms)
		bucket--;
	return bucket;
}

/* As the recorder counts them, where we spoke: after all that were fatal so far. */
static void pass(struct path_lesson *lesson, uint32_t silence_ms, unsigned int times)
{
	if (silence_ms > lesson->longest_ms)
		lesson->longest_ms = silence_ms;
	lesson->passed[bucket_of(silence_ms)] += times;
	for (int i = 0; i < PATH_FATALS; i++)
		if (lesson->fatals[i].silence_ms + PATH_SPREAD_MS < silence_ms)
			lesson->fatals[i].passed_since += times;
}

static void add_resets(struct path_lesson *lesson, const uint32_t *seconds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_fatal(lesson, seconds[i] * 1000, EXPIRY_SILENT_RST);
}

static void three_alike_are_a_cluster(void **state)
{
	static const uint32_t seconds[] = {351, 20, 350, 352};
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {};

	(void)state;
	add_resets(&lesson, seconds, 2);
	assert_int_equal(lesson_clusters(&lesson, clusters), 0);
	add_resets(&lesson, seconds + 2, 1);
	assert_int_equal(lesson_clusters(&lesson, clusters), 0);
	add_resets(&lesson, seconds + 3, 1);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].n, 3);
	assert_int_equal(clusters[0].of, 4);
	assert_int_equal(clusters[0].least_ms, 350000);
	assert_int_equal(clusters[0].most_ms, 352000);
	assert_int_equal(clusters[0].expiry, EXPIRY_SILENT_RST);
}

/* Two seconds, or a fiftieth where that is more. */
static void the_spread_grows_with_the_silence(void **state)
{
	static const struct row {
		uint32_t ms[3];
		size_t clusters;
	} rows[] = {
		{{15000, 16000, 17000}, 1},	  {{15000, 16000, 17001}, 0},
		{{100000, 100000, 102000}, 1},	  {{100000, 100000, 102001}, 0},
		{{3600000, 3600000, 3672000}, 1}, {{3600000, 3600000, 3672001}, 0},
	};
	struct cluster clusters[CLUSTERS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct path_lesson lesson = {};

		for (size_t j = 0; j < 3; j++)
			add_fatal(&lesson, rows[i].ms[j], EXPIRY_SILENT_RST);
		assert_int_equal(lesson_clusters(&lesson, clusters), rows[i].clusters);
	}
}

static void ends_that_look_otherwise_are_kept_apart(void **state)
{
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {};

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_fatal(&lesson, 60000, EXPIRY_RST);
		add_fatal(&lesson, 60000, EXPIRY_SILENT_RST);
		add_fatal(&lesson, 60000 - i * 1000, EXPIRY_SILENT);
		add_fatal(&lesson, 600000, EXPIRY_CLOSE);
	}
	assert_int_equal(lesson_clusters(&lesson, clusters), 4);
	assert_int_equal(clusters[0].expiry, EXPIRY_SILENT);
	assert_int_equal(clusters[0].of, 9); /* a FIN counts only among FINs */
	assert_int_equal(clusters[3].expiry, EXPIRY_CLOSE);
	assert_int_equal(clusters[3].of, 12);
}

/* A laptop that is closed ends all its sessions at once: that is no box with a timeout. */
static void what_ends_together_is_one_event(void **state)
{
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {};

	(void)state;
	for (int i = 0; i < 5; i++)
		add_fatal(&lesson, 60000, EXPIRY_CLOSE);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	for (int i = 0; i < 5; i++)
		lesson.fatals[i].ended_s = 1000 + i / 3;
	assert_int_equal(lesson_clusters(&lesson, clusters), 0);
	lesson.fatals[3].ended_s = 1000 + CLUSTER_APART_S;
	lesson.fatals[4].ended_s = 1000 + 2 * CLUSTER_APART_S;
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].n, 3);
	assert_int_equal(clusters[0].of, 3);
	lesson.fatals[1].silence_ms = 90000; /* at the same time, but after another silence */
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].of, 4);
}

/* Only as many are remembered, the last ones. */
static void the_ring_forgets_the_oldest(void **state)
{
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {};

	(void)state;
	for (int i = 0; i < 5; i++)
		add_fatal(&lesson, 900000, EXPIRY_SILENT_RST);
	for (int i = 0; i < PATH_FATALS; i++)
		add_fatal(&lesson, 350000, EXPIRY_SILENT_RST);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].n, PATH_FATALS);
	assert_int_equal(clusters[0].least_ms, 350000);
}

static void learns_the_shortest_credible_cluster(void **state)
{
	static const uint32_t seconds[] = {350, 351, 352, 900, 901, 902};
	struct path_lesson lesson = {.longest_ms = 340000};
	struct learned learned;

	(void)state;
	add_resets(&lesson, seconds, 2);
	lesson_learn(&lesson, &learned);
	assert_int_equal(learned.fatal_ns, 0);
	assert_int_equal(learned.survived_ns, 340000 * 1000000ULL);
	add_resets(&lesson, seconds + 2, 4);
	lesson_learn(&lesson, &learned);
	assert_int_equal(learned.fatal_ns, 350000 * 1000000ULL);

	/* As many silences longer than the first cluster's passed: something else ended those. */
	pass(&lesson, 700000, 3);
	lesson_learn(&lesson, &learned);
	assert_int_equal(learned.fatal_ns, 900000 * 1000000ULL);
}

/* A keepalive finds a cut some time after it, a box that closes by itself tells it at once. */
static void knows_who_spoke_at_the_cut(void **state)
{
	static const bool spoken[EXPIRIES] = {
		[EXPIRY_SILENT_RST] = true,
		[EXPIRY_SILENT] = true,
	};

	(void)state;
	for (enum expiry expiry = 0; expiry < EXPIRIES; expiry++) {
		struct path_lesson lesson = {};
		struct learned learned;

		for (int i = 0; i < CLUSTER_MIN; i++)
			add_fatal(&lesson, 900000, expiry);
		lesson_learn(&lesson, &learned);
		assert_int_equal(learned.fatal_ns, 900000 * 1000000ULL);
		assert_int_equal(learned.spoken, spoken[expiry]);
	}
}

static void knows_what_passed_on_either_side(void **state)
{
	static const uint32_t seconds[] = {15, 16, 16};
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {.longest_ms = 14000};

	(void)state;
	add_resets(&lesson, seconds, 3);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].passed_below_ms, 14000);
	assert_int_equal(clusters[0].passed_since, 0);
	pass(&lesson, 19000, 1);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].passed_below_ms, 0);
	assert_int_equal(clusters[0].passed_since, 1);
	assert_true(cluster_is_credible(&clusters[0]));
}

/* Whatever it let pass before: three cuts, and nothing longer since. */
static void a_path_that_became_stricter_is_learned(void **state)
{
	static const uint32_t seconds[] = {350, 351, 350};
	struct path_lesson lesson = {};
	struct learned learned;

	(void)state;
	pass(&lesson, 3600000, 200);
	add_resets(&lesson, seconds, 2);
	lesson_learn(&lesson, &learned);
	assert_int_equal(learned.fatal_ns, 0);
	assert_int_equal(learned.survived_ns, 3600000 * 1000000ULL);
	add_resets(&lesson, seconds + 2, 1);
	lesson_learn(&lesson, &learned);
	assert_int_equal(learned.fatal_ns, 350000 * 1000000ULL);
}

/* A program that closes what idles does so more often than others pause, and is no box. */
static void what_ends_by_itself_is_weighed_by_all_that_passed(void **state)
{
	static const enum expiry by_itself[] = {EXPIRY_RST, EXPIRY_CLOSE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct cluster clusters[CLUSTERS_MAX];
		struct path_lesson lesson = {};

		for (int j = 0; j < PATH_FATALS - 1; j++) {
			pass(&lesson, 60000, 1);
			add_fatal(&lesson, 10000, by_itself[i]);
		}
		assert_int_equal(lesson_clusters(&lesson, clusters), 1);
		assert_int_equal(clusters[0].recent, 0);
		assert_int_equal(clusters[0].passed_longer, PATH_FATALS - 1);
		add_fatal(&lesson, 10000, by_itself[i]);
		lesson_clusters(&lesson, clusters);
		assert_int_equal(clusters[0].recent, PATH_FATALS);
	}
}

/* Strict, then not, then strict again: what was refuted does not speak against the last cuts. */
static void only_the_last_cuts_of_a_cluster_are_weighed(void **state)
{
	static const uint32_t seconds[] = {350, 351, 350, 352, 351};
	struct cluster clusters[CLUSTERS_MAX];
	struct path_lesson lesson = {};

	(void)state;
	add_resets(&lesson, seconds, 5);
	pass(&lesson, 3600000, 200);
	assert_int_equal(lesson_clusters(&lesson, clusters), 1);
	assert_int_equal(clusters[0].recent, 0);
	assert_int_equal(clusters[0].passed_since, 200);
	assert_false(cluster_is_credible(&clusters[0]));
	add_resets(&lesson, seconds, 2);
	lesson_clusters(&lesson, clusters);
	assert_false(cluster_is_credible(&clusters[0]));
	add_resets(&lesson, seconds + 2, 1);
	pass(&lesson, 3600000, 2);
	lesson_clusters(&lesson, clusters);
	assert_int_equal(clusters[0].n, 8);
	assert_int_equal(clusters[0].recent, 3);
	assert_int_equal(clusters[0].passed_since, 2);
	assert_true(cluster_is_credible(&clusters[0]));
	pass(&lesson, 3600000, 1);
	lesson_clusters(&lesson, clusters);
	assert_false(cluster_is_credible(&clusters[0]));
}

static void fits_need_value_and_behaviour(void **state)
{
	static const struct profile nat = {
		.name = "nat", .timeout_s = 350, .at_expiry = "silent-rst"};
	static const struct profile silent = {
		.name = "silent", .timeout_s = 350, .at_expiry = "silent"};
	static const struct row {
		uint32_t least_ms;
		bool fits;
	} rows[] = {
		{350000, true}, {357142, true},	 {357143, false}, {700000, false},
		{343138, true}, {343137, false}, {20000, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cluster cluster = {.expiry = EXPIRY_SILENT_RST,
					  .least_ms = rows[i].least_ms};

		print_message("%u ms\n", rows[i].least_ms);
		assert_int_equal(cluster_fits(&cluster, &nat), rows[i].fits);
		assert_false(cluster_fits(&cluster, &silent));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_alike_are_a_cluster),
		cmocka_unit_test(the_spread_grows_with_the_silence),
		cmocka_unit_test(ends_that_look_otherwise_are_kept_apart),
		cmocka_unit_test(what_ends_together_is_one_event),
		cmocka_unit_test(the_ring_forgets_the_oldest),
		cmocka_unit_test(learns_the_shortest_credible_cluster),
		cmocka_unit_test(knows_who_spoke_at_the_cut),
		cmocka_unit_test(knows_what_passed_on_either_side),
		cmocka_unit_test(a_path_that_became_stricter_is_learned),
		cmocka_unit_test(what_ends_by_itself_is_weighed_by_all_that_passed),
		cmocka_unit_test(only_the_last_cuts_of_a_cluster_are_weighed),
		cmocka_unit_test(fits_need_value_and_behaviour),
	};

	return cmocka_run_group_tests_name("lesson", tests, NULL, NULL);
}
