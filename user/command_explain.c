// SPDX-License-Identifier: GPL-2.0-only
/* sshidle explain: everything that can end a session, and the mend. */
#include "commands.h"

enum outcome command_explain(const struct options *options)
{
	(void)options;
	return OUTCOME_FAILED;
}
