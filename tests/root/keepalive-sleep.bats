# SPDX-License-Identifier: GPL-2.0-only
# The laptop that sleeps: sessions outlive a path that answers nothing for as long as was promised.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

setup_file()
{
	start_keepalive_lab
}

@test "sessions outlive a silent path longer than before, their twin left alone dies" {
	local name

	# 13 seconds: so long each of them would live.
	keepalive_in server 6 7 1
	for name in twin plain counted survivor; do
		start_session "$name" lab4 \
			"$(waits_for tick); echo tick; $(waits_for go); echo late; exec sleep 600"
	done
	for name in twin plain counted survivor; do
		found_session "$name"
		id_of server "$name"
		equals "$(options_of "${ID[$name]}")" 'true 6 7 1 null' "options of $name"
	done
	sets "${ID[plain]}" --path-timeout 18s
	equals "$(change "${ID[plain]}" "$NEW" <<<"$output")" 'true 6 6 3 null' "new of plain"
	equals "$(change "${ID[plain]}" '"\(.survived_s) \(.survives_s)"' <<<"$output")" '13 24' \
		budgets
	sets "${ID[counted]}" --path-timeout 18s --count 8
	equals "$(change "${ID[counted]}" '"\(.survived_s) \(.survives_s)"' <<<"$output")" '13 54' \
		budgets
	sets "${ID[survivor]}" --path-timeout 18s --survive 60s
	equals "$(change "${ID[survivor]}" "$NEW" <<<"$output")" 'true 6 6 3 60' "new of survivor"
	equals "$(change "${ID[survivor]}" '"\(.survived_s) \(.survives_s)"' <<<"$output")" \
		'13 60' budgets
	equals "$(options_of "${ID[survivor]}")" 'true 6 6 3 60' "options of the survivor"

	# From the same moment on nobody answers them.
	go_on tick
	for name in twin plain counted survivor; do
		wait_until 30 grep -qx tick "${OUT[$name]}"
		wait_until 30 is_quiet server "${PORT[$name]}"
	done
	lab block
	wait_until 90 is_not_listed server "${PORT[twin]}"
	for name in plain counted survivor; do
		holds server "${PORT[$name]}" '.unanswered.probes >= 1 and .idle.wire_s > 12' ||
			fail "$name was not asleep"
	done
	lab unblock
	go_on go
	for name in plain counted survivor; do
		wait_until 60 grep -qx late "${OUT[$name]}" || fail "the output of $name was lost"
		wait_until 30 holds server "${PORT[$name]}" \
			'.unanswered.probes == 0 and .state == "established"'
	done
	run ! grep -qx late "${OUT[twin]}"
}
