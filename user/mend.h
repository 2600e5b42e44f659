/* SPDX-License-Identifier: GPL-2.0-only */
/* What to do about a session, in one line. Pure. */
#ifndef SSHIDLE_MEND_H
#define SSHIDLE_MEND_H

#include <stddef.h>

#include "evidence.h"
#include "row.h"

#define MEND_SIZE 1024

/* Writes what a person should run or set, without a full stop; gives buf. */
const char *mend_format(const struct row *row, const struct evidence *evidence, char *buf,
			size_t size);

#endif
