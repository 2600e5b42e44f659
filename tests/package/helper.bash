# SPDX-License-Identifier: GPL-2.0-only
# What the files of the package ring share beyond those of the root ring.
# shellcheck shell=bash

load ../root/helper

# start_package_file: for setup_file
start_package_file()
{
	((EUID == 0)) || fail "the package ring needs root" || return
	sweep || return
	mkdir -m 0755 "$WORK"
	# Root reads a tree that may be somebody else's.
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$TOP
}

# make_in TREE ARGS...: as a person would, who knows nothing of the make that runs the tests
make_in()
{
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$1" --no-print-directory "${@:2}" \
		>"$WORK/make.log" 2>&1 3>&- || fail "$(tail -n 20 "$WORK/make.log")"
}
