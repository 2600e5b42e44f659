// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded: there is no memory from allocation number FAIL_AT on. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* glibc's own, under the names that it keeps for those who replace them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool has_run_out(void)
{
	static int allocations, first;

	if (!first)
		first = atoi(getenv("FAIL_AT"));
	if (++allocations < first)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return has_run_out() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return has_run_out() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return has_run_out() ? NULL : __libc_realloc(old, size);
}
