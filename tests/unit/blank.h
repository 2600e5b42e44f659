/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of records that are to be filled in. */
#ifndef SSHIDLE_TESTS_BLANK_H
#define SSHIDLE_TESTS_BLANK_H

#include <stdlib.h>

#include "../../user/stream.h"

/* n records of zeros; ends the test if there is no memory. Release with stream_free(). */
static inline struct stream blank_stream(size_t n)
{
	struct stream stream = {.n_blocks = (n + BLOCK_RECORDS - 1) / BLOCK_RECORDS, .n = n};

	stream.blocks = calloc(stream.n_blocks, sizeof(*stream.blocks));
	assert_non_null(stream.blocks);
	for (size_t i = 0; i < stream.n_blocks; i++) {
		stream.blocks[i] = calloc(1, BLOCK_BYTES);
		assert_non_null(stream.blocks[i]);
	}
	return stream;
}

#endif
