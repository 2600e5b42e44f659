/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes chosen by others, made safe to print. */
#ifndef SSHIDLE_UTF8_H
#define SSHIDLE_UTF8_H

#include <stddef.h>

/*
 * Copies at most len bytes of src, or up to its NUL, as valid UTF-8 into dst and ends it with NUL.
 * U+FFFD stands for each invalid sequence (its "maximal subpart", The Unicode Standard 3.9) and
 * for each character that steers a terminal or the text around it: C0, DEL, C1, bidirectional
 * controls, line and paragraph separators. Where dst is full the text ends before a character,
 * never within one. Gives the bytes written, NUL not counted; size 0 writes nothing. 3 * len + 1
 * bytes always suffice. src and dst do not overlap.
 */
size_t utf8_clean(const char *src, size_t len, char *dst, size_t size);

#endif
