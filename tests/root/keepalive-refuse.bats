# SPDX-License-Identifier: GPL-2.0-only
# What would hurt a session is refused, with its reason, for a real cause each.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

setup_file()
{
	start_keepalive_lab
	build_holder
}

@test "on a blocked path: the dead, those with data and those with probes outstanding" {
	local name speak

	speak="$(waits_for go); echo late; exec sleep 600"
	# The first retransmission of what six sends is a minute away, so it is not dead so soon.
	lab exec server ip -6 route add "${LAB_SERVER6%::*}::/64" dev eth0 metric 1 rto_min 60s
	start_session dead lab4 "$speak"
	start_session six lab6 "$speak"
	found_session dead
	found_session six
	# Nothing may probe before the path is blocked: the next probe is a minute later.
	keepalive_in server 10 60 5
	open_session probed lab4 "$(waits_for later); echo late; exec sleep 600"
	for name in dead six probed; do
		id_of server "$name"
	done
	lab block
	go_on go
	wait_until 60 holds server "${PORT[probed]}" '.unanswered.probes == 1'
	# So that nothing else is a reason to refuse.
	keepalive_in server 7200 75 9
	wait_until 60 is_not_quiet server "${PORT[six]}"
	wait_until 60 holds server "${PORT[dead]}" '.verdict == "dead"'

	refuses "${ID[probed]}" "a keepalive probe is unanswered" --path-timeout 3600s
	refuses "${ID[six]}" "data is unacknowledged" --path-timeout 3600s
	refuses "${ID[dead]}" "it sends without an answer already" --path-timeout 3600s
	refuses "${ID[dead]}" "it sends without an answer already" --path-timeout 3600s --force

	# By force; but never a count that would end it at the next tick.
	sets "${ID[probed]}" --path-timeout 3600s --force --count 1
	equals "$(change "${ID[probed]}" "$NEW" <<<"$output")" 'true 1200 1200 2 null' new
	sets "${ID[six]}" --path-timeout 3600s --force
	lab unblock
	go_on later
	wait_until 60 grep -qx late "${OUT[probed]}"
	wait_until 30 holds server "${PORT[probed]}" '.unanswered.probes == 0'
}

@test "what the owner decided: a user timeout, a keepalive as fast, a closed end" {
	start_holder owner 2
	ask owner timeout "${NEAR_FD[0]}" 5000
	refuses "${NEAR_ID[0]}" "its owner set TCP_USER_TIMEOUT" --path-timeout 3600s
	equals "$(ask owner get "${NEAR_FD[0]}")" '1 7200 75 9 5000' "options by getsockopt"
	sets "${NEAR_ID[0]}" --path-timeout 3600s --force
	equals "$(ask owner get "${NEAR_FD[0]}")" '1 1200 1200 6 5000' "options by getsockopt"

	ask owner shut "${FAR_FD[1]}"
	refuses "${NEAR_ID[1]}" "one end has closed the connection" --path-timeout 3600s
	refuses "${NEAR_ID[1]}" "one end has closed the connection" --path-timeout 3600s --force
	equals "$(ask owner get "${NEAR_FD[1]}")" '1 7200 75 9 0' "options by getsockopt"

	keepalive_in server 5 5 9
	open_session tight lab4 'exec sleep 600'
	id_of server tight
	refuses "${ID[tight]}" "its owner set a keepalive that is as fast" --path-timeout 3600s
	# Slower than half of this path's timeout: its owner's is not fast enough.
	sets "${ID[tight]}" --path-timeout 8s
	equals "$(change "${ID[tight]}" "$NEW" <<<"$output")" 'true 4 4 12 null' new
}

@test "what was asked for: too slow, a shorter life, nothing to undo, no such session" {
	local id shorter="that is no longer than it survives"

	open_session asked lab4 'exec sleep 600'
	id_of server asked
	id=${ID[asked]}
	refuses "$id" "a period over half the path's timeout" --path-timeout 350s --idle 176
	refuses "$id" "a period over half the path's timeout" --path-timeout 350s --idle 176 --force
	# At 116 s each it is the 67th probe that would be due then.
	refuses "$id" "$shorter" --path-timeout 350s --survive $((67 * 116))
	refuses "$id" "$shorter" --path-timeout 350s --idle 100 --count 77
	# A user timeout below the silence so far would make the first probe the last.
	open_session off lab4 'exec sleep 600' -o TCPKeepAlive=no
	id_of client off
	refuses "${ID[off]}" "$shorter" --path-timeout 350s --idle 1 --survive 1
	refuses "$id" "sshidle has not set its keepalive" --undo
	refuses "$id" "sshidle has not set its keepalive" --undo --force

	run -1 --separate-stderr keepalive 1
	one_sentence "no session '1'"
	run -1 --separate-stderr keepalive --undo 1
	one_sentence "no session '1'"
	run -1 --separate-stderr keepalive "$id" pid:1
	one_sentence "no session 'pid:1'"
	run --separate-stderr keepalive lab4
	one_sentence "'lab4' is no session"
	((status != 0))
	equals "$(options_of "$id")" "$DEFAULTS" options
}

@test "wrong values are wrong usage, and nothing is set" {
	local -a wrong
	local id line

	open_session usage lab4 'exec sleep 600'
	id_of server usage
	id=${ID[usage]}
	while read -r line; do
		read -ra wrong <<<"$line"
		run -2 --separate-stderr keepalive "${wrong[@]}" "$id"
		one_sentence "${wrong[0]}" "${wrong[1]}"
	done <<-TEXT
	--idle 0
	--idle 32768
	--idle fast
	--count 0
	--count 128
	--count 3x
	--survive 0
	--survive 2147484
	--undo --idle 5
	--undo --count 5
	--undo --survive 5
	--undo --at-risk
	--all --at-risk
	TEXT
	equals "$(options_of "$id")" "$DEFAULTS" options
}

@test "an overdue session is refused, and set by force" {
	local id

	open_session overdue lab4 'exec sleep 600'
	id_of server overdue
	id=${ID[overdue]}
	wait_until 30 is_silent_for 2 "${PORT[overdue]}"
	refuses "$id" "a probe may draw the RST that proves it gone" --path-timeout 2s
	# Not even chosen, when it is not named.
	run -0 --separate-stderr keepalive --path-timeout 2s
	equals "$output$stderr" "" "words of a run"
	run -0 --separate-stderr keepalive --all --path-timeout 2s
	equals "$output$stderr" "" "words of a run"
	run -0 keepalive_at_terminal --path-timeout 2s
	has "$output" "left alone: 2 sessions for which it is late, overdue or dead"
	[[ $output != *"no session is at risk"* && $output != *--force* ]]
	run -0 keepalive_at_terminal --all --path-timeout 2s
	has "$output" "overdue or dead; --force sends a probe on those overdue"
	[[ $output != *"that nothing keeps"* ]]
	sets "$id" --path-timeout 2s --force
	equals "$(change "$id" "$NEW" <<<"$output")" 'true 1 1 127 null' new
}

@test "one that is refused makes the run partly done, with the list" {
	local good bad words

	# The client's end has the default, the server's a keepalive of its own.
	keepalive_in server 5 5 9
	open_session both lab4 'exec sleep 600'
	id_of server both
	bad=${ID[both]}
	id_of client both
	good=${ID[both]}
	run -1 --separate-stderr keepalive --path-timeout 3600s --no-header "$good" "$bad"
	equals "$stderr" "sshidle: partly done: 1 of 2 sessions; RESULT tells why" \
		"stderr, with $output"
	words="7200/75/9 +1200/1200/6 +2h11m +2h20m +set"
	grep -qE "^ *$good +root +$LAB_SERVER4:$MARK_PORT +$words *$" <<<"$output"
	words="5/5/9 +1200/1200/3 .* refused: its owner set"
	grep -qE "^ *$bad +root +$LAB_ROUTER4:${PORT[both]} +$words" <<<"$output"
	equals "${#lines[@]}" 2 "lines of $output"
	equals "$(options_of "$good")" "$HOUR" "options of the good"
	equals "$(options_of "$bad")" 'true 5 5 9 null' "options of the bad"
}

# facts.md: the armed timer stays as it was, although the new value can be read.
@test "a sysctl that was lowered later keeps nothing, and is no reason to refuse" {
	local id

	open_session lowered lab4 'exec sleep 600'
	id_of server lowered
	id=${ID[lowered]}
	keepalive_in server 5 5 9
	equals "$(options_of "$id")" 'true 5 5 9 null' "options, as they read"
	(($(probe_s "$id") > 7000))
	sets "$id" --path-timeout 3600s
	between "$(probe_s "$id")" 1100 1200 1 "seconds until the probe"
	# It lived for two hours and 45 s, and does not live shorter.
	equals "$(options_of "$id")" 'true 1200 1200 6 null' "options"
	run -0 keepalive --dry-run --path-timeout 3600s "$id"
	has "$output" " 2h"
}

# as_nobody CAPS COMMAND...
as_nobody()
{
	setpriv --reuid nobody --regid games --clear-groups --inh-caps="$1" --ambient-caps="$1" \
		--no-new-privs -- "${@:2}" 3>&-
}

@test "without CAP_SYS_PTRACE the missing right is named, with it no root is needed" {
	local id
	local -a command

	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	command=("$WORK/sshidle" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" \
		-p "$MARK_PORT"
		--path-timeout 3600s)
	sshidle attach -p "$MARK_PORT" --group games --replace
	open_session right lab4 'exec sleep 600'
	id_of server right
	id=${ID[right]}
	run -1 --separate-stderr as_nobody -all "${command[@]}" --json "$id"
	equals "$(change "$id" .result <<<"$output")" failed result
	has "$(change "$id" .reason <<<"$output")" CAP_SYS_PTRACE
	has "$stderr" "partly done: 0 of 1 sessions"
	run -1 --separate-stderr as_nobody -all "${command[@]}" "$id"
	has "$output" CAP_SYS_PTRACE
	equals "$(options_of "$id")" "$DEFAULTS" options
	is_ours "$id" false

	run -1 --separate-stderr as_nobody -all "$WORK/sshidle" keepalive --run-dir "$RUN_DIR" \
		-p "$MARK_PORT" --undo "$id"
	one_sentence "--undo is impossible"

	run -0 --separate-stderr as_nobody +sys_ptrace "${command[@]}" --json "$id"
	equals "$(change "$id" .result <<<"$output")" set result
	equals "$(jq .undo_possible <<<"$output")" false undo_possible
	has "$stderr" "--undo will not be possible"
	equals "$(options_of "$id")" "$HOUR" options
}
