// SPDX-License-Identifier: GPL-2.0-only
/* What every use of libbpf here shares: its words and its errors. */
#include "bpf.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "privilege.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static int print_if_verbose(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !log_is_verbose())
		return 0;
	return vfprintf(stderr, format, args);
}

void bpf_set_up(void)
{
	libbpf_set_print(print_if_verbose);
}

void bpf_explain_load(const char *what, int err)
{
	char words[PRIVILEGE_WORDS_SIZE];

	if (err == -EPERM || !privilege_has(PRIVILEGE_LOAD))
		log_error("cannot load %s: %s", what,
			  privilege_words(PRIVILEGE_LOAD, words, sizeof(words)));
	else if (access(KERNEL_BTF, R_OK))
		log_error("cannot load %s: the kernel has no BTF at %s; it needs "
			  "CONFIG_DEBUG_INFO_BTF",
			  what, KERNEL_BTF);
	else
		log_error("cannot load %s: %s; -v shows the kernel's words", what, strerror(-err));
}
