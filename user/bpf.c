// SPDX-License-Identifier: GPL-2.0-only
/* What every use of libbpf here shares: its words and its errors. */
#include "bpf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
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

enum need_kind {
	NEED_HELPER,
	NEED_ITERATOR,
	NEED_TRACEPOINT,
};

/* How the kernel's BTF has them. */
static const struct {
	const char *words;
	const char *prefix;
	__u32 btf_kind;
} kinds[] = {
	[NEED_HELPER] = {"helper bpf_", "BPF_FUNC_", BTF_KIND_ENUM},
	[NEED_ITERATOR] = {"BPF iterator ", "bpf_iter_", BTF_KIND_FUNC},
	[NEED_TRACEPOINT] = {"tracepoint ", "btf_trace_", BTF_KIND_TYPEDEF},
};

/* The newest first: an old kernel lacks several, and is to be told which one is new enough. */
static const struct need {
	enum need_kind kind;
	const char *name;
	const char *since;
} needs[] = {
	{NEED_HELPER, "ktime_get_tai_ns", "6.1"},
	{NEED_ITERATOR, "ksym", "6.0"},
	{NEED_HELPER, "for_each_map_elem", "5.13"},
	{NEED_HELPER, "sock_from_file", "5.11"},
	{NEED_HELPER, "skc_to_tcp_sock", "5.9"},
	{NEED_ITERATOR, "task_file", "5.8"},
	{NEED_TRACEPOINT, "tcp_probe", "4.16"},
	{NEED_TRACEPOINT, "inet_sock_set_state", "4.16"},
	{NEED_TRACEPOINT, "tcp_retransmit_skb", "4.15"},
	{NEED_TRACEPOINT, "tcp_receive_reset", "4.15"},
};

static bool has_enumerator(const struct btf *btf, const char *type_name, const char *name)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_ENUM);
	const struct btf_type *type;

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, id);
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), name))
			return true;
	return false;
}

static bool kernel_has(const struct btf *btf, const struct need *need)
{
	char symbol[64];

	snprintf(symbol, sizeof(symbol), "%s%s", kinds[need->kind].prefix, need->name);
	if (need->kind == NEED_HELPER)
		return has_enumerator(btf, "bpf_func_id", symbol);
	return btf__find_by_name_kind(btf, symbol, kinds[need->kind].btf_kind) >= 0;
}

/* NULL if nothing is, or the kernel does not tell. */
static const struct need *find_missing(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct need *missing = NULL;

	for (size_t i = 0; btf && i < sizeof(needs) / sizeof(needs[0]) && !missing; i++)
		if (!kernel_has(btf, &needs[i]))
			missing = &needs[i];
	btf__free(btf);
	return missing;
}

/* What is missing comes first: libbpf looks for it in modules too, which root alone may do. */
static void explain_kernel(const char *what, int err)
{
	const struct need *missing = find_missing();
	char words[PRIVILEGE_WORDS_SIZE];
	struct utsname system;

	uname(&system);
	if (missing)
		log_error("cannot load %s: this kernel, %s, has no %s%s, which Linux has since %s "
			  "if configured with it",
			  what, system.release, kinds[missing->kind].words, missing->name,
			  missing->since);
	else if (err == -EPERM)
		log_error("cannot load %s: %s", what,
			  privilege_words(PRIVILEGE_LOAD, words, sizeof(words)));
	else
		log_error("cannot load %s: %s; -v shows the kernel's words", what, strerror(-err));
}

void bpf_explain_load(const char *what, int err)
{
	char words[PRIVILEGE_WORDS_SIZE];

	if (!privilege_has(PRIVILEGE_LOAD) && !privilege_has(CAPABILITY(CAP_SYS_ADMIN)))
		log_error("cannot load %s: %s", what,
			  privilege_words(PRIVILEGE_LOAD, words, sizeof(words)));
	else if (access(KERNEL_BTF, R_OK))
		log_error("cannot load %s: the kernel has no BTF at %s, which Linux has since 5.4 "
			  "if configured with CONFIG_DEBUG_INFO_BTF",
			  what, KERNEL_BTF);
	else if (err == -ENOSYS)
		log_error("cannot load %s: the kernel has no bpf(2); it needs CONFIG_BPF_SYSCALL",
			  what);
	else
		explain_kernel(what, err);
}
