// SPDX-License-Identifier: GPL-2.0-only
/* The entry that this host's own connection tracking has for a session. */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

#include "sysctl.h"

#define IPV4_OFFSET 12 /* of the address in ::ffff:a.b.c.d */

static int take_entry(enum nf_conntrack_msg_type type, struct nf_conntrack *entry, void *data)
{
	struct conntrack_entry *ret = data;

	(void)type;
	ret->has_timeout = nfct_attr_is_set(entry, ATTR_TIMEOUT);
	ret->left_s = nfct_get_attr_u32(entry, ATTR_TIMEOUT);
	ret->established = nfct_get_attr_u8(entry, ATTR_TCP_STATE) == TCP_CONNTRACK_ESTABLISHED;
	return NFCT_CB_STOP;
}

/*
 * The tuple of a segment that the socket sends: connection tracking sees it before any address is
 * translated, and the kernel finds an entry by the tuple of either direction.
 */
static void describe(const struct record_session *record, struct nf_conntrack *tuple)
{
	bool ipv4 = record->family == 4;

	nfct_set_attr_u8(tuple, ATTR_L3PROTO, ipv4 ? AF_INET : AF_INET6);
	nfct_set_attr_u8(tuple, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr(tuple, ipv4 ? ATTR_IPV4_SRC : ATTR_IPV6_SRC,
		      record->local_addr + (ipv4 ? IPV4_OFFSET : 0));
	nfct_set_attr(tuple, ipv4 ? ATTR_IPV4_DST : ATTR_IPV6_DST,
		      record->peer_addr + (ipv4 ? IPV4_OFFSET : 0));
	nfct_set_attr_u16(tuple, ATTR_PORT_SRC, htons(record->local_port));
	nfct_set_attr_u16(tuple, ATTR_PORT_DST, htons(record->peer_port));
}

static int query(struct nfct_handle *handle, const struct record_session *record,
		 struct conntrack_entry *ret)
{
	struct nf_conntrack *tuple = nfct_new();
	int err = tuple ? 0 : -ENOMEM;

	if (!err) {
		describe(record, tuple);
		nfct_callback_register(handle, NFCT_T_ALL, take_entry, ret);
		if (nfct_query(handle, NFCT_Q_GET, tuple) < 0)
			err = -errno;
		nfct_destroy(tuple);
	}
	return err;
}

int conntrack_find(const struct record_session *record, struct conntrack_entry *ret)
{
	struct conntrack_entry entry = {};
	struct nfct_handle *handle;
	uint64_t tracked;
	int err = sysctl_read("net/netfilter/nf_conntrack_count", &tracked);

	if (err)
		return err;
	if (!tracked)
		return -ENOENT;
	handle = nfct_open(CONNTRACK, 0);
	if (!handle)
		return -errno;
	err = query(handle, record, &entry);
	nfct_close(handle);
	if (!err)
		*ret = entry;
	return err;
}
