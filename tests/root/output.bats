# SPDX-License-Identifier: GPL-2.0-only
# What is printed: valid JSON for any bytes, no control bytes, a failure when it cannot be written.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab
	sshidle attach
}

# is_clean FILE: valid UTF-8, no control character but newline, in JSON strings neither
is_clean()
{
	/usr/bin/python3 - "$1" <<-'PYTHON'
	import json, sys, unicodedata
	text = open(sys.argv[1], "rb").read().decode("utf-8")
	def strings(value):
	    if isinstance(value, dict):
	        value = list(value.keys()) + list(value.values())
	    if isinstance(value, list):
	        for inner in value:
	            yield from strings(inner)
	    elif isinstance(value, str):
	        yield value
	values = [text.replace("\n", "")]
	if text.startswith("{"):
	    values += strings(json.loads(text))
	for value in values:
	    for character in value:
	        if unicodedata.category(character) == "Cc":
	            sys.exit(f"control character {character!r} in {value!r}")
	PYTHON
}

# prints FILE ARGS...: list succeeds, and what it prints is clean
prints()
{
	sshidle list "${@:2}" >"$1" 2>"$1.err" || fail "list ${*:2}: $(<"$1.err")" || return
	is_clean "$1"
}

is_valid_json()
{
	prints "$BATS_TEST_TMPDIR/json" --json "$@" && validates list "$BATS_TEST_TMPDIR/json"
}

@test "the JSON of a recorder validates" {
	open_session tty alice4 'exec sleep 600' -tt
	is_valid_json
	equals "$(pick server "${PORT[tty]}" .history <"$BATS_TEST_TMPDIR/json")" recorder history
	is_valid_json "$(end_of server "${PORT[tty]}" .id)"
	equals "$(jq '.sessions | length' "$BATS_TEST_TMPDIR/json")" 1 sessions
}

@test "the JSON without a recorder, of a copy, and of no session validates" {
	open_session any lab4 'sleep 600'
	is_valid_json --run-dir "$WORK/none"
	equals "$(pick server "${PORT[any]}" .history <"$BATS_TEST_TMPDIR/json")" kernel history
	cat "$RUN_DIR/sessions" >"$BATS_TEST_TMPDIR/copy"
	is_valid_json --from "$BATS_TEST_TMPDIR/copy"
	equals "$(pick server "${PORT[any]}" .history <"$BATS_TEST_TMPDIR/json")" recorder history
	is_valid_json --run-dir "$WORK/none" -p "$MARK_PORT"
	jq -e '.sessions == []' "$BATS_TEST_TMPDIR/json"
}

@test "the JSON of every verdict but dead validates" {
	local port

	keepalive_in client 3 3 9
	open_session quiet lab4 'sleep 600'
	port=${PORT[quiet]}
	is_valid_json --path-timeout 5m50s
	equals "$(pick server "$port" .verdict <"$BATS_TEST_TMPDIR/json")" active verdict
	# The client's timer is faster than 4 s. The server cannot count on it within 3 s.
	wait_until 30 is_valid_and server "$port" overdue --path-timeout 1
	wait_until 30 is_valid_and client "$port" kept --path-timeout 4s
	wait_until 30 is_valid_and server "$port" at-risk --path-timeout 3s
	wait_until 30 is_valid_and server "$port" at-risk --path-timeout 3s --at-risk
}

# is_valid_and SIDE PORT VERDICT [LIST-OPTION...]
is_valid_and()
{
	is_valid_json "${@:4}" || return
	equals "$(pick "$1" "$2" .verdict <"$BATS_TEST_TMPDIR/json")" "$3" verdict
}

@test "the JSON of a dead session validates" {
	local port

	open_session dead lab4 "$(waits_for go); echo late; sleep 600"
	port=${PORT[dead]}
	lab block
	go_on go
	wait_until 60 is_valid_and server "$port" dead
	lab unblock
}

# A process that owns a watched socket and calls itself, and its arguments, what it likes.
hold_connection()
{
	cat >"$BATS_TEST_TMPDIR/hold" <<-'BASH'
	printf '\xff\x1b[31m\xc2\x9b\x7f\xc0' >"/proc/$$/comm"
	exec 5<>"/dev/tcp/$2/$3"
	read -r never <"$4"
	BASH
	mkfifo "$BATS_TEST_TMPDIR/never"
	# shellcheck disable=SC2016 # for the inner shell
	"${LAB[@]}" exec client bash -c 'exec -a "$1" bash "${@:2}"' - $'\xff\x1b[31m\xc2\x9b' \
		"$BATS_TEST_TMPDIR/hold" $'a\x1b]0;title\a\xe2\x80\xaeb' \
		"$LAB_SERVER4" "$LAB_PORT" "$BATS_TEST_TMPDIR/never" \
		</dev/null >"$BATS_TEST_TMPDIR/hostile" 2>&1 3>&- &
	PID[hostile]=$!
}

is_hostile()
{
	[[ $(sshidle list --no-header -o COMM "pid:${PID[hostile]}") == *'[31m'* ]]
}

@test "a hostile name of a process stays valid UTF-8 without control characters" {
	local columns=SESSION,COMM,TITLE,USER,TTY,PEER

	hold_connection
	wait_until 20 is_hostile
	run -0 od -An -c "/proc/${PID[hostile]}/comm"
	has "$output" '377 033'
	is_valid_json
	is_valid_json "pid:${PID[hostile]}"
	# U+FFFD stands for each byte or character that may not be printed.
	equals "$(jq -r '.sessions[0].owners[0].comm' "$BATS_TEST_TMPDIR/json")" \
		$'\ufffd\ufffd[31m\ufffd\ufffd\ufffd' comm
	run -0 jq -r '.sessions[0].owners[0].title' "$BATS_TEST_TMPDIR/json"
	has "$output" $'\ufffd\ufffd[31m\ufffd '
	has "$output" $'a\ufffd]0;title\ufffd\ufffdb'

	prints "$BATS_TEST_TMPDIR/table" -o "$columns" "pid:${PID[hostile]}"
	has "$(<"$BATS_TEST_TMPDIR/table")" $'\ufffd\ufffd[31m\ufffd\ufffd\ufffd'
	LC_ALL=C prints "$BATS_TEST_TMPDIR/table" -o "$columns" "pid:${PID[hostile]}"
	has "$(<"$BATS_TEST_TMPDIR/table")" '[31m'
	LC_ALL=C is_valid_json
}

# full ARGS...: the program must fail in one sentence when stdout is full
full()
{
	local said
	local -i ended=0

	said=$("$SSHIDLE" "$@" 2>&1 >/dev/full 3>&-) || ended=$?
	equals "$ended" 1 "exit code of '$*', which says '$said'" || return
	has "$said" "sshidle: " && has "$said" "No space left on device" || return
	equals "$(wc -l <<<"$said")" 1 "lines of: $said"
}

@test "what cannot be written is a failure, told in one sentence" {
	local -a here=(--run-dir "$RUN_DIR" --config "$WORK/conf")
	local -i i

	open_session any lab4 'sleep 600'
	full "${here[@]}"
	full list "${here[@]}"
	full --json "${here[@]}"
	full list --at-risk --path-timeout 1 "${here[@]}" --json
	full status --run-dir "$RUN_DIR"
	full status --json --run-dir "$RUN_DIR"
	full profiles
	full profiles --json
	full --help
	full attach --help
	full -V
	full --json-schema
	full -o help
	full watch -o help
	# More than one buffer, so that a write fails before the last.
	for ((i = 0; i < 12; i++)); do
		start_session "more$i" lab4 'sleep 600'
	done
	for ((i = 0; i < 12; i++)); do
		found_session "more$i"
	done
	(($(sshidle list --json | wc -c) > 8192))
	full --json "${here[@]}"
	full "${here[@]}"
}

@test "a closed stdout is a failure, too" {
	run -1 --separate-stderr bash -c '"$0" "$@" >&-' "$SSHIDLE" --version
	has "$stderr" "cannot write"
	run -1 --separate-stderr bash -c '"$0" "$@" >&-' "$SSHIDLE" --json --run-dir "$RUN_DIR" \
		--config "$WORK/conf"
	has "$stderr" "cannot write"
}
