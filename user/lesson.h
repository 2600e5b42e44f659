/* SPDX-License-Identifier: GPL-2.0-only */
/* What a path's silences come to: after how long it cuts, and which box does so. Pure. */
#ifndef SSHIDLE_LESSON_H
#define SSHIDLE_LESSON_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/record.h"
#include "profile.h"

#define CLUSTERS_MAX (PATH_FATALS / CLUSTER_MIN)

/* Ends alike after silences alike. */
struct cluster {
	enum expiry expiry;
	unsigned int n;
	unsigned int of; /* cuts that are known of the path; ends that came together are one */
	uint32_t least_ms;
	uint32_t most_ms;
	uint32_t passed_below_ms; /* the longest silence let pass, where it is shorter; else 0 */
	unsigned int recent;	  /* the last so many are believed, 0: none; see lesson.c */
	uint32_t passed_since;	  /* silences that refute it, since the first of these, or of all */
	uint32_t passed_longer;	  /* how many longer silences the path let pass, at least */
};

/* What the judge needs of it. */
struct learned {
	uint64_t survived_ns; /* the longest silence that the path let pass, 0: none is known */
	uint64_t fatal_ns;    /* the silence at which it cuts, 0: not known */
	bool spoken;	      /* we ended that one: the path may have been cut long before */
	uint32_t passed[PATH_BUCKETS]; /* as in struct path_lesson */
};

/* Finds the clusters, the shortest silence first; gives how many. */
size_t lesson_clusters(const struct path_lesson *lesson, struct cluster ret[CLUSTERS_MAX]);

/* Whether the path let silences pass that refute it less often than it cut. */
bool cluster_is_credible(const struct cluster *cluster);

/* Whether a box with the profile's timeout and behaviour would make such a cluster. */
bool cluster_fits(const struct cluster *cluster, const struct profile *profile);

/* "silent-rst", as in profiles. */
const char *expiry_name(enum expiry expiry);

/* "RST on the next packet", for people. */
const char *expiry_words(enum expiry expiry);

/* The shortest silence of credible clusters is that at which the path cuts. */
void lesson_learn(const struct path_lesson *lesson, struct learned *ret);

/* How many longer silences the path let pass: at least so many, since buckets are coarse. */
uint32_t learned_longer(const struct learned *learned, uint64_t silence_ns);

#endif
