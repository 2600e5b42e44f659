/* SPDX-License-Identifier: GPL-2.0-only */
/* What the paths taught, kept in a file while no recorder is attached. */
#ifndef SSHIDLE_STATE_H
#define SSHIDLE_STATE_H

#include <linux/types.h>
#include <stddef.h>

#include "stream.h"

/*
 * Reads what state_save() wrote. No file, or one of another version, is no failure, but is told:
 * then ret->n is 0. 0 or -errno, which was told. Release with stream_free().
 */
int state_read(const char *path, struct stream *ret);

/*
 * Puts the paths of state into the map of the recorder at run_dir, without touching what it knows
 * by itself. Paths told apart by other prefixes than the recorder's are left out. 0 or -errno,
 * which was told.
 */
int state_restore(const char *run_dir, const struct stream *state);

/* Saves what the recorder at run_dir knows of the paths. 0 or -errno, which was told. */
int state_save(const char *run_dir, const char *path);

#endif
