#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # what flags_of and run set
# What clang-tidy finds by the checks of .clang-tidy.

load helper

# tidy [OPTION...]: the files of standard input
tidy()
{
	xargs -0 -I '{}' -P "$(nproc)" clang-tidy --quiet "$@" '{}' -- "${flags[@]}" 2>&1
}

@test "clang-tidy" {
	is_version '*version 14.*' clang-tidy
	flags_of flags
	sources | tidy
	echo 'int f(int one); int f(int one) { return one ? 1 : 1; }' >"$BATS_TEST_TMPDIR/bent.c"
	run -1 clang-tidy --quiet --config-file=.clang-tidy "$BATS_TEST_TMPDIR/bent.c" -- \
		"${flags[@]}"
	[[ $output == *"[bugprone-branch-clone,"* ]]
}

# The kernel gives each program of a kind the same parameters, and pointers as numbers.
@test "clang-tidy: BPF" {
	is_version '*version 14.*' clang-tidy
	flags_of bpf-flags
	bpf_sources | tidy --checks=-misc-unused-parameters,-performance-no-int-to-ptr
}
