/* SPDX-License-Identifier: GPL-2.0-only */
/* The obituaries of flows: read, put into order, chosen. */
#ifndef SSHIDLE_DEATHS_H
#define SSHIDLE_DEATHS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

struct deaths {
	const struct death **list; /* owned; the newest first; they point into the stream */
	size_t n;
	uint64_t missed; /* older ones that newer ones have taken the place of */
};

/* Takes the deaths out of a stream, which must outlive them. 0 or -ENOMEM. */
int deaths_make(const struct stream *stream, struct deaths *ret);
void deaths_free(struct deaths *deaths);

/* Keeps those that closed at or after closed_ns (CLOCK_BOOTTIME), and, with cuts, only cuts. */
void deaths_filter(struct deaths *deaths, uint64_t closed_ns, bool cuts);

/* Whether a cause is a cut: nobody closed the session on purpose. */
bool cause_is_cut(enum end_cause cause);

/* "rst-received", as tables and JSON write it. */
const char *cause_name(enum end_cause cause);

/* Whether one of the ends closed it with a FIN that the other could hear. */
bool cause_is_orderly(enum end_cause cause);

#endif
