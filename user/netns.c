// SPDX-License-Identifier: GPL-2.0-only
/* What the network namespace of a session decides about it. */
#include "netns.h"

#include "run.h"
#include "sysctl.h"

#define RTO_MAX_MS 120000 /* include/net/tcp.h TCP_RTO_MAX_SEC */

static int read_limits(const void *data, void *ret)
{
	struct netns_limits *limits = ret;
	uint64_t loose = 1;
	int err = sysctl_read("net/ipv4/tcp_retries2", &limits->retries2);

	if (err)
		return err;
	if (sysctl_read("net/ipv4/tcp_rto_max_ms", &limits->rto_max_ms))
		limits->rto_max_ms = RTO_MAX_MS;
	limits->conntrack_err = conntrack_find(data, &limits->entry);
	if (sysctl_read("net/netfilter/nf_conntrack_tcp_timeout_established",
			&limits->established_s))
		limits->established_s = 0;
	if (sysctl_read("net/netfilter/nf_conntrack_tcp_loose", &loose))
		loose = 1;
	limits->loose = loose;
	return 0;
}

int netns_limits_read(const struct record_session *owner, struct netns_limits *ret)
{
	return run_in_netns(owner->owner_pid, owner->netns, read_limits, owner, ret, sizeof(*ret));
}
