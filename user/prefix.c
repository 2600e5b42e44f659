// SPDX-License-Identifier: GPL-2.0-only
/* IPv4 and IPv6 prefixes on one 128-bit form. */
#include "prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

enum {
	ADDR_BITS = 128,
	MAPPED_BITS = 96, /* of an IPv4 address stand before its own 32 */
	MAPPED_BYTES = MAPPED_BITS / 8,
};

static const uint8_t mapped[MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};

/* For a prefix too: with bits behind its length 0, one that reaches beyond IPv4 has no ffff. */
static bool addr_is_ipv4(const uint8_t addr[16])
{
	return !memcmp(addr, mapped, sizeof(mapped));
}

/* Gives the address and how many of its bits the text does not count in a length. */
static int addr_parse(const char *text, uint8_t addr[16], uint8_t *ret_uncounted)
{
	if (inet_pton(AF_INET, text, addr + MAPPED_BYTES) == 1) {
		memcpy(addr, mapped, sizeof(mapped));
		*ret_uncounted = MAPPED_BITS;
		return 0;
	}
	if (inet_pton(AF_INET6, text, addr) == 1) {
		*ret_uncounted = 0;
		return 0;
	}
	return -EINVAL;
}

/* Reads the length behind the slash, or the full one where there is no slash. */
static int len_parse(const char *slash, uint8_t uncounted, uint8_t *ret_len)
{
	uint64_t len = ADDR_BITS - uncounted;
	int r;

	if (*slash) {
		slash++;
		r = number_read(&slash, len, &len);
		if (r)
			return r;
		if (*slash)
			return -EINVAL;
	}
	*ret_len = (uint8_t)(len + uncounted);
	return 0;
}

/* As prefix_parse(), bits behind the length left as they are. */
static int prefix_read(const char *text, struct prefix *ret)
{
	size_t addr_len = strcspn(text, "/");
	char addr_text[INET6_ADDRSTRLEN];
	uint8_t uncounted;
	int r;

	if (addr_len >= sizeof(addr_text))
		return -EINVAL;
	memcpy(addr_text, text, addr_len);
	addr_text[addr_len] = '\0';
	r = addr_parse(addr_text, ret->addr, &uncounted);
	return r ? r : len_parse(text + addr_len, uncounted, &ret->len);
}

int prefix_parse_masked(const char *text, struct prefix *ret)
{
	struct prefix found;
	int r;

	r = prefix_read(text, &found);
	if (r)
		return r;
	prefix_mask(found.addr, found.len);
	*ret = found;
	return 0;
}

int prefix_parse(const char *text, struct prefix *ret)
{
	struct prefix found, masked;
	int r;

	r = prefix_read(text, &found);
	if (r)
		return r;
	masked = found;
	prefix_mask(masked.addr, masked.len);
	if (!prefix_equal(&found, &masked))
		return -EDOM;
	*ret = found;
	return 0;
}

const char *prefix_words(int error)
{
	switch (error) {
	case -ERANGE:
		return "is longer than its address; allowed are /0 to /32 for IPv4, /0 to /128 for "
		       "IPv6";
	case -EDOM:
		return "has bits set behind its length; allowed is a prefix such as 10.0.0.0/8";
	default:
		return "is not an address or prefix; allowed are forms such as 192.0.2.7, "
		       "10.0.0.0/8 and 2001:db8::/32";
	}
}

bool prefix_match(const struct prefix *prefix, const uint8_t addr[16])
{
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (addr_is_ipv4(prefix->addr) != addr_is_ipv4(addr) || memcmp(prefix->addr, addr, bytes))
		return false;
	return !bits || (prefix->addr[bytes] ^ addr[bytes]) >> (8 - bits) == 0;
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return !prefix_compare(a, b);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = memcmp(a->addr, b->addr, sizeof(a->addr));

	return order ? order : a->len - b->len;
}

void prefix_mask(uint8_t addr[16], uint8_t len)
{
	unsigned int bytes = len / 8, bits = len % 8;

	if (bits)
		addr[bytes++] &= (uint8_t)(0xff00 >> bits);
	memset(addr + bytes, 0, 16 - bytes);
}

const char *prefix_format(const struct prefix *prefix, char *buf, size_t size)
{
	bool ipv4 = addr_is_ipv4(prefix->addr);
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(ipv4 ? AF_INET : AF_INET6, prefix->addr + (ipv4 ? MAPPED_BYTES : 0), addr,
		  sizeof(addr));
	if (prefix->len == ADDR_BITS)
		snprintf(buf, size, "%s", addr);
	else
		snprintf(buf, size, "%s/%d", addr, prefix->len - (ipv4 ? MAPPED_BITS : 0));
	return buf;
}
