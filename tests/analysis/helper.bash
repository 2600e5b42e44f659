# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The files of the tree, and who looks at them. Needs no root, and no git: it may be a tarball.

bats_require_minimum_version 1.5.0
set -o pipefail
cd "${SSHIDLE_TOP:-$BATS_TEST_DIRNAME/../..}" || exit

# tree: all files, each ended by a zero byte
tree()
{
	find -- * .[!.]* \( -path build -o -path .git \) -prune -o -type f -print0
}

c_files()
{
	tree | grep -z '[.][ch]$'
}

# By name, or by the line that says so.
shell_files()
{
	{
		tree | grep -zE '[.](bash|bats)$'
		tree | xargs -0 grep -ZlE '^(#!.*[ /]((ba)?sh|bats)|# shellcheck shell=.*)$' || true
	} | sort -zu
}

# judged_by N COMMAND...: gives it the files of standard input, N at a time
judged_by()
{
	xargs -0 -n "$1" -P "$(nproc)" "${@:2}" 2>&1
}

# flags_of TARGET: those that make compiles with, into flags
flags_of()
{
	mapfile -t flags < <(make -s --no-print-directory "$1")
	((${#flags[@]} > 0))
}

sources()
{
	c_files | grep -z '[.]c$' | grep -zv '[.]bpf[.]c$'
}

bpf_sources()
{
	c_files | grep -z '[.]bpf[.]c$'
}

# is_version PATTERN COMMAND: what a tool finds depends on its version; Debian 12's is the judge
is_version()
{
	local version

	version=$("$2" --version)
	# shellcheck disable=SC2053 # a pattern
	[[ $version == $1 ]] || skip "$2 is not Debian 12's"
}
