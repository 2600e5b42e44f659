/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of TCP ports to watch, as the option -p and the config write it. */
#ifndef SSHIDLE_PORTS_H
#define SSHIDLE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORTS_MAX 16

/* Bytes that hold every text of ports_format(), NUL included. */
#define PORTS_TEXT_SIZE (PORTS_MAX * sizeof("65535,"))

/*
 * Reads "22,2222": 1 to PORTS_MAX different ports of 1..65535, blanks allowed around each.
 * -EINVAL: not such a list; -ERANGE: a port outside 1..65535; -EEXIST: a port twice;
 * -E2BIG: too many.
 */
int ports_parse(const char *text, uint16_t ports[PORTS_MAX], size_t *ret_n);

/* An error of ports_parse() in words to follow the text: "what is wrong; what is allowed". */
const char *ports_words(int error);

/* Whether port is one of the n. */
bool ports_hold(const uint16_t *ports, size_t n, uint16_t port);

/* Writes "22,2222", which ports_parse() reads back; gives buf. */
const char *ports_format(const uint16_t *ports, size_t n, char *buf, size_t size);

#endif
