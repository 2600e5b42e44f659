/* SPDX-License-Identifier: GPL-2.0-only */
/* What the network namespace of a session decides about it. */
#ifndef SSHIDLE_NETNS_H
#define SSHIDLE_NETNS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/record.h"
#include "conntrack.h"

struct netns_limits {
	uint64_t retries2;   /* tcp_retries2 */
	uint64_t rto_max_ms; /* tcp_rto_max_ms, a sysctl since 6.15 */
	int conntrack_err;   /* of conntrack_find() */
	struct conntrack_entry entry;
	uint64_t established_s; /* nf_conntrack_tcp_timeout_established, 0: unknown */
	bool loose;		/* nf_conntrack_tcp_loose: an entry is made anew by any segment */
};

/*
 * Reads them in a child, in the namespace of the session that owner names. 0; -ESRCH the owner is
 * gone; -EPERM it is another namespace than ours, which only root may enter; else -errno.
 */
int netns_limits_read(const struct record_session *owner, struct netns_limits *ret);

#endif
