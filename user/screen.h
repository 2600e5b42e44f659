/* SPDX-License-Identifier: GPL-2.0-only */
/* The live screen of watch. */
#ifndef SSHIDLE_SCREEN_H
#define SSHIDLE_SCREEN_H

#include "follow.h"

/*
 * Shows the sessions until the user or a signal ends it; signal_fd becomes readable then. The
 * terminal is put back in any case. 0, -errno or ERR_USAGE, told.
 */
int screen_run(struct follower *follower, int signal_fd);

#endif
