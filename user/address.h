/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of records as text. */
#ifndef SSHIDLE_ADDRESS_H
#define SSHIDLE_ADDRESS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT_SIZE INET6_ADDRSTRLEN
#define ENDPOINT_TEXT_SIZE (INET6_ADDRSTRLEN + sizeof("[]:65535"))

/* Writes 16 bytes in network order; IPv4-mapped IPv6 is IPv4. Gives buf. */
const char *address_format(const uint8_t address[16], char *buf, size_t size);

/* "192.0.2.1:22" or "[2001:db8::1]:22"; gives buf. */
const char *endpoint_format(const uint8_t address[16], uint16_t port, char *buf, size_t size);

#endif
