/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a file whole or not at all. */
#ifndef SSHIDLE_SAVE_H
#define SSHIDLE_SAVE_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * Puts the n parts in the place of the file at path, by way of a new file beside it: who reads path
 * meets the old bytes or the new ones, also after a crash. 0 or -errno, then nothing has changed;
 * -ENOTSUP: a device or a pipe stands there.
 */
int save_file(const char *path, mode_t mode, const struct iovec *parts, size_t n);

/* What an error of save_file() means, for people. */
const char *save_words(int error);

#endif
