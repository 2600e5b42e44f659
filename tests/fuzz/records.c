// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes --from: reading records, and all that is printed of them. */
#include <stddef.h>
#include <stdint.h>

#include "everything.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	show_everything(data, size);
	return 0;
}

/* Mostly whole records with a sound head: what is behind it is what is to be tried. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned int seed)
{
	union record record;

	size = LLVMFuzzerMutate(data, size, size_max);
	if (seed % 8 == 0)
		return size;
	size -= size % sizeof(record);
	for (size_t at = 0; at < size; at += sizeof(record)) {
		memcpy(&record, data + at, sizeof(record));
		record.head.magic = RECORD_MAGIC;
		record.head.abi = RECORD_ABI;
		record.head.kind = at ? record.head.kind % (RECORD_END + 1) : RECORD_START;
		record.head.size = sizeof(record);
		memcpy(data + at, &record, sizeof(record));
	}
	return size;
}
