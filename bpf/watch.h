/* SPDX-License-Identifier: GPL-2.0-only */
/* Constants that user space gives the programs before they are loaded. */
#ifndef SSHIDLE_WATCH_H
#define SSHIDLE_WATCH_H

#include "record.h"

/* Which bits of a peer's address tell paths apart. */
struct path_prefix {
	__u8 length;   /* in 128 bits */
	__u32 mask[4]; /* in network order */
};

struct watch_config {
	__u64 attached_ns;  /* 0: no recorder behind the snapshot */
	__s32 tai_offset_s; /* TAI - UTC as the kernel has it */
	__u32 hz;
	struct path_prefix prefix4;
	struct path_prefix prefix6;
	__u32 pid_namespace; /* of who loads the programs */
	__u16 n_ports;
	__u16 ports[WATCHED_PORTS_MAX];
	__u8 port_bits[65536 / 8]; /* the same set, looked at when there is more than one */
};

#endif
