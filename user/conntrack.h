/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry that this host's own connection tracking has for a session. */
#ifndef SSHIDLE_CONNTRACK_H
#define SSHIDLE_CONNTRACK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/record.h"

struct conntrack_entry {
	bool has_timeout; /* a flow in a flowtable (nft) has none while it is there */
	bool established; /* so that the sysctl below applies */
	uint32_t left_s;  /* until the entry is forgotten */
};

/*
 * Finds the entry in the network namespace of the caller, in the default zone. 0; -ENOENT it is not
 * tracked; -EPERM without CAP_NET_ADMIN; else -errno. Where nothing is tracked at all the answer
 * is found without netlink, so that no module is loaded for the question, and without privilege.
 */
int conntrack_find(const struct record_session *record, struct conntrack_entry *ret);

#endif
