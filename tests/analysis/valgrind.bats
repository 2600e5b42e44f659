#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # what run sets
# What the golden ring prints once more, under valgrind: unlike a sanitizer it sees what libraries
# do, and what is used before it was set. Tables and status lines have nothing that JSON has not.

load helper

readonly MEMCHECK=$PWD/tests/analysis/memcheck

@test "recordings" {
	SSHIDLE_TOP=$PWD SSHIDLE_GOLDEN=$MEMCHECK bats --tap \
		--filter ': (json|explain|prom|refused)$' tests/golden
}

# bend STATEMENT: a program of one
bend()
{
	mkdir -p "$BATS_TEST_TMPDIR/build"
	printf '#include <stdlib.h>\nint main(int argc, char **argv)\n{\n\t(void)argv;\n\t%s\n}\n' \
		"$1" >"$BATS_TEST_TMPDIR/bent.c"
	gcc -O0 -o "$BATS_TEST_TMPDIR/build/sshidle" "$BATS_TEST_TMPDIR/bent.c"
}

@test "a leak and an unset value are seen" {
	export SSHIDLE_TOP=$BATS_TEST_TMPDIR
	bend 'return argc != 1;'
	"$MEMCHECK"
	bend 'return !malloc(argc);'
	run -99 "$MEMCHECK"
	[[ $output == *"1 bytes in 1 blocks are definitely lost"* ]]
	bend 'int *one = malloc(4); argc = *one > 1; free(one); return argc ? 2 : 3;'
	run -99 "$MEMCHECK"
	[[ $output == *"depends on uninitialised value"* ]]
}
