/* SPDX-License-Identifier: GPL-2.0-only */
/* Where records come from: a file, the recorder, or a snapshot loaded for the moment. */
#ifndef SSHIDLE_SOURCE_H
#define SSHIDLE_SOURCE_H

#include <stdbool.h>

#include "options.h"
#include "policy.h"
#include "stream.h"

/*
 * Reads the records that the options ask for. A failure has been told, with its mend.
 * *ret_attached: a whole recorder stands behind them. 0 or -errno; *ret is the caller's.
 */
int source_read(const struct options *options, const struct policy *policy, struct stream *ret,
		bool *ret_attached);

#endif
