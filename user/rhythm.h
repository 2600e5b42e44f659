/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises an SSH-level keepalive in the bursts of a flow. Pure. */
#ifndef SSHIDLE_RHYTHM_H
#define SSHIDLE_RHYTHM_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/record.h"

/* Two bursts may be alike by chance, three are not; one of the three may be early. */
#define RHYTHM_BURSTS_MIN 3
#define RHYTHM_IN_TIME_MIN 2

/* Pauses of little more than BURST_GAP_NS are those of traffic that comes in gulps. */
#define RHYTHM_PERIOD_MIN_MS 1500

/*
 * A keepalive's answer says no more than "no": 1 or 5 bytes (SSH_MSG_REQUEST_FAILURE, RFC 4254 4;
 * SSH_MSG_CHANNEL_FAILURE, 5.4) to a request that bears its name, 27 or 31 bytes for
 * keepalive@openssh.com. Padded to blocks of 8 or 16 that is a difference of 16 to 32 bytes on the
 * wire with every cipher and MAC that was measured. The echo of a key is as long as the key.
 */
#define RHYTHM_ANSWER_SHORTER 16

/*
 * Compression takes that difference away: it leaves 0 to 8 bytes, like a key and its echo. From
 * this period on, nobody types so evenly. A faster keepalive is no loss to the verdict: it keeps a
 * path that forgets after twice that time from being silent at all.
 */
#define RHYTHM_ECHO_PERIOD_MS 10000

struct rhythm {
	bool from_us;	   /* who speaks first: us, or the peer */
	bool replied;	   /* request and reply, or one way */
	unsigned int n;	   /* bursts of it in the ring, at most BURSTS_MAX */
	unsigned int run;  /* the newest of them; 0: the newest burst is another */
	int64_t period_ns; /* the effective one: mean of the longest silences */
	int64_t jitter_ns; /* largest distance of such a silence from the mean */
	int64_t run_ns;	   /* sum of the silences before each burst of the run */
	double confidence; /* 0..1 */
};

/*
 * Finds the rhythm of a keepalive in the ring, on a server or on a client. Keepalives of ssh, sshd,
 * PuTTY and SecureCRT are one small encrypted message when all was silent for their period, with or
 * without an answer. So they are what ends the longest silences: a rhythm is three or more bursts
 * that are alike (bpf/record.h) in speaker, size and silence, and no keepalive fails to come when
 * its time has come. Each silence that lasted a period, but ended in something else or later, must
 * be outweighed by one burst more, and by two where nobody answers: a client that draws the last of
 * a download from its buffer sends window adjustments as small and even as that. Shorter silences
 * may end in anything: a user who types, a key exchange; those of a period also in a keepalive of
 * the other end, or in one that was followed by more in the same burst.
 *
 * Not taken for a keepalive: what a server says without being answered, for sshd always asks for
 * an answer; an answer that is longer than what it answers; what could be a key and its echo.
 *
 * ssh and sshd are early by up to a second after other traffic, and sshd 9.2 to 9.4 sends at twice
 * ClientAliveInterval, but now and then after the interval itself. Such bursts belong to the rhythm
 * and leave its period alone.
 *
 * The confidence is the part of the ring's BURSTS_MAX bursts that belong to the rhythm, times the
 * part of the tolerance of silence that the jitter leaves. So the least, three bursts, has 0.38,
 * and only a ring full of an exact rhythm has 1.
 *
 * False: there is none, *ret is untouched.
 */
bool rhythm_find(const struct flow_history *history, bool is_server, struct rhythm *ret);

#endif
