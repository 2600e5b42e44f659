// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of records as text. */
#include "address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_ipv4(const uint8_t address[16])
{
	return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address);
}

const char *address_format(const uint8_t address[16], char *buf, size_t size)
{
	if (is_ipv4(address))
		return inet_ntop(AF_INET, address + 12, buf, size);
	return inet_ntop(AF_INET6, address, buf, size);
}

const char *endpoint_format(const uint8_t address[16], uint16_t port, char *buf, size_t size)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(address, text, sizeof(text));
	snprintf(buf, size, is_ipv4(address) ? "%s:%u" : "[%s]:%u", text, port);
	return buf;
}
