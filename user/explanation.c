// SPDX-License-Identifier: GPL-2.0-only
/* All that can end one session, what keeps it, and the mend. */
#include "explanation.h"

static void conclude(struct explanation *explanation)
{
	limits_find(&explanation->row, &explanation->evidence, &explanation->limits);
	keepers_find(&explanation->row, &explanation->evidence, &explanation->keepers);
	mend_format(&explanation->row, &explanation->evidence, explanation->mend,
		    sizeof(explanation->mend));
}

void explanation_make(const struct report *report, size_t i, const struct options *options,
		      struct explanation *ret)
{
	report_row(report, i, &ret->row);
	evidence_gather(&ret->row, options, &ret->evidence);
	conclude(ret);
}

void explanation_renew(const struct report *report, size_t i, struct explanation *explanation)
{
	report_row(report, i, &explanation->row);
	conclude(explanation);
}
