// SPDX-License-Identifier: GPL-2.0-only
/* What a path's silences come to: after how long it cuts, and which box does so. Pure. */
#include "lesson.h"

#include <stdlib.h>
#include <string.h>

#include "duration.h"

#define MSEC_PER_SEC 1000ULL

struct item {
	enum expiry expiry;
	uint32_t silence_ms;
	uint32_t passed_since;
	unsigned int age; /* fatal silences that came later */
};

/* The silences that are left to be put into clusters, sorted by expiry and length. */
struct pile {
	struct item items[PATH_FATALS];
	size_t n;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	if (left->expiry != right->expiry)
		return left->expiry < right->expiry ? -1 : 1;
	return left->silence_ms < right->silence_ms ? -1 : left->silence_ms > right->silence_ms;
}

/* Whether both ends are those of one event. */
static bool came_together(const struct fatal_silence *a, const struct fatal_silence *b)
{
	uint32_t apart_s = a->ended_s > b->ended_s ? a->ended_s - b->ended_s
						   : b->ended_s - a->ended_s;
	uint32_t least_ms = a->silence_ms < b->silence_ms ? a->silence_ms : b->silence_ms;
	uint32_t most_ms = a->silence_ms < b->silence_ms ? b->silence_ms : a->silence_ms;

	return apart_s < CLUSTER_APART_S && a->expiry == b->expiry &&
	       most_ms - least_ms <= path_spread_ms(least_ms);
}

static bool is_first(const struct path_lesson *lesson, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (came_together(&lesson->fatals[before], &lesson->fatals[i]))
			return false;
	return true;
}

static void pile_up(const struct path_lesson *lesson, struct pile *pile)
{
	size_t known = lesson->fatal < PATH_FATALS ? lesson->fatal : PATH_FATALS;

	pile->n = 0;
	for (size_t i = 0; i < known; i++) {
		const struct fatal_silence *fatal = &lesson->fatals[i];

		if (is_first(lesson, i))
			pile->items[pile->n++] = (struct item){
				.expiry = fatal->expiry,
				.silence_ms = fatal->silence_ms,
				.passed_since = fatal->passed_since,
				.age = (lesson->fatal - 1 - i) % PATH_FATALS,
			};
	}
	qsort(pile->items, pile->n, sizeof(*pile->items), compare_items);
}

/* How many items from the first on are alike. */
static size_t run_length(const struct pile *pile, size_t first)
{
	const struct item *item = &pile->items[first];
	size_t n = 1;

	while (first + n < pile->n && item[n].expiry == item->expiry &&
	       item[n].silence_ms - item->silence_ms <= path_spread_ms(item->silence_ms))
		n++;
	return n;
}

/* Takes the largest run off the pile; the shortest of equals. 0: it is too small for a cluster. */
static size_t take_run(struct pile *pile, struct item run[PATH_FATALS])
{
	size_t first = 0, most = 0;

	for (size_t i = 0; i < pile->n; i++) {
		size_t n = run_length(pile, i);

		if (n > most) {
			most = n;
			first = i;
		}
	}
	if (most < CLUSTER_MIN)
		return 0;
	memcpy(run, &pile->items[first], most * sizeof(*run));
	pile->n -= most;
	memmove(&pile->items[first], &pile->items[first + most],
		(pile->n - first) * sizeof(*pile->items));
	return most;
}

static int compare_ages(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	return left->age < right->age ? -1 : left->age > right->age;
}

/*
 * A box that was changed cuts where it did not before, or lets pass what it cut before: where we
 * spoke the cluster counts from the earliest of its cuts after which it was refuted less often than
 * it cut. What ends by itself may be a program that closes what idles: all that ever passed counts.
 */
static void weigh(struct cluster *cluster, struct item run[PATH_FATALS], unsigned int n)
{
	qsort(run, n, sizeof(*run), compare_ages);
	cluster->recent = n;
	cluster->passed_since = run[n - 1].passed_since;
	if (!expiry_is_spoken(cluster->expiry)) {
		if (cluster->passed_longer >= n)
			cluster->recent = 0;
		return;
	}
	for (unsigned int recent = n; recent >= CLUSTER_MIN; recent--) {
		if (run[recent - 1].passed_since >= recent)
			continue;
		cluster->recent = recent;
		cluster->passed_since = run[recent - 1].passed_since;
		return;
	}
	cluster->recent = 0;
}

/* A FIN is a cut only where it makes a cluster: else it was a person who went. */
static unsigned int count_cuts(const struct pile *pile, enum expiry expiry)
{
	unsigned int n = 0;

	for (size_t i = 0; i < pile->n; i++)
		n += pile->items[i].expiry != EXPIRY_CLOSE || expiry == EXPIRY_CLOSE;
	return n;
}

/* The longest is known exactly, the others by their buckets. */
static uint32_t passed_longer(const uint32_t passed[PATH_BUCKETS], uint64_t longest_ms,
			      uint64_t silence_ms)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < PATH_BUCKETS; i++)
		if (path_bucket_floor_ms(i) > silence_ms)
			sum += passed[i];
	return sum || longest_ms <= silence_ms ? sum : 1;
}

static int compare_clusters(const void *a, const void *b)
{
	const struct cluster *left = a, *right = b;

	return left->least_ms < right->least_ms ? -1 : left->least_ms > right->least_ms;
}

size_t lesson_clusters(const struct path_lesson *lesson, struct cluster ret[CLUSTERS_MAX])
{
	struct pile pile, all;
	struct item run[PATH_FATALS];
	size_t n = 0, length;

	pile_up(lesson, &pile);
	all = pile;
	while (n < CLUSTERS_MAX && (length = take_run(&pile, run))) {
		struct cluster *cluster = &ret[n++];

		cluster->expiry = run[0].expiry;
		cluster->n = length;
		cluster->of = count_cuts(&all, cluster->expiry);
		cluster->least_ms = run[0].silence_ms;
		cluster->most_ms = run[length - 1].silence_ms;
		cluster->passed_below_ms =
			lesson->longest_ms < cluster->least_ms ? lesson->longest_ms : 0;
		cluster->passed_longer =
			passed_longer(lesson->passed, lesson->longest_ms, cluster->most_ms);
		weigh(cluster, run, length);
	}
	qsort(ret, n, sizeof(*ret), compare_clusters);
	return n;
}

bool cluster_is_credible(const struct cluster *cluster)
{
	return cluster->recent;
}

bool cluster_fits(const struct cluster *cluster, const struct profile *profile)
{
	uint64_t timeout_ms = profile->timeout_s * MSEC_PER_SEC;
	uint64_t distance = timeout_ms > cluster->least_ms ? timeout_ms - cluster->least_ms
							   : cluster->least_ms - timeout_ms;

	return distance <= path_spread_ms(cluster->least_ms) &&
	       !strcmp(profile->at_expiry, expiry_name(cluster->expiry));
}

const char *expiry_name(enum expiry expiry)
{
	static const char *const names[EXPIRIES] = {
		[EXPIRY_SILENT_RST] = "silent-rst",
		[EXPIRY_SILENT] = "silent",
		[EXPIRY_RST] = "rst",
		[EXPIRY_CLOSE] = "close",
	};

	return names[expiry];
}

const char *expiry_words(enum expiry expiry)
{
	static const char *const words[EXPIRIES] = {
		[EXPIRY_SILENT_RST] = "RST on the next packet",
		[EXPIRY_SILENT] = "no answer to the next packet",
		[EXPIRY_RST] = "RST by itself",
		[EXPIRY_CLOSE] = "FIN by itself",
	};

	return words[expiry];
}

void lesson_learn(const struct path_lesson *lesson, struct learned *ret)
{
	struct cluster clusters[CLUSTERS_MAX];
	size_t n = lesson_clusters(lesson, clusters);

	*ret = (struct learned){.survived_ns = lesson->longest_ms * NSEC_PER_MSEC};
	memcpy(ret->passed, lesson->passed, sizeof(ret->passed));
	for (size_t i = 0; i < n && !ret->fatal_ns; i++) {
		const struct cluster *cluster = &clusters[i];

		if (!cluster_is_credible(cluster))
			continue;
		ret->fatal_ns = cluster->least_ms * NSEC_PER_MSEC;
		ret->spoken = expiry_is_spoken(cluster->expiry);
	}
}

uint32_t learned_longer(const struct learned *learned, uint64_t silence_ns)
{
	return passed_longer(learned->passed, learned->survived_ns / NSEC_PER_MSEC,
			     silence_ns / NSEC_PER_MSEC);
}
