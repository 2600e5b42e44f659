// SPDX-License-Identifier: GPL-2.0-only
/* sshidle advise: settings that would keep a path open. */
#include "commands.h"

enum outcome command_advise(const struct options *options)
{
	(void)options;
	return OUTCOME_FAILED;
}
