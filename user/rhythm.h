/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises an SSH-level keepalive in the bursts of a flow. Pure. */
#ifndef SSHIDLE_RHYTHM_H
#define SSHIDLE_RHYTHM_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/record.h"

/* Two bursts may be alike by chance, three in a row are not. */
#define RHYTHM_BURSTS_MIN 3

struct rhythm {
	bool from_us;	   /* who speaks first: us (ClientAlive), or the peer */
	bool replied;	   /* request and reply, or one way */
	unsigned int n;	   /* bursts of it in the ring, at most BURSTS_MAX */
	int64_t period_ns; /* mean silence between them */
	int64_t jitter_ns; /* largest distance from the mean */
	int64_t sum_ns;	   /* of the silences before each of the n bursts */
};

/*
 * Finds the rhythm that the newest bursts form. Keepalives of ssh, sshd, PuTTY and SecureCRT are
 * one small encrypted message at a fixed period, with or without a reply; the bounds of "small"
 * and "fixed" stand with the bursts in bpf/record.h. A burst that goes on longer than a moment
 * cannot be told from a short one, but its bytes add up: output and typing differ in size, and
 * what is alike in size is not alike in silence. False: there is none, *ret is untouched.
 */
bool rhythm_find(const struct flow_history *history, struct rhythm *ret);

#endif
