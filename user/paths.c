// SPDX-License-Identifier: GPL-2.0-only
/* What each path has taught, by the prefix of its peers. */
#include "paths.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "source.h"

struct paths {
	uint8_t prefix4, prefix6; /* lengths, in 128 bits */
	size_t n;
	struct taught_path list[]; /* sorted by prefix, none twice */
};

static int compare(const void *a, const void *b)
{
	const struct taught_path *left = a, *right = b;

	return prefix_compare(&left->prefix, &right->prefix);
}

/* A path that moved in the kernel's table while it was read is there twice. */
static void leave_out_twins(struct paths *paths)
{
	size_t n = 0;

	for (size_t i = 0; i < paths->n; i++)
		if (!n || compare(&paths->list[n - 1], &paths->list[i]))
			paths->list[n++] = paths->list[i];
	paths->n = n;
}

static void fill(const struct record_path *record, struct taught_path *path)
{
	memcpy(path->prefix.addr, record->key.addr, sizeof(path->prefix.addr));
	path->prefix.len = record->key.length;
	path->lesson = record->lesson;
	lesson_learn(&path->lesson, &path->learned);
}

int paths_make(const struct stream *stream, struct paths **ret)
{
	const struct record_start *start = stream_start(stream);
	struct paths *paths = calloc(1, sizeof(*paths) + stream->n * sizeof(*paths->list));

	if (!paths)
		return log_memory(-ENOMEM);
	paths->prefix4 = start->prefix4;
	paths->prefix6 = start->prefix6;
	for (size_t i = 0; i < stream->n; i++)
		if (stream_record(stream, i)->head.kind == RECORD_PATH)
			fill(&stream_record(stream, i)->path, &paths->list[paths->n++]);
	qsort(paths->list, paths->n, sizeof(*paths->list), compare);
	leave_out_twins(paths);
	*ret = paths;
	return 0;
}

int paths_read(const char *run_dir, struct paths **ret)
{
	struct stream stream = {};
	int err = source_read_view(run_dir, VIEW_PATHS, &stream);

	if (err == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	if (!err)
		err = paths_make(&stream, ret);
	stream_free(&stream);
	return err;
}

void paths_free(struct paths *paths)
{
	free(paths);
}

const struct learned *paths_find(const struct paths *paths, const uint8_t peer[16])
{
	struct taught_path wanted = {};
	const struct taught_path *found;

	if (!paths)
		return NULL;
	memcpy(wanted.prefix.addr, peer, sizeof(wanted.prefix.addr));
	wanted.prefix.len = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)peer) ? paths->prefix4
										: paths->prefix6;
	prefix_mask(wanted.prefix.addr, wanted.prefix.len);
	found = bsearch(&wanted, paths->list, paths->n, sizeof(*paths->list), compare);
	return found ? &found->learned : NULL;
}

const struct taught_path *paths_at(const struct paths *paths, size_t i)
{
	return paths && i < paths->n ? &paths->list[i] : NULL;
}
