/* SPDX-License-Identifier: GPL-2.0-only */
/* What every use of libbpf here shares: its words and its errors. */
#ifndef SSHIDLE_BPF_H
#define SSHIDLE_BPF_H

/* libbpf speaks only with -v. Call once before any other use of it. */
void bpf_set_up(void);

/* Tells why loading what ("the recorder") failed with -errno, and what would mend it. */
void bpf_explain_load(const char *what, int err);

#endif
