/* SPDX-License-Identifier: GPL-2.0-only */
/* What speaks on a session by itself, measured against what is configured. Pure. */
#ifndef SSHIDLE_KEEPERS_H
#define SSHIDLE_KEEPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evidence.h"
#include "row.h"

#define KEEPERS_MAX 4
#define KEEPER_NOTE_SIZE 256

/* Times in ns, or UNKNOWN_NS. */
struct keeping {
	const char *name; /* static: "TCP keepalive", "SSH keepalive" */
	const char *from; /* static: "us" or "peer" */
	int64_t period;	  /* as it is: armed, or seen; unknown: neither */
	int64_t configured;
	int64_t slack; /* by so much its timer may be late, which alone makes it too slow; or 0 */
	bool in_time;  /* faster than the path forgets, and not late */
	bool late;     /* it should have come again by now, or its last is unanswered */
	char note[KEEPER_NOTE_SIZE];
};

struct keepers {
	struct keeping list[KEEPERS_MAX];
	size_t n;
};

/* Those that were seen, are armed, or are configured and were not seen yet. */
void keepers_find(const struct row *row, const struct evidence *evidence, struct keepers *ret);

#endif
