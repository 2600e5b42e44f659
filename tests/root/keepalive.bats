# SPDX-License-Identifier: GPL-2.0-only
# What keepalive does to a session, and takes back; whom it chooses; what it says and writes.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

setup_file()
{
	start_keepalive_lab
}

@test "undo brings back the options and the timer, however often it was set" {
	local id
	local -i before

	open_session undone lab4 'exec sleep 600'
	id_of server undone
	id=${ID[undone]}
	before=$(ss_probe_s server "${PORT[undone]}")
	is_ours "$id" false

	sets "$id" --path-timeout 3600s
	equals "$(change "$id" "$OLD" <<<"$output")" "$DEFAULTS" old
	equals "$(change "$id" "$NEW" <<<"$output")" "$HOUR" new
	equals "$(change "$id" '"\(.survived_s) \(.survives_s)"' <<<"$output")" '7875 8400' budgets
	is_ours "$id" true
	between "$(probe_s "$id")" 1100 1200 1 "seconds until the probe"
	between "$(ss_probe_s server "${PORT[undone]}")" 1080 1200 1 "the same by ss"

	# The second run finds nothing to do, others do not stack.
	run -0 --separate-stderr keepalive --json --path-timeout 3600s "$id"
	equals "$(change "$id" .result <<<"$output")" unchanged result
	sets "$id" --path-timeout 3600s --idle 100
	equals "$(change "$id" '"\(.survived_s) \(.survives_s)"' <<<"$output")" '7875 7900' budgets
	sets "$id" --path-timeout 3600s --survive 72h
	equals "$(change "$id" "$NEW" <<<"$output")" 'true 1200 1200 6 259200' new
	equals "$(change "$id" .survives_s <<<"$output")" 259200 survives_s
	equals "$(options_of "$id")" 'true 1200 1200 6 259200' options

	run -0 --separate-stderr keepalive --undo --json "$id"
	equals "$(change "$id" .result <<<"$output")" restored result
	equals "$(change "$id" "$NEW" <<<"$output")" "$DEFAULTS" new
	equals "$(options_of "$id")" "$DEFAULTS" options
	is_ours "$id" false
	between "$(probe_s "$id")" 7100 7200 1 "seconds until the probe"
	between "$(ss_probe_s server "${PORT[undone]}")" $((before - 60)) "$before" 60 \
		"the same by ss"
	refuses "$id" "there is nothing to undo" --undo
}

@test "undo brings back that there was no keepalive" {
	local id

	open_session off lab4 'exec sleep 600' -o TCPKeepAlive=no
	id_of client off
	id=${ID[off]}
	equals "$(options_of "$id")" 'false 7200 75 9 null' options
	sets "$id" --path-timeout 3600s
	equals "$(change "$id" '"\(.survived_s) \(.survives_s)"' <<<"$output")" \
		"null $((1200 * 128))" \
		budgets
	has "$stderr" "for a shorter time than before"
	between "$(probe_s "$id")" 1100 1200 1 "seconds until the probe"
	run -0 --separate-stderr keepalive --undo --json "$id"
	equals "$(options_of "$id")" 'false 7200 75 9 null' options
	equals "$(session_of "$id" .keepalive.tcp.next_probe_s)" null "the timer"
	run ! ss_timer_ms "$(ss_of client "${PORT[off]}")" keepalive
}

# A sysctl may hold more than a socket option can, such as 86400.
@test "undo of a default that no option could hold comes as near as there is" {
	local id

	keepalive_in server 86400 75 200
	open_session long lab4 'exec sleep 600'
	id_of server long
	id=${ID[long]}
	sets "$id" --path-timeout 3600s
	equals "$(change "$id" "$OLD" <<<"$output")" 'true 86400 75 200 null' old
	run -0 --separate-stderr keepalive --undo --json "$id"
	equals "$(change "$id" "$NEW" <<<"$output")" 'true 32767 75 127 null' new
	equals "$(options_of "$id")" 'true 32767 75 127 null' options
	is_ours "$id" false
}

@test "without a recorder it is set, after the word that there will be no undo" {
	local id note none=$WORK/none
	local -i told set

	open_session bare lab4 'exec sleep 600'
	id_of server bare
	id=${ID[bare]}
	run -1 --separate-stderr keepalive --run-dir "$none" --undo "$id"
	one_sentence "--undo is impossible" "$none"
	equals "$(options_of "$id")" "$DEFAULTS" options

	note="sshidle: note: no recorder that could keep what was there"
	run -0 --separate-stderr strace -o "$BATS_TEST_TMPDIR/trace" -e trace=write,setsockopt -- \
		"$SSHIDLE" keepalive --run-dir "$none" --config "$WORK/conf" -p "$MARK_PORT" \
		--json \
		--path-timeout 3600s "$id"
	equals "$stderr" "$note: --undo will not be possible" stderr
	equals "$(jq .undo_possible <<<"$output")" false undo_possible
	equals "$(change "$id" .result <<<"$output")" set result
	equals "$(options_of "$id")" "$HOUR" options
	is_ours "$id" false
	told=$(grep -n 'write(2, .*no recorder' "$BATS_TEST_TMPDIR/trace" | cut -d : -f 1)
	set=$(grep -n setsockopt "$BATS_TEST_TMPDIR/trace" | head -n 1 | cut -d : -f 1)
	((0 < told && told < set)) || fail "told in line $told, set in line $set of the trace"
}

@test "a dry run touches no socket, and writes no journal" {
	local id before options
	local -i timer

	open_session dry lab4 'exec sleep 600'
	id_of server dry
	id=${ID[dry]}
	start_journal
	before=$(session_of "$id" "$EVERYTHING_SET")
	timer=$(ss_probe_s server "${PORT[dry]}")
	# shellcheck disable=SC2086 # the words of the options
	for options in '' '--force' '--survive 72h' '--idle 700 --count 90'; do
		run -0 --separate-stderr keepalive_in_our_dev --dry-run --json \
			--path-timeout 3600s \
			$options "$id"
		equals "$(change "$id" .result <<<"$output")" "would set" result
		equals "$(jq .dry_run <<<"$output")" true dry_run
	done
	run -0 --separate-stderr strace -o "$BATS_TEST_TMPDIR/trace" \
		-e trace=setsockopt,pidfd_open,pidfd_getfd,sendto -- "$SSHIDLE" keepalive \
		--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" --path-timeout 3600s \
		--dry-run "$id"
	has "$output" "would set"
	run ! grep -E '^(setsockopt|pidfd|sendto)' "$BATS_TEST_TMPDIR/trace"
	equals "$(session_of "$id" "$EVERYTHING_SET")" "$before" "options after a dry run"
	between "$(ss_probe_s server "${PORT[dry]}")" $((timer - 60)) "$timer" 0 "the timer by ss"
	between "$(probe_s "$id")" 7100 7200 1 "seconds until the probe"
	is_ours "$id" false
	equals "$(read_journal)" "" journal

	sets "$id" --path-timeout 3600s
	run -0 --separate-stderr keepalive_in_our_dev --undo --dry-run --json "$id"
	equals "$(change "$id" .result <<<"$output")" "would restore" result
	equals "$(options_of "$id")" "$HOUR" options
	is_ours "$id" true
	equals "$(read_journal)" "" journal
}

@test "each change is one line in the journal: who, whose, from what to what" {
	local id pid fd uid whose
	local -a lines

	start_journal
	open_session logged alice4 'exec sleep 600'
	wait_until 20 holds server "${PORT[logged]}" '.owners | length == 2'
	id_of server logged
	id=${ID[logged]}
	run -0 keepalive_in_our_dev --json --path-timeout 3600s "$id"
	read -r pid fd < <(change "$id" '.owner | "\(.pid) \(.fd)"' <<<"$output")
	# Neither what is unchanged nor what is refused is a change.
	run -0 keepalive_in_our_dev --path-timeout 3600s "$id"
	run -1 keepalive_in_our_dev --path-timeout 3600s --idle 1801 "$id"
	run -0 keepalive_in_our_dev --undo "$id"
	read_journal >"$BATS_TEST_TMPDIR/lines"
	mapfile -t lines <"$BATS_TEST_TMPDIR/lines"
	equals "${#lines[@]}" 2 "lines in the journal: ${lines[*]}"
	uid=$(</proc/self/loginuid)
	((uid != 4294967295)) || uid=0
	whose="session $id peer $LAB_ROUTER4:${PORT[logged]} owner ${SSHD_COMM}[$pid] fd $fd"
	has "${lines[0]}" "]: keepalive set: $whose: 7200/75/9 -> 1200/1200/6, by uid $uid"
	has "${lines[1]}" "]: keepalive restored: $whose: 1200/1200/6 -> 7200/75/9, by uid $uid"
	# authpriv.notice: 10 * 8 + 5
	equals "$(grep -o '<[0-9]*>[A-Z][a-z]* *[^ ]* *[^ ]* sshidle\[' "$JOURNAL" | cut -c 1-4 |
		sort -u)" \
		'<85>' "facility and level"
}

# ids_of <JSON: of the changes with that result
ids_of()
{
	jq -r '[.changes[] | select(.result == "'"$1"'").id] | sort | join(" ")'
}

sorted()
{
	printf '%s\n' "$@" | sort | paste -sd ' '
}

# talk NAME TEXT: both ends are active, and nothing is on its way
talk()
{
	type_in "$1" "$2"
	wait_until 30 grep -qx "$2" "${OUT[$1]}"
	wait_until 30 is_quiet server "${PORT[$1]}"
	wait_until 30 is_quiet client "${PORT[$1]}"
}

@test "only what is at risk is chosen; with all, what nothing keeps; then nothing is left to do" {
	local risk risk_client busy busy_client

	keepalive_in server 2 2 9
	open_session kept lab4 'exec sleep 600'
	keepalive_in server 7200 75 9
	open_session risk lab4 'exec sleep 600'
	can_type busy
	open_session busy lab4 'exec cat'
	id_of client risk
	id_of client busy
	risk_client=${ID[risk]} busy_client=${ID[busy]}
	id_of server risk
	id_of server busy
	risk=${ID[risk]} busy=${ID[busy]}
	# The sysctl's change must not have become the options of kept.
	run -0 keepalive --idle 2 --force --path-timeout 60s "$(end_of server "${PORT[kept]}" .id)"
	wait_until 30 holds server "${PORT[kept]}" '.idle.data_s > 6 and .idle.wire_s < 3'

	wait_until 60 holds server "${PORT[risk]}" '.verdict == "at-risk"' --path-timeout 14s
	wait_until 60 holds client "${PORT[risk]}" '.verdict == "at-risk"' --path-timeout 14s
	talk busy one
	run -0 --separate-stderr keepalive --json --path-timeout 14s
	equals "$(ids_of set <<<"$output")" "$(sorted "$risk" "$risk_client")" \
		"sessions set, of $output"
	equals "$(jq '.changes | length' <<<"$output")" 2 "sessions chosen"
	equals "$(options_of "$busy")" "$DEFAULTS" "options of busy"

	# As a timer would call it, every minute.
	run -0 --separate-stderr keepalive --at-risk --path-timeout 14s
	equals "$output$stderr" "" "words of a run that has nothing to do"

	talk busy two
	run -0 --separate-stderr keepalive --all --json --path-timeout 14s
	equals "$(ids_of set <<<"$output")" "$(sorted "$busy" "$busy_client")" \
		"sessions set, of $output"
	run -0 --separate-stderr keepalive --all --path-timeout 14s
	equals "$output$stderr" "" "words of a run that has nothing to do"

	run -0 --separate-stderr keepalive --undo --json
	has " $(ids_of restored <<<"$output") " " $risk "
	equals "$(options_of "$risk")" "$DEFAULTS" "options of risk"
	run -0 --separate-stderr keepalive --undo
	equals "$output$stderr" "" "words of a run that has nothing to do"
	# Who looks at a terminal gets an answer.
	run -0 keepalive_at_terminal --undo
	has "$output" "sshidle has set the keepalive of no session"
}

@test "JSON has every key" {
	local json

	open_session keys lab4 'exec sleep 600'
	id_of server keys
	json=$(keepalive --json --path-timeout 3600s "${ID[keys]}")
	validates keepalive <<<"$json"
	jq -e --arg ip "$LAB_ROUTER4" --argjson port "${PORT[keys]}" --arg comm "$SSHD_COMM" '
		.schema == "sshidle/1" and
		.dry_run == false and .undo_possible and (.changes | length == 1) and
		(.changes[0] | (.id | type == "string") and
		 .peer == {"address": $ip, "port": $port} and .reason == null and
		 .owner.comm == $comm)' <<<"$json"
	json=$(keepalive --json --at-risk --path-timeout 3600s)
	validates keepalive <<<"$json"
	equals "$(jq -c .changes <<<"$json")" '[]' "changes when there is nothing to do"
}

@test "the mend that explain prints keeps it open on the path that was told" {
	local mend
	local -a words

	open_session mended lab4 'sleep 600'
	id=$(end_of server "${PORT[mended]}" .id)
	mend=$(sshidle explain --json --path-timeout 15s "$id" | jq -r '.sessions[0].mend')
	read -ra words <<<"${mend%%;*}"
	equals "${words[*]:0:2}" "sshidle keepalive" "the mend's command"
	keepalive "${words[@]:2}"
	holds server "${PORT[mended]}" .protected --path-timeout 15s
}

@test "--all leaves alone what is active and has data on its way" {
	local json

	# Less than what sshd sends before it waits for the client.
	lab exec client sysctl -qw net.ipv4.tcp_rmem='4096 8192 16384'
	open_session stuck lab4 'exec cat /dev/zero'
	kill -STOP "${PID[stuck]}"
	open_session quiet lab4 'sleep 600'
	wait_until 20 holds server "${PORT[stuck]}" '.idle.wire_s > 1'
	json=$(keepalive --all --json --path-timeout 3600s)
	equals "$(jq --arg id "$(end_of server "${PORT[quiet]}" .id)" \
		'[.changes[] | select(.id == $id) | .result] | join(" ")' <<<"$json")" '"set"' \
		"the quiet one"
	id=$(end_of server "${PORT[stuck]}" .id)
	equals "$(jq -c --arg id "$id" '[.changes[] | select(.id == $id)]' <<<"$json")" '[]' \
		"what is told of the stuck one"
	# Named it is, and refused.
	run -1 keepalive --path-timeout 3600s "$id"
	has "$output" "data is unacknowledged"
}

@test "what one end has closed is chosen by nobody who did not name it" {
	local json

	open_session closing lab4 'sleep 600'
	kill -STOP "${PID[closing]}"
	end_of server "${PORT[closing]}" '.owners[].pid' | xargs kill
	wait_until 20 holds client "${PORT[closing]}" '.verdict == "at-risk" and .idle.wire_s > 4' \
		--path-timeout 8s
	id=$(end_of client "${PORT[closing]}" .id)
	json=$(keepalive --json --path-timeout 8s)
	equals "$(jq -c --arg id "$id" '[.changes[] | select(.id == $id)]' <<<"$json")" '[]' \
		"what is told of it"
	run -1 keepalive --path-timeout 8s "$id"
	has "$output" "one end has closed the connection"
}

@test "why a session was refused is told whole on a narrow terminal" {
	local screen

	open_session narrow lab4 'sleep 600'
	id=$(end_of server "${PORT[narrow]}" .id)
	screen=$(script -qec "stty cols 80; $SSHIDLE keepalive --run-dir $RUN_DIR --config \
$WORK/conf -p $MARK_PORT --path-timeout 3600 --idle 3000 $id" /dev/null </dev/null | tr -d '\r')
	grep -qE "^ *$id .* refused: .*half" <<<"$screen" || fail "$screen"
}

@test "2000 sessions are set in one run, none is missed, and all are put back" {
	local json

	gcc -std=gnu11 -D_GNU_SOURCE -O2 -o "$WORK/hold" "$TOP"/tests/bench/{hold,lab}.c
	can_type end
	"$WORK/hold" 1000 "$MARK_PORT" <"$BATS_TEST_TMPDIR/end.in" \
		>"$BATS_TEST_TMPDIR/pid" 3>&- &
	wait_until 60 test -s "$BATS_TEST_TMPDIR/pid"
	json=$(keepalive --all --json --path-timeout 3600s)
	equals "$(jq '[.changes[] | select(.result == "set")] | length' <<<"$json")" 2000 \
		"sessions set"
	equals "$(jq '[.changes[].id] | unique | length' <<<"$json")" 2000 "of them different"
	json=$(sshidle list --json)
	equals "$(jq '[.sessions[].keepalive.tcp | select(.set_by_sshidle and .idle_s == 1200 and
		.interval_s == 1200 and .count == 6 and .next_probe_s <= 1200)] | length' \
			<<<"$json")" 2000 \
		"sessions that have it"
	run -0 keepalive --all --path-timeout 3600s
	equals "$output" "" "words of a second run"
	json=$(keepalive --undo --json)
	equals "$(jq '[.changes[] | select(.result == "restored")] | length' <<<"$json")" 2000 \
		"sessions restored"
	json=$(sshidle list --json)
	equals "$(jq '[.sessions[].keepalive.tcp | select(.set_by_sshidle == false and
		.idle_s == 7200 and .interval_s == 75 and .count == 9)] | length' \
			<<<"$json")" 2000 \
		"sessions as they were"
}
