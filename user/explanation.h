/* SPDX-License-Identifier: GPL-2.0-only */
/* All that can end one session, what keeps it, and the mend. */
#ifndef SSHIDLE_EXPLANATION_H
#define SSHIDLE_EXPLANATION_H

#include "keepers.h"
#include "limit.h"
#include "mend.h"
#include "report.h"

struct explanation {
	struct row row; /* borrows from the report */
	struct evidence evidence;
	struct limits limits;
	struct keepers keepers;
	char mend[MEND_SIZE];
};

/* Explains session i of a report; gathers evidence as evidence_gather() does, borrows the options.
 */
void explanation_make(const struct report *report, size_t i, const struct options *options,
		      struct explanation *ret);

/* Explains it by a later report, by the evidence that was gathered before. */
void explanation_renew(const struct report *report, size_t i, struct explanation *explanation);

#endif
