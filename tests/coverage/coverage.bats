#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# After all other rings: what they ran.

bats_require_minimum_version 1.5.0

@test "line coverage of user/ is at least 90 %" {
	local share

	run "$BATS_TEST_DIRNAME/counts" report
	printf '# %s\n' "${lines[@]}" >&3
	((status == 0))
	read -r _ share _ <<<"${lines[-1]}"
	((${share%.*} >= 90))
}
