/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets TCP keepalive on one session, after a question. */
#ifndef SSHIDLE_RESCUE_H
#define SSHIDLE_RESCUE_H

#include <stddef.h>
#include <stdint.h>

#include "keepalive.h"

/*
 * Plans what 'sshidle keepalive ID' would do now, and writes the question to ask, or why there is
 * none. Whether there is one. What failed was told; then buf is left as it is.
 */
bool rescue_ask(const struct options *options, const struct policy *policy, uint64_t id, char *buf,
		size_t size);

/* Does it, and writes what came of it; else as above. */
void rescue_do(const struct options *options, const struct policy *policy, uint64_t id, char *buf,
	       size_t size);

#endif
