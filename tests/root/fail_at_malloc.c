// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded: there is no memory from allocation number FAIL_AT on. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

/* glibc's own, under the names that it keeps for those who replace them. */
void *real_malloc(size_t size) __asm__("__libc_malloc");
void *real_calloc(size_t n, size_t size) __asm__("__libc_calloc");
void *real_realloc(void *old, size_t size) __asm__("__libc_realloc");

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
	return has_run_out() ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return has_run_out() ? NULL : real_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return has_run_out() ? NULL : real_realloc(old, size);
}
