# SPDX-License-Identifier: GPL-2.0-only
# Silent sessions of every kind are rescued at 80 % of the NAT's timeout; their twin dies.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

# A fifth of it is the time in which all five are rescued, one after the other.
readonly TIMEOUT_S=45

setup_file()
{
	start_keepalive_lab --timeout "$TIMEOUT_S"
}

router_forgot()
{
	! router_knows "$1"
}

is_reset()
{
	grep -F "port ${PORT[twin]}: Connection reset" "$LAB_SSHD_LOG"
}

# rescue server|client NAME [OPTIONS]: when its own silence is at 80 %
rescue()
{
	local end=$1 name=$2 before=${3-$DEFAULTS}

	id_of "$end" "$name"
	wait_until 60 is_silent_for $((TIMEOUT_S * 8 / 10)) "${PORT[$name]}"
	run --separate-stderr keepalive --json --path-timeout "${TIMEOUT_S}s" "${ID[$name]}"
	equals "$status" 0 "exit status for $name, with $output and $stderr"
	# 127 probes every 15 seconds are less than the two hours from before.
	has "$stderr" 'note: 1 of the sessions will survive'
	equals "$(change "${ID[$name]}" .result <<<"$output")" set "result of $name, of $output"
	equals "$(change "${ID[$name]}" "$NEW" <<<"$output")" 'true 15 15 127 null' "new of $name"
	equals "$(change "${ID[$name]}" "$OLD" <<<"$output")" "$before" "old of $name"
	router_knows "${PORT[$name]}" || fail "$name was rescued too late for this test"
}

@test "sessions rescued at 80 % of the timeout give their late output, their twin dies" {
	local name speak mux=$BATS_TEST_TMPDIR/mux.sock

	speak="$(waits_for go); echo late; exec sleep 600"
	start_session master lab4 'exec sleep 600' -o ControlMaster=yes -o "ControlPath=$mux"
	for name in twin root; do
		start_session "$name" lab4 "$speak"
	done
	start_session near lab4 "$speak" -o TCPKeepAlive=no
	start_session alice alice4 "$speak"
	start_session six lab6 "$speak"
	found_session master
	start_session mux lab4 "$speak" -o "ControlPath=$mux"
	for name in twin root near alice six mux; do
		found_session "$name"
	done
	equals "${PORT[mux]}" "${PORT[master]}" "the multiplexed session's port"
	wait_until 20 holds server "${PORT[alice]}" '.owners | length == 2'
	run ! holds server "${PORT[root]}" ".netns == $(stat -Lc %i /proc/self/ns/net)"

	# A run that cannot get its turn says so; meanwhile the others are silent.
	mkdir "$WORK/taken"
	flock "$WORK/taken" sleep 600 3>&- &
	id_of server root
	run -1 --separate-stderr keepalive --run-dir "$WORK/taken" "${ID[root]}"
	one_sentence "another sshidle is at work on $WORK/taken"

	for name in root alice six; do
		rescue server "$name"
	done
	# Switched on, the timer would start with a whole period if the idle time were not set last.
	rescue client near 'false 7200 75 9 null'
	# The multiplexed session has no socket but its master's.
	rescue client mux
	equals "$(session_of "${ID[mux]}" .owners[0].pid)" "${PID[master]}" \
		"owner of the shared socket"
	equals "$(session_of "${ID[alice]}" '.owners | length')" 2 "owners of alice's socket"

	wait_until 60 router_forgot "${PORT[twin]}"
	for name in root alice six near mux; do
		wait_until 60 holds server "${PORT[$name]}" ".idle.data_s > $TIMEOUT_S + 2"
		holds server "${PORT[$name]}" ".idle.wire_s < $TIMEOUT_S / 2" ||
			fail "nothing keeps $name"
	done
	go_on go
	for name in root alice six near mux; do
		wait_until 60 grep -qx late "${OUT[$name]}" || fail "the output of $name was lost"
	done
	wait_until 60 is_reset
	wait_until 30 is_not_listed server "${PORT[twin]}"
	run ! grep -qx late "${OUT[twin]}"
	kill -0 "${PID[twin]}"
}
