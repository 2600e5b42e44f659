/* SPDX-License-Identifier: GPL-2.0-only */
/* Where records come from: a file, the recorder, or a snapshot loaded for the moment. */
#ifndef SSHIDLE_SOURCE_H
#define SSHIDLE_SOURCE_H

#include <linux/types.h>
#include <stdbool.h>

#include "options.h"
#include "policy.h"
#include "snapshot.h"
#include "stream.h"

/*
 * Reads the records that the options ask for. A failure has been told, with its mend.
 * *ret_attached: a whole recorder stands behind them. 0 or -errno; *ret is the caller's.
 */
int source_read(const struct options *options, const struct policy *policy, struct stream *ret,
		bool *ret_attached);

/*
 * Reads a copy of that view, or of several. A failure has been told, and so it is where the copy is
 * one of another view. 0 or -errno.
 */
int source_read_file(const char *path, enum view view, struct stream *ret);

/*
 * Reads one of the views of the recorder at run_dir. 0 or -errno, which has been told, but for
 * -ENOENT: there is no recorder.
 */
int source_read_view(const char *run_dir, enum view view, struct stream *ret);

#endif
