// SPDX-License-Identifier: GPL-2.0-only
/* sshidle history: how sessions ended, and what that taught about each path. */
#include "commands.h"

enum outcome command_history(const struct options *options)
{
	(void)options;
	return OUTCOME_FAILED;
}
