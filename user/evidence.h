/* SPDX-License-Identifier: GPL-2.0-only */
/* What was read about one session, beside its record. */
#ifndef SSHIDLE_EVIDENCE_H
#define SSHIDLE_EVIDENCE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "logind.h"
#include "netns.h"
#include "options.h"
#include "row.h"
#include "shell.h"
#include "ssh_options.h"
#include "sshd_read.h"

struct netns_reading {
	struct reading reading;
	struct netns_limits limits;
};

struct evidence {
	struct netns_reading netns;
	struct sshd_reading sshd; /* where we are the server */
	struct ssh_reading ssh;	  /* where we are the client */
	struct shell_reading shell;
	struct logind_reading logind;
	int64_t tty_idle;	       /* ns, UNKNOWN_NS */
	const struct options *options; /* of who asks, borrowed; from: it is of a copy */
	bool is_root;		       /* who asks */
};

/*
 * Reads all that this host tells of a session, within some seconds. Never fails: each reading tells
 * where it comes from, or why there is none. Of a copy (options->from) no process and no file is
 * here.
 */
void evidence_gather(const struct row *row, const struct options *options, struct evidence *ret);

#endif
