/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets TCP keepalive on live sessions: chosen, decided, done, verified. */
#ifndef SSHIDLE_KEEPALIVE_H
#define SSHIDLE_KEEPALIVE_H

#include "change_show.h"

struct keepalive_work {
	struct report report; /* owned */
	struct change_list
		list;	 /* of what was decided, and what came of it; owned, of the report */
	bool is_decided; /* there is a list */
};

/*
 * Does what 'sshidle keepalive' is told by the options: --dry-run, --undo, --all, --force and the
 * sessions named. *ret is always to be released. 0: each change tells its result; -errno or
 * ERR_USAGE: that was told, and changes that were done may be unverified.
 */
int keepalive_do(const struct options *options, const struct policy *policy,
		 const struct keepalive_request *request, struct keepalive_work *ret);
void keepalive_work_free(struct keepalive_work *work);

#endif
