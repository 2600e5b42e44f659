// SPDX-License-Identifier: GPL-2.0-only
/* The list of TCP ports to watch, as the option -p and the config write it. */
#include "ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "number.h"

static const char blanks[] = " \t";

static int port_read(const char **text, uint16_t *ret)
{
	uint64_t port;
	int r;

	*text += strspn(*text, blanks);
	r = number_read(text, UINT16_MAX, &port);
	if (r)
		return r;
	*text += strspn(*text, blanks);
	if (!port)
		return -ERANGE;
	*ret = (uint16_t)port;
	return 0;
}

static int port_add(uint16_t port, uint16_t ports[PORTS_MAX], size_t *n)
{
	if (ports_hold(ports, *n, port))
		return -EEXIST;
	if (*n == PORTS_MAX)
		return -E2BIG;
	ports[(*n)++] = port;
	return 0;
}

int ports_parse(const char *text, uint16_t ports[PORTS_MAX], size_t *ret_n)
{
	uint16_t found[PORTS_MAX], port;
	size_t n = 0;
	int r;

	do {
		r = port_read(&text, &port);
		if (!r)
			r = port_add(port, found, &n);
		if (r)
			return r;
	} while (*text == ',' && text++);
	if (*text)
		return -EINVAL;
	memcpy(ports, found, n * sizeof(*found));
	*ret_n = n;
	return 0;
}

const char *ports_words(int error)
{
	switch (error) {
	case -ERANGE:
		return "has a port out of range; allowed are 1 to 65535";
	case -EEXIST:
		return "names a port twice; allowed are different ports";
	case -E2BIG:
		return "names too many ports; allowed are up to 16";
	default:
		return "is not a list of ports; allowed are numbers with commas between, such as "
		       "22,2222";
	}
}

bool ports_hold(const uint16_t *ports, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return true;
	return false;
}

const char *ports_format(const uint16_t *ports, size_t n, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (size_t i = 0; i < n && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%u", i ? "," : "", ports[i]);
	return buf;
}
