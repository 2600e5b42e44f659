#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # what run sets
# What cppcheck finds, besides tests/analysis/cppcheck.suppressions.

load helper

cppcheck_of()
{
	cppcheck --quiet --enable=warning,performance,portability --error-exitcode=1 --std=c11 \
		--suppressions-list=tests/analysis/cppcheck.suppressions -D_GNU_SOURCE \
		-DSSHIDLE_VERSION='"0"' -Ibuild "$@" 2>&1
}

@test "cppcheck" {
	local -a files

	is_version '*2.10*' cppcheck
	mapfile -d '' files < <(sources)
	cppcheck_of -j "$(nproc)" "${files[@]}"
	printf 'int f(void);\nint f(void)\n{\n\tint one[2];\n\n\treturn one[2];\n}\n' \
		>"$BATS_TEST_TMPDIR/bent.c"
	run -1 cppcheck_of "$BATS_TEST_TMPDIR/bent.c"
	[[ $output == *"[arrayIndexOutOfBounds]"* ]]
}
