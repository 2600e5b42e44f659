/* SPDX-License-Identifier: GPL-2.0-only */
/* Unsigned decimal numbers inside larger texts. */
#ifndef SSHIDLE_NUMBER_H
#define SSHIDLE_NUMBER_H

#include <errno.h>
#include <stdint.h>

/*
 * Reads the digits at *text, moves *text behind them and gives their value, which may be at most
 * max (max itself below UINT64_MAX / 16). No sign and no blanks are taken.
 * -EINVAL: no digit there; -ERANGE: more than max. On failure nothing changes.
 */
static inline int number_read(const char **text, uint64_t max, uint64_t *ret)
{
	const char *digit = *text;
	uint64_t value = 0;

	if (*digit < '0' || *digit > '9')
		return -EINVAL;
	for (; *digit >= '0' && *digit <= '9'; digit++) {
		value = value * 10 + (uint64_t)(*digit - '0');
		if (value > max)
			return -ERANGE;
	}
	*text = digit;
	*ret = value;
	return 0;
}

#endif
