#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # what flags_of and run set
# What compilers say of each file: nothing, with the warnings that the Makefile asks for.

load helper

bend()
{
	printf '#include <stdio.h>\nvoid f(void);\nvoid f(void)\n{\n\tprintf("%%s", 1);\n}\n' \
		>"$BATS_TEST_TMPDIR/bent.c"
}

@test "gcc" {
	flags_of flags
	sources | judged_by 4 gcc "${flags[@]}" -Werror -fsyntax-only
	bend
	run ! gcc "${flags[@]}" -Werror -fsyntax-only "$BATS_TEST_TMPDIR/bent.c"
	[[ $output == *"[-Werror=format="* ]]
}

@test "clang" {
	flags_of flags
	sources | judged_by 4 clang "${flags[@]}" -Werror -fsyntax-only
	bend
	run ! clang "${flags[@]}" -Werror -fsyntax-only "$BATS_TEST_TMPDIR/bent.c"
	[[ $output == *"[-Werror,-Wformat]"* ]]
}

@test "clang: BPF" {
	flags_of bpf-flags
	bpf_sources | judged_by 1 clang "${flags[@]}" -Werror -c -o /dev/null
	printf 'int f(void);\nint f(void)\n{\n\tint one;\n\n\treturn one;\n}\n' \
		>"$BATS_TEST_TMPDIR/bent.bpf.c"
	run ! clang "${flags[@]}" -Werror -c -o /dev/null "$BATS_TEST_TMPDIR/bent.bpf.c"
	[[ $output == *"[-Werror,-Wuninitialized]"* ]]
}
