/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities: what a command uses, what it gives up, and how it tells what it lacks. */
#ifndef SSHIDLE_PRIVILEGE_H
#define SSHIDLE_PRIVILEGE_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of capabilities has a bit for each. */
#define CAPABILITY(cap) (1ULL << (cap))

/* Loads the BPF programs. */
#define PRIVILEGE_LOAD (CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON))
/* Reads a recorder or a file of another user. */
#define PRIVILEGE_READ CAPABILITY(CAP_DAC_READ_SEARCH)
/* Also the place and the environment of processes. */
#define PRIVILEGE_LOOK (PRIVILEGE_READ | CAPABILITY(CAP_SYS_PTRACE))
/* Changes what is another user's: pins, and files that the command line names. */
#define PRIVILEGE_FILES (PRIVILEGE_READ | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_FOWNER))
/* Mounts and unmounts the run directory; gives it away. */
#define PRIVILEGE_MOUNT CAPABILITY(CAP_SYS_ADMIN)
#define PRIVILEGE_GIVE CAPABILITY(CAP_CHOWN)
/* Asks a session's network namespace, and runs a program where and as another process is. */
#define PRIVILEGE_ENTER                                                                       \
	(CAPABILITY(CAP_SYS_ADMIN) | CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_SYS_CHROOT) | \
	 CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETPCAP))

/* Whether the program's file gave rights that who started it has not. */
bool privilege_is_lent(void);

/*
 * Gives up, for ever, all capabilities but those of the set, and whatever an exec could add to
 * them. 0, or -errno after telling it.
 */
int privilege_keep(uint64_t set);

/* Gives up those of the set. 0, or -errno after telling it. */
int privilege_give_up(uint64_t set);

bool privilege_has(uint64_t set);

#define PRIVILEGE_WORDS_SIZE 128

/* Why the kernel said no to what needs this set: what of it is missing, if anything is. */
const char *privilege_words(uint64_t set, char *buf, size_t size);

#endif
