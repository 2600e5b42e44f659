/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv4 and IPv6 prefixes on one 128-bit form. */
#ifndef SSHIDLE_PREFIX_H
#define SSHIDLE_PREFIX_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that hold every text of prefix_format(), NUL included. */
#define PREFIX_TEXT_SIZE (INET6_ADDRSTRLEN + sizeof("/128") - 1)

/*
 * Network byte order. IPv4 is held as ::ffff:a.b.c.d, so the IPv4 prefix 10.0.0.0/8 has len 104
 * and 0.0.0.0/0 has len 96. Bits of addr behind len are 0, so equal prefixes are equal bytes.
 */
struct prefix {
	uint8_t addr[16];
	uint8_t len; /* 0..128 */
};

/*
 * Reads 10.0.0.0/8, 2001:db8::/32, or an address alone, which is that one host. An IPv4-mapped
 * IPv6 address is the IPv4 one; the length behind it counts in 128 bits.
 * -EINVAL: no address or no length; -ERANGE: length longer than the address; -EDOM: bits are set
 * behind the length (prefix_parse_masked() tells which prefix was perhaps meant).
 */
int prefix_parse(const char *text, struct prefix *ret);

/* As prefix_parse(), but bits behind the length are cleared instead of refused. */
int prefix_parse_masked(const char *text, struct prefix *ret);

/* An error of prefix_parse() in words to follow the text: "what is wrong; what is allowed". */
const char *prefix_words(int error);

/* Whether addr (the 128-bit form) lies within. ::/0 holds no IPv4 address, 0.0.0.0/0 no IPv6. */
bool prefix_match(const struct prefix *prefix, const uint8_t addr[16]);

/* Whether both are the same prefix, however they were spelt. */
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* Their order, as qsort(3) wants it: by address, then by length. 0: they are equal. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

/* Clears the bits of addr behind the first len, 0..128. */
void prefix_mask(uint8_t addr[16], uint8_t len);

/* Writes the one spelling that prefix_parse() reads back, a host without its length; gives buf. */
const char *prefix_format(const struct prefix *prefix, char *buf, size_t size);

#endif
