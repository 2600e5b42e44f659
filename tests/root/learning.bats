# SPDX-License-Identifier: GPL-2.0-only
# What cuts and survived silences teach of each path, and that list goes by it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly TIMEOUT_S=15 SECOND_TIMEOUT_S=8
STATE=$WORK/state

setup_file()
{
	start_lab --timeout "$TIMEOUT_S" --second-timeout "$SECOND_TIMEOUT_S"
	sshidle attach
}

# cluster PEER FILTER: of the shortest cluster of the path to that peer's /24
cluster()
{
	sshidle history --json | jq -er --arg prefix "${1%.*}.0/24" \
		'[.clusters[] | select(.prefix == $prefix)] |
		 if length > 0 then min_by(.least_s) else error("no cluster") end | '"$2"
}

cuts()
{
	(($(cluster "$1" .cuts) >= $2))
}

# path_of PORT FILTER [LIST-OPTION...]
path_of()
{
	end_of server "$1" ".path | $2" "${@:3}"
}

@test "ten cuts behind a NAT name its timeout" {
	speak_late ssh 12.5 15.5 15.6 15.7 15.8 15.9 16 16.1 16.2 16.3 16.4
	wait_until 300 cuts "$LAB_ROUTER4" 10
	cluster "$LAB_ROUTER4" '.cuts == 10 and .at_expiry == "silent-rst" and .credible and
		.fits == [] and .passed_s >= 12.5 and .passed_s < 15'
	between "$(cluster "$LAB_ROUTER4" '.least_s * 1000 | round')" \
		$((TIMEOUT_S * 1000)) $((TIMEOUT_S * 1000 + 2000)) 0 \
		"the timeout that was learned, in ms"
	run -0 --separate-stderr sshidle history --cuts
	has "$output" "10 of 10 cuts after 15."
	has "$output" "RST on the next packet: fits no known profile; 12."
}

@test "list goes by what was learned, and an operator's word stands above it" {
	local -i learned

	open_session silent lab4 "sleep 600" -o ServerAliveInterval=0
	learned=$(cluster "$LAB_ROUTER4" '.least_s * 1000 | round')
	equals "$(path_of "${PORT[silent]}" .source)" learned "source of the timeout"
	equals "$(path_of "${PORT[silent]}" '.timeout_s * 1000 | round')" "$learned" "timeout in ms"
	wait_until 60 holds server "${PORT[silent]}" '.verdict == "at-risk"'
	has "$(end_of server "${PORT[silent]}" .reason)" "(learned)"
	wait_until 60 holds server "${PORT[silent]}" '.verdict == "overdue"'
	lab entry "${PORT[silent]}" && fail "the router knows it still"
	equals "$(path_of "${PORT[silent]}" '[.source, .timeout_s] | join(" ")' \
		--path-timeout 5m)" \
		"option 300" "the path that the operator named"
	equals "$(path_of "${PORT[silent]}" '[.let_pass_s, .let_pass_times] | join(" ")' \
		--path-timeout 5m)" " 0" "what speaks against the operator"
	path_of "${PORT[silent]}" '.let_pass_s >= 12.5 and .let_pass_times >= 1' --path-timeout 6s
}

# Of the lab's path: others have sessions on this port, too.
fatal_silences()
{
	sshidle metrics 2>/dev/null |
		grep -F "sshidle_path_fatal_silences_total{prefix=\"${LAB_ROUTER4%.*}.0/24\"}"
}

@test "a damaged recorder still tells what it learned, or nothing, but no 0" {
	local before

	before=$(fatal_silences)
	[[ $before =~ \ [1-9] ]]
	rm "$RUN_DIR/recorder/tcp_probe"
	equals "$(fatal_silences)" "$before" "metrics of the damaged one"
	open_session damaged lab4 "sleep 600"
	equals "$(path_of "${PORT[damaged]}" .source)" learned "source of the timeout"
	rm "$RUN_DIR/paths"
	run -1 fatal_silences
	equals "$output" "" "metrics without the paths"
	sshidle attach --replace
	equals "$(fatal_silences)" "$before" "metrics of the mended one"
}

@test "a path to another prefix is told apart" {
	speak_late ssh2 8.6 8.8 9 9.2
	wait_until 180 cuts "$LAB_SECOND_ROUTER4" 4
	between "$(cluster "$LAB_SECOND_ROUTER4" '.least_s * 1000 | round')" \
		$((SECOND_TIMEOUT_S * 1000)) $((SECOND_TIMEOUT_S * 1000 + 2000)) 0 \
		"the other timeout, in ms"
	(($(cluster "$LAB_ROUTER4" '.least_s | floor') >= TIMEOUT_S))
}

@test "what was learned outlives the recorder in a file" {
	local before after

	before=$(sshidle history --json | jq -c .clusters)
	run -0 --separate-stderr sshidle status --state "$STATE"
	equals "$(stat -c %a "$STATE")" 600 "mode of the state"
	sshidle detach --state "$STATE.2"
	run -0 --separate-stderr sshidle attach --state "$STATE.2"
	equals "$stderr" "" "words"
	after=$(sshidle history --json | jq -c .clusters)
	equals "$after" "$before" "what is known of the paths"
	equals "$(sshidle history --json --from "$STATE" | jq -c .clusters)" "$before" \
		"what status saved"
	open_session again lab4 "sleep 600"
	equals "$(path_of "${PORT[again]}" .source)" learned "source of the timeout"
}

@test "a state that cannot be read or written changes nothing" {
	sshidle status --state "$STATE" >/dev/null
	run -1 --separate-stderr sshidle detach --state "$WORK/nowhere/state"
	one_sentence "cannot save it"
	sshidle status >/dev/null
	run -1 --separate-stderr sshidle detach --state /dev/full/state
	sshidle status >/dev/null
	equals "$(find "$WORK" -name 'state*.??????' | wc -l)" 0 "half-written files"

	sshidle detach
	head -c 500 "$STATE" >"$WORK/cut"
	run -1 --separate-stderr sshidle attach --state "$WORK/cut"
	one_sentence "is not what sshidle saved"
	[[ ! -e $RUN_DIR ]] || fail "attached all the same"
	printf '\xff\xff' | cat <(head -c 4 "$STATE") - <(tail -c +7 "$STATE") >"$WORK/other"
	run -0 --separate-stderr sshidle attach --state "$WORK/other"
	has "$stderr" "another version"
	sshidle detach
	run -0 --separate-stderr sshidle attach --state "$WORK/none"
	has "$stderr" "nothing was saved there yet"
	sshidle detach
	sshidle attach --state "$STATE"
}

@test "a session that outlives what was learned raises it, and many undo it" {
	# The clients that were cut taught, too, when each test ended them: of the last 16 cuts some
	# must be those that the router made.
	speak_late ssh 15.5 15.7 15.9
	wait_until 120 is_cut_lately
	remember_for 3600
	open_session patient lab4 "$(waits_for go); echo late; sleep 600" -o ServerAliveInterval=0
	wait_until 60 is_silent_for 20 "${PORT[patient]}"
	holds server "${PORT[patient]}" '.path.source == "learned" and .path.timeout_s < 18'
	go_on go
	wait_until 30 holds server "${PORT[patient]}" '.path.longest_survived_s >= 20'
	holds server "${PORT[patient]}" '.path.source == "learned" and .path.timeout_s >= 20'
	speak_late ssh 25 25 25 25 25 25 25 25 25 25 25
	wait_until 180 is_no_more_credible
	open_session new lab4 "sleep 600"
	equals "$(path_of "${PORT[new]}" .source)" assumed "source of the timeout"
}

# Three times since the recorder was attached: what was cut before came out of a file.
is_cut_lately()
{
	[[ $(cluster "$LAB_ROUTER4" '.credible and .recent >= 3 and .least_s < 18') == true ]] &&
		(($(sshidle history --json | jq '[.deaths[] |
			select(.role == "server" and .idle_at_death_s > 15)] | length') >= 3))
}

is_no_more_credible()
{
	[[ $(cluster "$LAB_ROUTER4" '.longer_passed >= 10 and (.credible | not)') == true ]]
}

@test "three cuts teach a timeout that is shorter than what passed before, in these sessions too" {
	local -i i

	# Five, for on a slow machine some fall out of their cluster.
	for i in 0 1 2 3 4; do
		start_session "old$i" lab4 "sleep 18; echo; $(waits_for stricter); sleep $((3 * i))
			echo; sleep 15.5; echo late; sleep 600" -o ServerAliveInterval=0
	done
	for i in 0 1 2 3 4; do
		found_session "old$i"
		wait_until 60 holds server "${PORT[old$i]}" '.path.longest_survived_s >= 18'
	done
	remember_for "$TIMEOUT_S"
	go_on stricter
	wait_until 120 is_credible_again
	# Of what passed, silences of more than 12 s remain.
	cluster "$LAB_ROUTER4" '.recent >= 3 and .passed_s == 12'
	open_session strict lab4 "sleep 600"
	equals "$(path_of "${PORT[strict]}" .source)" learned "source of the timeout"
	between "$(path_of "${PORT[strict]}" '.timeout_s * 1000 | round')" \
		$((TIMEOUT_S * 1000)) $((TIMEOUT_S * 1000 + 2000)) 0 "the timeout, in ms"
}

is_credible_again()
{
	[[ $(cluster "$LAB_ROUTER4" '.longer_passed == 0 and .credible') == true ]]
}

@test "the lengths of the prefixes are the operator's" {
	echo $'[sshidle]\nprefix4 = 32' >"$WORK/conf"
	run -0 --separate-stderr sshidle attach --replace --state "$STATE"
	has "$stderr" "told apart by other prefixes"
	speak_late ssh2 8.6 8.8 9
	wait_until 180 host_is_known "$LAB_SECOND_ROUTER4"
	open_session other lab4 "sleep 600"
	equals "$(path_of "${PORT[other]}" .source)" assumed "source of the timeout"
}

host_is_known()
{
	sshidle history --json | jq -e --arg host "$1" 'any(.clusters[]; .prefix == $host)' \
		>/dev/null
}
