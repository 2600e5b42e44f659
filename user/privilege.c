// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities: what a command uses, what it gives up, and how it tells what it lacks. */
#include "privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

#define HALVES _LINUX_CAPABILITY_U32S_3

/* Those whose lack is told. */
static const struct {
	int cap;
	const char *name;
} names[] = {
	{CAP_BPF, "CAP_BPF"},
	{CAP_PERFMON, "CAP_PERFMON"},
	{CAP_CHOWN, "CAP_CHOWN"},
	{CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
};

static struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

static bool any_lent(uint64_t permitted)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (permitted & CAPABILITY(cap) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != 1)
			return true;
	return false;
}

/*
 * Who is not root keeps what is ambient over an exec; what else there is came with the file. Root
 * gains nothing that it has not (cap_bprm_creds_from_file()). AT_SECURE says more than this: a
 * security module sets it for whom it confines.
 */
bool privilege_is_lent(void)
{
	struct __user_cap_data_struct data[HALVES] = {};

	if (!getuid())
		return false;
	if (getuid() != geteuid() || getgid() != getegid() || syscall(SYS_capget, &header, data))
		return true;
	return any_lent(data[0].permitted | (uint64_t)data[1].permitted << 32);
}

static uint64_t effective(void)
{
	struct __user_cap_data_struct data[HALVES] = {};

	if (syscall(SYS_capget, &header, data))
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static int reduce(uint64_t set)
{
	struct __user_cap_data_struct data[HALVES] = {};
	uint64_t surplus = 0;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < HALVES; i++) {
		uint32_t half = set >> (32 * i);

		surplus |= data[i].permitted & ~half;
		data[i].permitted &= half;
		data[i].effective &= half;
		data[i].inheritable = 0;
	}
	/* Where a sandbox left no more than is kept, it may forbid the call too. */
	return surplus && syscall(SYS_capset, &header, data) ? -errno : 0;
}

int privilege_keep(uint64_t set)
{
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : reduce(set);

	if (err)
		log_error("cannot give up capabilities: %s", strerror(-err));
	return err;
}

int privilege_give_up(uint64_t set)
{
	return privilege_keep(~set);
}

bool privilege_has(uint64_t set)
{
	return (effective() & set) == set;
}

const char *privilege_words(uint64_t set, char *buf, size_t size)
{
	uint64_t missing = set & ~effective();
	size_t used = 0;

	snprintf(buf, size, "the kernel, a container or a security module forbids it");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && used < size; i++)
		if (missing & CAPABILITY(names[i].cap))
			used += snprintf(buf + used, size - used, "%s%s",
					 used ? " and " : "it lacks ", names[i].name);
	if (used && used < size && geteuid())
		snprintf(buf + used, size - used, "; run it as root");
	return buf;
}
