# SPDX-License-Identifier: GPL-2.0-only
# attach and detach: twice, two at once, killed, damaged, waited for; and detach leaves nothing.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab
	gcc -D_GNU_SOURCE -Wall -Wextra -shared -fPIC -o "$WORK/kill_at_step.so" \
		"$BATS_TEST_DIRNAME/kill_at_step.c"
}

setup()
{
	eval "$(lab facts)"
	# Whatever a failed test left must not fail the next.
	sshidle detach 2>/dev/null
}

teardown()
{
	end_jobs
	sshidle detach 2>/dev/null
	[[ ! -d $RUN_DIR ]] || rmdir "$RUN_DIR"
}

@test "detach leaves no mount, no directory and nothing in the kernel" {
	left_nothing
	sshidle attach -p "$MARK_PORT"
	is_one_recorder
	is_whole
	grep -qF " $RUN_DIR " /proc/self/mountinfo
	equals "$(kernel_objects | grep -c ^link)" 7 "links: four tracepoints, three iterators"
	run -0 --separate-stderr sshidle detach
	equals "$output$stderr" "" "what detach says"
	left_nothing
	run -0 --separate-stderr sshidle detach
	has "$stderr" "no recorder is attached at $RUN_DIR"
	run -1 --separate-stderr sshidle status
	one_sentence "'sshidle attach'"
}

@test "attach sets the modes that its group needs" {
	sshidle attach -p "$MARK_PORT" --group games
	equals "$(stat -c '%U:%G %a' "$RUN_DIR")" "root:games 750" "the run directory"
	equals "$(stat -c %a "$RUN_DIR"/{sessions,deaths,paths} | sort -u)" 444 "mode of the views"
	equals "$(stat -c %a "$RUN_DIR"/recorder/* | sort -u)" 600 "mode of the recorder's pins"
}

# without_mounting COMMAND...: as a service, whose manager mounted the run directory
without_mounting()
{
	setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin -- \
		"$SSHIDLE" "$1" --run-dir "$RUN_DIR" "${@:2}" 3>&-
}

@test "without the right to mount, a mount that is there is used and left there" {
	mkdir "$RUN_DIR"
	mount -t bpf -o mode=0700 sshidle "$RUN_DIR"
	without_mounting attach -p "$MARK_PORT"
	is_whole
	run -0 --separate-stderr without_mounting detach
	equals "$output$stderr" "" "what detach says"
	wait_until 10 nothing_in_kernel
	grep -qF " $RUN_DIR " /proc/self/mountinfo
	run -1 --separate-stderr sshidle status
	one_sentence "'sshidle attach'"
	without_mounting attach -p "$MARK_PORT"
	is_whole
	sshidle detach
	left_nothing
}

@test "attach a second time with the same ports changes nothing and says so" {
	local before

	sshidle attach -p "22,$MARK_PORT"
	is_one_recorder
	before=$(kernel_objects)
	run -0 --separate-stderr sshidle attach -p "$MARK_PORT,22"
	one_sentence already "$RUN_DIR" "22" "$MARK_PORT"
	equals "$(kernel_objects)" "$before" "what is in the kernel"
}

@test "attach with other ports says what is there and names --replace" {
	local before

	sshidle attach -p "22,$MARK_PORT"
	is_one_recorder
	before=$(kernel_objects)
	run -1 --separate-stderr sshidle attach -p 22
	one_sentence "--replace" "$RUN_DIR" "22" "$MARK_PORT"
	run -1 --separate-stderr sshidle attach -p "22,$MARK_PORT" --group games
	one_sentence "--replace"
	printf '[sshidle]\nprefix4 = 16\n' >"$WORK/conf"
	run -1 --separate-stderr sshidle attach -p "22,$MARK_PORT"
	: >"$WORK/conf"
	one_sentence "--replace" "prefix4 = 16"
	equals "$(kernel_objects)" "$before" "what is in the kernel"
}

@test "attach --replace changes the ports and keeps the histories" {
	local port age_ms idle_ms
	local -i opened_ms

	sshidle attach
	opened_ms=$(now_ms)
	open_session kept lab4 'sleep 600'
	port=${PORT[kept]}
	wait_until 30 holds server "$port" '.age_s > 2 and .idle.wire_s > 1.5'
	run -0 --separate-stderr sshidle attach --replace -p "22,$MARK_PORT"
	equals "$output$stderr" "" "what attach says"
	age_ms=$(milliseconds server "$port" .age_s)
	between "$age_ms" 2000 $(($(now_ms) - opened_ms)) 200 "age in ms"
	holds server "$port" '.history == "recorder" and .age_s > 2'
	idle_ms=$(milliseconds server "$port" .idle.wire_s)
	between "$idle_ms" 1500 $(($(now_ms) - opened_ms)) 200 "wire idle in ms"
	equals "$(recorded_ports)" "22,$MARK_PORT" "ports of the recorder"
	is_one_recorder
	is_whole
}

@test "two attaches at once make one recorder" {
	local -i round first second
	local said pid

	for ((round = 0; round < 10; round++)); do
		sshidle attach -p "$MARK_PORT" 2>"$BATS_TEST_TMPDIR/first" &
		pid=$!
		second=0 first=0
		sshidle attach -p "$MARK_PORT" 2>"$BATS_TEST_TMPDIR/second" || second=$?
		wait "$pid" || first=$?
		said=$(cat "$BATS_TEST_TMPDIR"/{first,second})
		equals "$first $second" "0 0" "exit codes of the two, which said: $said"
		equals "$(grep -c already <<<"$said")" 1 "those who found a recorder"
		equals "$(wc -l <<<"$said")" 1 "lines that they said"
		is_one_recorder
		is_whole
		sshidle detach
	done
	left_nothing
}

@test "two attaches with different ports at once: one wins, the other says what is there" {
	local -i round first second
	local pid loser

	for ((round = 0; round < 10; round++)); do
		sshidle attach -p "$MARK_PORT" 2>"$BATS_TEST_TMPDIR/first" &
		pid=$!
		second=0 first=0
		sshidle attach -p "22,$MARK_PORT" 2>"$BATS_TEST_TMPDIR/second" || second=$?
		wait "$pid" || first=$?
		equals $((first + second)) 1 "exit codes, together: $first and $second"
		loser=first
		((first == 1)) || loser=second
		has "$(<"$BATS_TEST_TMPDIR/$loser")" "--replace"
		is_one_recorder
		is_whole
		sshidle detach
	done
	left_nothing
}

@test "several attaches and detaches at once all end well" {
	local -i round i failed
	local pid said=$BATS_TEST_TMPDIR/said
	local -a pids

	for ((round = 0; round < 20; round++)); do
		pids=()
		: >"$said"
		for ((i = 0; i < 4; i++)); do
			sshidle attach -p "$MARK_PORT" 2>>"$said" &
			pids+=($!)
			sshidle detach 2>>"$said" &
			pids+=($!)
		done
		failed=0
		for pid in "${pids[@]}"; do
			wait "$pid" || failed+=1
		done
		# On a slow machine the others may take longer than one waits for them.
		equals "$failed" "$(grep -c '; waited 10 s$' "$said")" \
			"failures in round $round, $(grep -v ': note: ' "$said")"
		[[ ! -e $RUN_DIR ]] || is_whole
		sshidle detach 2>/dev/null
		[[ ! -e $RUN_DIR ]]
	done
	left_nothing
}

@test "a held lock is waited for, but not for ever, while readers go on" {
	local holder attach detach
	local -i start_ms status=0

	sshidle attach -p "22,$MARK_PORT"
	open_session reader lab4 'sleep 600'
	exec {holder}<"$RUN_DIR/lock"
	flock -x "$holder"
	start_ms=$(now_ms)
	sshidle attach --replace -p "$MARK_PORT" >"$BATS_TEST_TMPDIR/attach" 2>&1 {holder}<&- &
	attach=$!
	sshidle detach >"$BATS_TEST_TMPDIR/detach" 2>&1 {holder}<&- &
	detach=$!
	holds server "${PORT[reader]}" '.verdict == "active"'
	wait "$attach" || status=$?
	(($(now_ms) - start_ms >= 9000)) || fail "attach gave up after $(($(now_ms) - start_ms)) ms"
	equals "$status" 1 "exit code of attach"
	has "$(<"$BATS_TEST_TMPDIR/attach")" "another sshidle is at work on $RUN_DIR; waited 10 s"
	status=0
	wait "$detach" || status=$?
	equals "$status" 1 "exit code of detach"
	has "$(<"$BATS_TEST_TMPDIR/detach")" "another sshidle is at work on $RUN_DIR; waited 10 s"
	is_whole
	equals "$(recorded_ports)" "22,$MARK_PORT" "ports of the recorder"
	exec {holder}<&-
	sshidle detach
	left_nothing
}

# 1 tries each step, which takes minutes; kill.bats tries calls in between. SWAP_STRIDE is for the
# steps by which one recorder takes the place of another.
readonly KILL_STRIDE=${KILL_STRIDE:-3} SWAP_STRIDE=${SWAP_STRIDE:-1}

# kill_at STEP COMMAND...: ends it right before it changes something for the time number STEP.
# "finished" tells whether it ended before.
kill_at()
{
	local ended=0

	{
		KILL_AT_STEP=$1 LD_PRELOAD=$WORK/kill_at_step.so \
			"$PLAIN" "$2" --run-dir "$RUN_DIR" "${@:3}" 3>&- || ended=$?
	} 2>/dev/null
	((ended == 0 || ended == 137)) || fail "$2 ended with status $ended at step $1" || return
	finished=$((ended == 0))
}

@test "an attach killed before any of its steps is mended by the next" {
	local -i at finished=0

	for ((at = 1; finished == 0; at += KILL_STRIDE)); do
		kill_at "$at" attach -p "$MARK_PORT"
		sshidle attach -p "$MARK_PORT" 2>/dev/null || fail "after a kill at step $at"
		is_whole || fail "after a kill at step $at"
		[[ ! -e $RUN_DIR/staging ]] || fail "staging left by a kill at step $at"
		sshidle detach
	done
	echo "$((at - 2)) steps"
	((at > 10)) || fail "attach has only $((at - 2)) steps: is kill_at_step.so in use?"
	left_nothing
}

@test "an attach killed before any of its steps leaves nothing that detach does not remove" {
	local -i at finished=0

	for ((at = 1; finished == 0; at += KILL_STRIDE)); do
		kill_at "$at" attach -p "$MARK_PORT"
		sshidle detach 2>/dev/null
		[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is left after a kill at step $at"
	done
	left_nothing
}

@test "an attach --replace killed before any of its steps leaves what is read, and mended" {
	local -i at finished=0
	local port ports=22

	sshidle attach -p "22,$MARK_PORT"
	open_session read lab4 'sleep 600'
	port=${PORT[read]}
	for ((at = 1; finished == 0; at += KILL_STRIDE)); do
		[[ $ports == 22 ]] && ports=22,$MARK_PORT || ports=22
		kill_at "$at" attach --replace -p "$ports"
		holds server "$port" '.history == "recorder" and .age_s != null' ||
			fail "after a kill at step $at"
		is_whole || fail "after a kill at step $at"
		sshidle attach --replace -p "22,$MARK_PORT"
		is_whole || fail "mended after a kill at step $at"
		[[ ! -e $RUN_DIR/staging ]] || fail "staging left by a kill at step $at"
		holds server "$port" '.history == "recorder" and .age_s != null'
	done
	((at > 10)) || fail "attach --replace has only $((at - 2)) steps"
	is_one_recorder
}

# ends_of NAME: the ids of the session's ends that were told; other labs have this port, too
ends_of()
{
	sshidle history --json | jq -r --arg server "$LAB_SERVER4" --argjson port "${PORT[$1]}" '
		.deaths[] | select([.local, .peer] | any(.address == $server) and
			any(.port == $port)).id'
}

two_have_ended()
{
	equals "$(ends_of "$1" | sort -u | wc -l)" 2 "ends told"
}

# The new one stands beside the old one, and is not in its place yet.
attach_two()
{
	local -i at finished=0

	sshidle attach -p "22,$MARK_PORT"
	for ((at = 1; finished == 0; at++)); do
		kill_at "$at" attach --replace -p "22,$MARK_PORT"
		[[ ! -e $RUN_DIR/staging/tcp_receive_reset ]] || break
	done
	equals "$(kernel_objects | grep -c '^prog on_state ')" 2 "recorders"
}

@test "a segment that two recorders see is noted once" {
	keepalive_in client 3 3 9
	open_session kept lab4 'sleep 600' -o ServerAliveInterval=0
	attach_two
	wait_until 60 holds server "${PORT[kept]}" '.keepalive.peer_tcp.period_s != null'
	holds server "${PORT[kept]}" '.keepalive.peer_tcp.period_s > 2'
	sshidle attach --replace -p "22,$MARK_PORT"
	wait_until 30 holds server "${PORT[kept]}" '.idle.wire_s < 1'
	holds server "${PORT[kept]}" '.keepalive.peer_tcp.period_s > 2'
	keepalive_in client 7200 75 9
}

@test "a session that ends while one recorder replaces another has one obituary" {
	open_session ended lab4 "$(waits_for gate)"
	attach_two
	go_on gate
	wait_until 30 two_have_ended ended
	equals "$(ends_of ended | wc -l)" 2 obituaries
}

@test "after a killed attach --replace, attach tells what is really there" {
	local -i at finished=0
	local recorded

	for ((at = 1; finished == 0; at += SWAP_STRIDE)); do
		sshidle attach --replace -p "$MARK_PORT"
		kill_at "$at" attach --replace -p "22,$MARK_PORT"
		# Exactly one of the two is there, and list tells the same once attach has swept.
		recorded=$MARK_PORT
		if sshidle attach -p "22,$MARK_PORT" 2>/dev/null; then
			recorded=22,$MARK_PORT
		else
			sshidle attach -p "$MARK_PORT" 2>/dev/null || fail "neither, at step $at"
		fi
		equals "$(recorded_ports)" "$recorded" "ports after a kill at step $at"
		is_whole
		is_one_recorder
	done
}

@test "a detach killed before any of its steps is finished by the next" {
	local -i at finished=0
	local state=$BATS_TEST_TMPDIR/state

	for ((at = 1; finished == 0; at += KILL_STRIDE)); do
		sshidle attach -p "$MARK_PORT"
		kill_at "$at" detach --state "$state"
		sshidle detach 2>/dev/null || fail "after a kill at step $at"
		[[ ! -e $state ]] || "$SSHIDLE" list --from "$state" >/dev/null ||
			fail "the state is spoiled by a kill at step $at"
		[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is left after a kill at step $at"
	done
	((at > 6)) || fail "detach has only $((at - 2)) steps"
	left_nothing
}

@test "a detach killed before any of its steps leaves what attach --replace mends" {
	local -i at finished=0

	for ((at = 1; finished == 0; at += KILL_STRIDE)); do
		sshidle attach --replace -p "$MARK_PORT"
		kill_at "$at" detach
		# What is left of it may be damaged, but is told so.
		[[ ! -e $RUN_DIR/recorder ]] || sshidle status >/dev/null 2>&1 ||
			[[ $(sshidle status 2>&1) == *"'sshidle attach --replace'"* ]] ||
			fail "status after a kill at step $at: $(sshidle status 2>&1)"
		sshidle attach --replace -p "$MARK_PORT"
		is_whole || fail "after a kill at step $at"
	done
	is_one_recorder
	sshidle detach
	left_nothing
}

@test "a recorder whose link is gone is told, read and mended" {
	local port
	local -i opened_ms

	sshidle attach -p "22,$MARK_PORT"
	opened_ms=$(now_ms)
	open_session known lab4 'sleep 600'
	port=${PORT[known]}
	rm "$RUN_DIR/recorder/tcp_probe"

	run -1 --separate-stderr sshidle status
	has "$output" "tcp_probe is missing"
	has "$output" "'sshidle attach --replace'"
	run -1 --separate-stderr sshidle status --json
	validates status <<<"$output"
	jq -e '.attached == false and .missing == "tcp_probe" and .flows_pinned and
		([.programs[] | select(.attached)] | length == 3)' <<<"$output"

	run -0 --separate-stderr sshidle list --json
	one_sentence_beside_data "'sshidle status'"
	jq -e '.recorder.attached == false' <<<"$output"
	equals "$(pick server "$port" '.age_s != null' <<<"$output")" true "whether age is known"
	run -0 --separate-stderr sshidle list
	has "$stderr" "'sshidle status'"
	has "$output" "$LAB_ROUTER4:$port"

	run -1 --separate-stderr sshidle attach -p "22,$MARK_PORT"
	one_sentence "--replace" damaged
	sshidle attach --replace -p "22,$MARK_PORT"
	is_whole
	is_one_recorder
	validates status < <(sshidle status --json)
	jq -e .recorder.attached <<<"$(sshidle list --json)"
	between "$(milliseconds server "$port" .age_s)" 0 $(($(now_ms) - opened_ms)) 200 "age in ms"
	holds server "$port" '.history == "recorder"'
}

one_sentence_beside_data()
{
	equals "${#stderr_lines[@]}" 1 "lines on stderr, which says: $stderr" && has "$stderr" "$1"
}

@test "any missing pin is named by status" {
	local pin

	for pin in sessions \
		deaths paths recorder/{deaths,paths,before} \
		recorder/{inet_sock_set_state,tcp_retransmit_skb,tcp_receive_reset} \
		recorder/{flows,counters}; do
		sshidle attach --replace -p "$MARK_PORT"
		rm "$RUN_DIR/$pin"
		run -1 --separate-stderr sshidle status
		has "$output" "${pin#recorder/} is missing"
	done
	sshidle attach --replace -p "$MARK_PORT"
	is_whole
	is_one_recorder
}

@test "a directory with files is not hidden, and an empty one of others not removed" {
	mkdir -m 0755 "$WORK/full" "$WORK/empty"
	: >"$WORK/full/.socket"
	run -1 --separate-stderr sshidle attach --run-dir "$WORK/full" -p "$MARK_PORT"
	one_sentence "$WORK/full is not empty" "--run-dir"
	[[ -e $WORK/full/.socket ]] || fail "it is hidden"
	run -0 sshidle detach --run-dir "$WORK/full"
	run -0 sshidle detach --run-dir "$WORK/empty"
	[[ -d $WORK/full && -d $WORK/empty ]] || fail "it was removed"
	left_nothing
}

@test "a BPF file system that is not sshidle's is left alone" {
	local before

	mkdir "$WORK/foreign"
	mount -t bpf foreign "$WORK/foreign"
	# The kernel may have put iterators of its own there.
	before=$(ls -A "$WORK/foreign")
	run -1 --separate-stderr sshidle attach --run-dir "$WORK/foreign" -p "$MARK_PORT"
	one_sentence "$WORK/foreign" "not sshidle's"
	run -1 --separate-stderr sshidle detach --run-dir "$WORK/foreign"
	one_sentence "$WORK/foreign" "not sshidle's"
	equals "$(ls -A "$WORK/foreign")" "$before" "what is in it"
	grep -qF " $WORK/foreign " /proc/self/mountinfo
	umount "$WORK/foreign"
	rmdir "$WORK/foreign"
	left_nothing
}
