// SPDX-License-Identifier: GPL-2.0-only
/* What the paths taught, kept in a file while no recorder is attached. */
#include "state.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "duration.h"
#include "log.h"
#include "recorder.h"
#include "save.h"
#include "source.h"

#define STATE_MODE 0600 /* the recorder's own view is for its group alone */

int state_read(const char *path, struct stream *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int abi = 0;
	int err = fd < 0 ? -errno : stream_read(fd, ret, &abi);

	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
		log_note("--state %s: nothing was saved there yet", path);
		break;
	case -EPROTO:
		log_note("--state %s: saved by another version (%u), not taken up", path, abi);
		break;
	case -EBADMSG:
		log_error("--state %s: this is not what sshidle saved; remove it, or leave out "
			  "--state",
			  path);
		return err;
	default:
		log_error("--state %s: cannot read it: %s", path, strerror(-err));
		return err;
	}
	*ret = (struct stream){};
	return 0;
}

static bool fits(const struct record_path *path, const struct record_start *start)
{
	return path->key.length == start->prefix4 || path->key.length == start->prefix6;
}

/* A counter goes on or begins at 0: what was saved a while before a crash would do neither. */
static struct path_lesson count_anew(const struct path_lesson *saved)
{
	struct path_lesson lesson = *saved;

	lesson.cut = 0;
	memset(lesson.ended, 0, sizeof(lesson.ended));
	lesson.began_s = clock_wall_ns() / NSEC_PER_SEC;
	return lesson;
}

static int restore(int map_fd, const struct stream *state, const struct record_start *start)
{
	size_t left_out = 0;

	for (size_t i = 0; i < state->n; i++) {
		const struct record_path *path = &stream_record(state, i)->path;
		struct path_lesson lesson;

		if (path->head.kind != RECORD_PATH)
			continue;
		if (!fits(path, start)) {
			left_out++;
			continue;
		}
		lesson = count_anew(&path->lesson);
		if (bpf_map_update_elem(map_fd, &path->key, &lesson, BPF_NOEXIST) &&
		    errno != EEXIST)
			return -errno;
	}
	if (left_out)
		log_note("--state: %zu paths were told apart by other prefixes, and are left out",
			 left_out);
	return 0;
}

int state_restore(const char *run_dir, const struct stream *state)
{
	CLEANUP_CLOSE int map_fd = -1;
	struct stream now = {};
	int err;

	if (!state->n)
		return 0;
	err = source_read_view(run_dir, VIEW_PATHS, &now);
	if (err)
		return err;
	map_fd = recorder_open_map(run_dir, MAP_PATHS);
	err = map_fd < 0 ? map_fd : restore(map_fd, state, stream_start(&now));
	if (err)
		log_error("--state: cannot take up what was saved: %s", strerror(-err));
	stream_free(&now);
	return err;
}

static int save_stream(const char *path, const struct stream *stream)
{
	CLEANUP_FREE struct iovec *parts = calloc(stream->n_blocks, sizeof(*parts));
	size_t left = stream->n;

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < stream->n_blocks; i++) {
		size_t n = left < BLOCK_RECORDS ? left : BLOCK_RECORDS;

		parts[i] = (struct iovec){stream->blocks[i], n * sizeof(union record)};
		left -= n;
	}
	return save_file(path, STATE_MODE, parts, stream->n_blocks);
}

int state_save(const char *run_dir, const char *path)
{
	struct stream now = {};
	int err = source_read_view(run_dir, VIEW_PATHS, &now);

	if (err) {
		if (err == -ENOENT)
			log_error("--state %s: no recorder is attached at %s, so there is nothing "
				  "to save",
				  path, run_dir);
		return err;
	}
	err = save_stream(path, &now);
	if (err)
		log_error("--state %s: cannot save it: %s", path, save_words(err));
	stream_free(&now);
	return err;
}
