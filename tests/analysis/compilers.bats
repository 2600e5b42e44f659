#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # what flags_of and run set
# What compilers say of each file: nothing, with the warnings that the Makefile asks for.

load helper

# approves COMPILER WORDS: of all files, but not of a planted fault, of which it says these words
approves()
{
	flags_of flags
	sources | judged_by 4 "$1" "${flags[@]}" -Werror -fsyntax-only || return
	printf '#include <stdio.h>\nvoid f(void);\nvoid f(void)\n{\n\tprintf("%%s", 1);\n}\n' \
		>"$BATS_TEST_TMPDIR/bent.c"
	run ! "$1" "${flags[@]}" -Werror -fsyntax-only "$BATS_TEST_TMPDIR/bent.c"
	[[ $output == *"$2"* ]]
}

@test "gcc" {
	approves gcc "[-Werror=format="
}

@test "clang" {
	approves clang "[-Werror,-Wformat]"
}

@test "clang: BPF" {
	flags_of bpf-flags
	bpf_sources | judged_by 1 clang "${flags[@]}" -Werror -c -o /dev/null
	printf 'int f(void);\nint f(void)\n{\n\tint one;\n\n\treturn one;\n}\n' \
		>"$BATS_TEST_TMPDIR/bent.bpf.c"
	run ! clang "${flags[@]}" -Werror -c -o /dev/null "$BATS_TEST_TMPDIR/bent.bpf.c"
	[[ $output == *"[-Werror,-Wuninitialized]"* ]]
}
