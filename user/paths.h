/* SPDX-License-Identifier: GPL-2.0-only */
/* What each path has taught, by the prefix of its peers. */
#ifndef SSHIDLE_PATHS_H
#define SSHIDLE_PATHS_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "lesson.h"
#include "prefix.h"
#include "stream.h"

struct paths;

struct taught_path {
	struct prefix prefix;
	struct path_lesson lesson;
	struct learned learned; /* from the lesson */
};

/* Takes the path records out of a stream. 0 or -ENOMEM. Release with paths_free(). */
int paths_make(const struct stream *stream, struct paths **ret);

/*
 * Reads what the recorder at run_dir keeps of the paths. No recorder is no failure: then nothing
 * was taught, and *ret is NULL. 0 or -errno, which was told. Release with paths_free().
 */
int paths_read(const char *run_dir, struct paths **ret);
void paths_free(struct paths *paths);

/* What the path to peer (the 128-bit form of struct prefix) taught; NULL: nothing. Borrowed. */
const struct learned *paths_find(const struct paths *paths, const uint8_t peer[16]);

/* Path i in the order of the prefixes, NULL past the end. Borrowed. */
const struct taught_path *paths_at(const struct paths *paths, size_t i);

#endif
