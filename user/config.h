/* SPDX-License-Identifier: GPL-2.0-only */
/* The file sshidle.conf(5). */
#ifndef SSHIDLE_CONFIG_H
#define SSHIDLE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

#define CONFIG_PATH "/etc/sshidle.conf"
#define CONFIG_SIZE_MAX (256 * 1024)
#define CONFIG_LINE_MAX 160 /* bytes, without leading blanks and the line's end */

/* Bytes that hold every sentence about a file whose name has up to 255 bytes. */
#define CONFIG_ERR_SIZE 768

/*
 * Reads the file into policy: rules and default path are replaced, ports and warn where the file
 * sets them; the option stands. Call it before ports given as options are put into policy.
 * A missing file is 0 and changes nothing, unless must_exist.
 * On failure policy is untouched and err holds one sentence for people, without a newline, bytes
 * of the file made safe: "FILE:LINE: what is wrong; what is allowed", without LINE where the file
 * cannot be read. -EINVAL: a wrong line, the first one is named; -EFBIG: above CONFIG_SIZE_MAX;
 * -ENOMEM; else what open(2) and read(2) give.
 */
int config_load(const char *path, bool must_exist, struct policy *policy, char *err,
		size_t err_size);

/* As config_load() on len bytes that are already read; path only names them in err. Pure. */
int config_parse(const char *path, const char *text, size_t len, struct policy *policy, char *err,
		 size_t err_size);

#endif
