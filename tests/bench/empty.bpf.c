// SPDX-License-Identifier: GPL-2.0-only
/* The yardstick: an empty program on the recorder's busiest tracepoint. */
#include "../../bpf/compat.h"

SEC("tp_btf/tcp_probe")
int BPF_PROG(empty)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
