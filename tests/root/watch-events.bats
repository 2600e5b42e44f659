# SPDX-License-Identifier: GPL-2.0-only
# watch --json: every event of every session once, in order, whatever happens to the recorder.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games TIMEOUT_S=12

setup_file()
{
	start_own_lab "$GROUP" --timeout "$TIMEOUT_S"
}

setup()
{
	eval "$(lab facts)"
	keepalive_in client 7200 75 9
	keepalive_in server 7200 75 9
	remember_for "$TIMEOUT_S"
	EVENTS=$BATS_TEST_TMPDIR/events
}

teardown()
{
	end_jobs
	wait_until 60 none_is_left
}

# start_watch [WATCH-OPTION...]: as somebody without privilege
start_watch()
{
	"${NOBODY[@]}" --regid "$GROUP" -- "$WORK/sshidle" watch --json --run-dir "$RUN_DIR" \
		--config "$WORK/conf" \
		--path-timeout "${TIMEOUT_S}s" "$@" >"$EVENTS" 2>"$EVENTS.err" 3>&- &
	WATCH=$!
}

# told server|client NAME: the events of that end, in one line; who of the two ends closes first is
# chance
told()
{
	local near=local far=peer

	[[ $1 == server ]] || near=peer far=local
	jq -r --arg near "$near" --arg far "$far" --argjson near_port "$MARK_PORT" \
		--argjson far_port "${PORT[$2]}" 'select(.session[$near].port == $near_port and
			.session[$far].port == $far_port) |
			[.event, if .event == "verdict" then "\(.previous)>\(.session.verdict)"
			 elif .event == "close" then
				.death.cause // "unseen" | sub("^fin-.*"; "fin")
			 else empty end] |
			join(":")' \
		"$EVENTS" | tr '\n' ' '
}

has_told()
{
	has "$(told "$1" "$2")" "$3"
}

ends_with_status()
{
	local -i got=0

	wait "$WATCH" || got=$?
	equals "$got" "$1" "exit status of watch, which said: $(<"$EVENTS.err")"
}

# Every line, and in it the session as list has it where it was seen alive.
is_valid()
{
	sshidle watch --json-schema >"$BATS_TEST_TMPDIR/events.schema"
	sshidle list --json-schema >"$BATS_TEST_TMPDIR/list.schema"
	/usr/bin/python3 - "$BATS_TEST_TMPDIR"/{events,list}.schema "$EVENTS" <<-'SCRIPT'
		import json, sys
		from jsonschema import Draft202012Validator

		events, whole = (json.load(open(path)) for path in sys.argv[1:3])
		session = {"$defs": whole["$defs"], "$ref": "#/$defs/session"}
		for schema in events, session:
		    Draft202012Validator.check_schema(schema)
		for line in open(sys.argv[3], encoding="utf-8"):
		    event = json.loads(line)
		    Draft202012Validator(events).validate(event)
		    if event["session"] and event["session"]["owners"]:
		        Draft202012Validator(session).validate(event["session"])
	SCRIPT
}

@test "a session that is cut: opened, at risk, overdue, closed, each once" {
	start_watch
	# Overdue for so long that a slow machine, too, looks meanwhile.
	open_plain cut "sleep $((TIMEOUT_S + 10)); echo late; sleep 600"
	wait_until 90 has_told server cut close
	kill "${PID[cut]}"
	wait_until 60 has_told client cut close
	equals "$(told server cut)" \
		'open verdict:active>at-risk verdict:at-risk>overdue close:rst-received ' server
	# The client learns of it when it speaks: it is overdue until then.
	[[ $(told client cut) == 'open verdict:active>at-risk verdict:at-risk>overdue close:'* ]]
	is_valid
}

@test "a keepalive that is set is told once, and the verdict that follows" {
	start_watch
	open_plain saved 'sleep 600'
	wait_until 60 has_told server saved 'active>at-risk'
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--path-timeout "${TIMEOUT_S}s" "$(end_of server "${PORT[saved]}" .id)" >/dev/null
	wait_until 30 has_told server saved 'at-risk>'
	equals "$(told server saved | grep -o keepalive | wc -l)" 1 "keepalive events"
	has "$(told server saved)" 'active>at-risk keepalive verdict:at-risk>'
	kill "${PID[saved]}"
	wait_until 30 has_told server saved close
	[[ $(told server saved) == *' close:fin ' ]]
	is_valid
}

# Of each session that ended since the first look, by history: opened and closed, nothing else.
all_are_told()
{
	sshidle history --json | jq -r '.deaths[].id' | sort >"$BATS_TEST_TMPDIR/ended"
	jq -rs 'group_by(.session.id)[] | select(map(.event) == ["open", "close"]) |
		.[0].session.id' "$EVENTS" | sort >"$BATS_TEST_TMPDIR/told"
	diff "$BATS_TEST_TMPDIR/ended" "$BATS_TEST_TMPDIR/told"
}

@test "sessions that come and go between two looks are not missed" {
	local -i i

	remember_for 600
	sshidle attach --replace -p "$MARK_PORT" --group "$GROUP"
	sshidle detach
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	open_plain witness 'sleep 600'
	start_watch --interval 4
	wait_until 30 has_told server witness open
	for ((i = 0; i < 8; i++)); do
		open_plain "brief$i" true
	done
	wait_until 30 all_are_told
	equals "$(jq -s 'map(select(.event == "lost")) | length' "$EVENTS")" 0 "lost events"
	is_valid
	[[ $(told server witness) == 'open '* && $(told server witness) != *close* ]]
}

# paused: how often watch went to sleep, which it does after each look
paused()
{
	awk '/^voluntary_ctxt_switches:/ { print $2 }' "/proc/$WATCH/status"
}

has_paused()
{
	(($(paused) >= $1))
}

@test "the recorder is replaced, removed, attached again: the stream goes on" {
	local -i pauses

	remember_for 600
	start_watch
	open_plain long 'sleep 600'
	wait_until 30 has_told server long open
	sshidle attach --replace -p "$MARK_PORT" --group "$GROUP"
	open_plain other true
	wait_until 30 has_told server other close
	sshidle detach
	wait_until 30 grep -q 'no recorder is attached' "$EVENTS.err"
	pauses=$(paused)
	wait_until 30 has_paused $((pauses + 4))
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	open_plain last true
	wait_until 30 has_told server last close
	equals "$(told server long | grep -o open | wc -l)" 1 "how often it was opened"
	equals "$(wc -l <"$EVENTS.err")" 1 "lines on stderr, which says: $(<"$EVENTS.err")"
	equals "$(told server other)" 'open close:fin ' other
	equals "$(told server last)" 'open close:fin ' last
	sshidle detach
	wait_until 30 says_lines 2
	equals "$(sort -u "$EVENTS.err" | wc -l)" 1 "sentences, which say: $(<"$EVENTS.err")"
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
}

# is_gone NAME: both of its sockets
is_gone()
{
	[[ -z $(lab exec server ss -tnH "dport = :${PORT[$1]}") ]] &&
		[[ -z $(lab exec client ss -tnH "dport = :$MARK_PORT") ]]
}

@test "one that ended while there was no recorder is closed by the next" {
	remember_for 600
	start_watch
	open_plain unseen "$(waits_for gate)"
	wait_until 30 has_told server unseen open
	sshidle detach
	go_on gate
	wait "${PID[unseen]}"
	wait_until 30 is_gone unseen
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	wait_until 30 has_told server unseen close
	equals "$(told server unseen)" 'open close:unseen ' "its events"
}

# says_lines N: on standard error
says_lines()
{
	equals "$(wc -l <"$EVENTS.err")" "$1" "lines, which say: $(<"$EVENTS.err")"
}

@test "a recorder that is damaged on the way is told once" {
	local -i pauses

	remember_for 600
	start_watch
	open_plain one 'sleep 600'
	wait_until 30 has_told server one open
	rm "$RUN_DIR/recorder/tcp_probe"
	wait_until 30 says_lines 1
	has "$(<"$EVENTS.err")" "the recorder at $RUN_DIR is damaged: 'sshidle status'"
	pauses=$(paused)
	wait_until 30 has_paused $((pauses + 4))
	says_lines 1
	sshidle attach --replace -p "$MARK_PORT" --group "$GROUP"
}

@test "a signal ends it, with success; a reader that leaves ends it too" {
	start_watch
	open_plain one 'sleep 600'
	wait_until 30 has_told server one open
	kill -TERM "$WATCH"
	ends_with_status 0
	# Nothing happens any more that would have to be written.
	run -0 timeout 30 bash -c '"$0" watch --json --run-dir "$1" --config "$2" | head -n 2' \
		"$SSHIDLE" "$RUN_DIR" "$WORK/conf"
	equals "$(jq -sc 'map(.event)' <<<"$output")" '["open","open"]' events
}

@test "a signal that it was started to ignore does not end it" {
	trap '' HUP
	start_watch
	trap - HUP
	open_plain one 'sleep 600'
	wait_until 30 has_told server one open
	kill -HUP "$WATCH"
	# Ignored as well, in a shell without job control.
	kill -INT "$WATCH"
	open_plain other 'sleep 600'
	wait_until 30 has_told server other open
	kill -TERM "$WATCH"
	ends_with_status 0
}

@test "a signal ends it while its reader reads no more, yet stays" {
	open_plain one 'sleep 600'
	open_plain other 'sleep 600'
	# Its output fits neither the pipe nor what is kept for the next write.
	run -0 timeout 60 /usr/bin/python3 - "$PLAIN" watch --json --run-dir "$RUN_DIR" \
		--config "$WORK/conf" <<-'PYTHON' 3>&-
	import fcntl, os, signal, subprocess, sys, time
	ours, theirs = os.pipe()
	fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)
	watch = subprocess.Popen(sys.argv[1:], stdout=theirs)
	while open(f"/proc/{watch.pid}/syscall").read().split()[:2] != ["1", "0x1"]:
	    time.sleep(0.1)
	watch.send_signal(signal.SIGTERM)
	print(watch.wait(timeout=30))
	PYTHON
	equals "$output" 0 "its exit status"
}

@test "without access it says so once, and ends" {
	run -1 --separate-stderr timeout 30 "${NOBODY[@]}" --regid nogroup -- \
		"$WORK/sshidle" watch --json \
		--run-dir "$RUN_DIR"
	one_sentence "$GROUP"
}

@test "a full disk ends it with a sentence" {
	open_plain one 'sleep 600'
	run -1 --separate-stderr bash -c \
		'"$0" watch --json --run-dir "$1" --config "$2" >/dev/full' \
		"$SSHIDLE" "$RUN_DIR" "$WORK/conf"
	one_sentence 'cannot write the output: No space left'
}

@test "what makes no sense is refused" {
	run -2 --separate-stderr sshidle watch </dev/null
	one_sentence 'needs a terminal' "watch --json"
	run -2 --separate-stderr sshidle watch --json --sort PEER
	one_sentence --sort
	run -2 --separate-stderr sshidle watch --json --interval 0
	one_sentence '--interval "0"'
	run -2 --separate-stderr sshidle watch --from x
	one_sentence "no option --from"
}
