#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016,SC2154 # planted faults; what run sets
# How the code is written.

load helper

@test "files are found by name and by their first line" {
	local -a c shell

	mapfile -d '' c < <(c_files)
	mapfile -d '' shell < <(shell_files)
	[[ " ${c[*]} " == *" user/main.c "* && " ${c[*]} " == *" bpf/record.h "* ]]
	[[ " ${shell[*]} " == *" tests/run "* && " ${shell[*]} " == *" .ci/run "* ]]
	[[ " ${shell[*]} " == *" tests/analysis/style.bats "* ]]
	[[ " ${shell[*]} " == *" scripts/sshidle.bash-completion "* ]]
	[[ " ${shell[*]} " == *" scripts/debian/sshidle.postinst "* ]]
}

@test "shellcheck: bash, sh and bats" {
	is_version '*version: 0.9.*' shellcheck
	shell_files | judged_by 8 shellcheck
	echo 'for i in *; do echo $i; done' >"$BATS_TEST_TMPDIR/bent"
	run ! shellcheck --shell=sh "$BATS_TEST_TMPDIR/bent"
	[[ $output == *SC2086* ]]
}

@test "clang-format: C" {
	is_version '*version 14.*' clang-format
	[[ -s .clang-format ]]
	c_files | judged_by 8 clang-format --dry-run -Werror
	printf 'int  one;\n' >"$BATS_TEST_TMPDIR/bent.c"
	run ! clang-format --style=file:.clang-format --dry-run -Werror "$BATS_TEST_TMPDIR/bent.c"
	[[ $output == *"should be clang-formatted"* ]]
}

code_files()
{
	c_files
	shell_files
	tree | grep -zE '[.]awk$|^Makefile$'
}

# wide FILE...: lines of more than 100 columns; of a character of several bytes the first counts
wide()
{
	LC_ALL=C awk '{
			gsub(/[\200-\277]/, "")
			while ((at = index($0, "\t")))
				$0 = substr($0, 1, at - 1) substr("        ", 1 + (at - 1) % 8) \
					substr($0, at + 1)
		}
		length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns" }' "$@"
}

@test "no line is longer than 100 columns" {
	local -a files

	mapfile -d '' files < <(code_files)
	diff -u /dev/null <(wide "${files[@]}")
	printf '\t%090dää\nä\t%093d\n' 1 1 >"$BATS_TEST_TMPDIR/bent"
	[[ $(wide "$BATS_TEST_TMPDIR/bent") == "$BATS_TEST_TMPDIR/bent:2: 101 columns" ]]
}

# long FILE...: functions of more than 60 lines, by the braces in the first column; a table ends
# in a semicolon
long()
{
	awk 'FNR == 1 { start = 0 }
		/^[^ \t#].*[{]$|^[{]$/ { start = FNR }
		/^[}]$/ && FNR - start - 1 > 60 {
			print FILENAME ":" start ": " FNR - start - 1 " lines"
		}' "$@"
}

@test "no function is longer than 60 lines" {
	local -a files

	mapfile -d '' files < <(code_files)
	diff -u /dev/null <(long "${files[@]}")
	{ printf 'f()\n{\n'; seq -f $'\ttrue %g' 60; echo '}'; } >"$BATS_TEST_TMPDIR/whole"
	{ printf 'f()\n{\n'; seq -f $'\ttrue %g' 61; echo '}'; } >"$BATS_TEST_TMPDIR/bent"
	[[ $(long "$BATS_TEST_TMPDIR"/{whole,bent}) == "$BATS_TEST_TMPDIR/bent:2: 61 lines" ]]
}
