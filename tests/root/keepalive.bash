# SPDX-License-Identifier: GPL-2.0-only
# What the files about keepalive share: the command, its output, holders of sockets, stopped runs.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # used by the tests; what run and helper set

declare -gA ID CMD_FD ANSWER_FD
JOURNAL=$WORK/journal
STRACE_MORE=()

# The options that sshd and ssh come with, as options_of() shows them, and after how long an
# unanswering path ends such a session.
readonly DEFAULTS='true 7200 75 9 null'
readonly DEFAULT_BUDGET_S=7875
# Paths that forget after an hour get this.
readonly HOUR='true 1200 1200 6 null'

# start_keepalive_lab [NAT-LAB-UP-ARGS...]: nobody else's sessions have this file's port
start_keepalive_lab()
{
	start_lab --port "$MARK_PORT" "$@" || return
	sshidle attach -p "$MARK_PORT"
}

# Never without the port: a mistake must not act on what is not ours.
keepalive()
{
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" "$@" 3>&-
}

# keepalive_at_terminal OPTION...: as a person sees it
keepalive_at_terminal()
{
	script -qec "$SSHIDLE keepalive --run-dir $RUN_DIR --config $WORK/conf -p $MARK_PORT \
$*" /dev/null
}

teardown()
{
	end_children
	lab unblock
	end_jobs
}

# --- what a run says ---

# change ID FILTER <JSON: what jq's FILTER gives of this session's change
change()
{
	# shellcheck disable=SC2016 # jq's variables
	ask_json -rc --arg id "$1" '[.changes[] | select(.id == $id)] |
		if length == 1 then .[0] else error("\(length) changes of session \($id)") end |
		'"$2"
}

# Of change(): the options in one line.
readonly OLD='.old | "\(.enabled) \(.idle_s) \(.interval_s) \(.count) \(.user_timeout_s)"'
readonly NEW='.new | "\(.enabled) \(.idle_s) \(.interval_s) \(.count) \(.user_timeout_s)"'

# refuses ID REASON [ARGS...]: with a sentence, exit 1, and without touching anything; a dry run
# knows it too, without the look at the socket that comes before a change.
refuses()
{
	local before dry

	before=$(session_of "$1" "$EVERYTHING_SET") || return
	for dry in --dry-run ''; do
		# shellcheck disable=SC2086 # an empty word is none
		run -1 --separate-stderr keepalive --json $dry "${@:3}" "$1"
		equals "$stderr" "sshidle: partly done: 0 of 1 sessions; RESULT tells why" stderr ||
			return
		equals "$(change "$1" .result <<<"$output")" refused "result, of $output" || return
		has "$(change "$1" .reason <<<"$output")" "$2" || return
	done
	equals "$(session_of "$1" "$EVERYTHING_SET")" "$before" "options after a refusal"
}

# sets ID [ARGS...]: and the sentence of the run in $output
sets()
{
	run -0 --separate-stderr keepalive --json "${@:2}" "$1"
	equals "$(change "$1" .result <<<"$output")" set "result, of $output"
}

# --- what list says ---

# session_of ID FILTER [LIST-OPTION...]
session_of()
{
	sshidle list --json "${@:3}" "$1" | ask_json -rc ".sessions[0] | $2"
}

readonly EVERYTHING_SET='.keepalive.tcp | del(.next_probe_s) | tostring'

options_of()
{
	session_of "$1" '.keepalive.tcp |
		"\(.enabled) \(.idle_s) \(.interval_s) \(.count) \(.user_timeout_s)"'
}

is_ours()
{
	equals "$(session_of "$1" .keepalive.tcp.set_by_sshidle)" "$2" "set_by_sshidle of $1"
}

# is_quiet server|client PORT: nothing is on its way from this end
is_quiet()
{
	local line

	line=$(ss_of "$1" "$2")
	[[ -n $line && $line != *unacked:* ]]
}

is_not_quiet()
{
	[[ $(ss_of "$1" "$2") == *unacked:* ]]
}

# id_of server|client NAME: ID[NAME], once what was said at log-in has arrived
id_of()
{
	wait_until 30 is_quiet "$1" "${PORT[$2]}" &&
		ID[$2]=$(end_of "$1" "${PORT[$2]}" .id)
}

# probe_s ID: seconds until the kernel's timer sends one
probe_s()
{
	session_of "$1" '.keepalive.tcp.next_probe_s | floor'
}

# ss_probe_s server|client PORT: the same by ss, which cuts long times to minutes
ss_probe_s()
{
	local ms

	ms=$(ss_timer_ms "$(ss_of "$1" "$2")" keepalive) && echo $((ms / 1000))
}

# --- holders: processes of ours with sockets that do as they are told ---

build_holder()
{
	gcc -std=gnu11 -Wall -Wextra -O2 -o "$WORK/holder" "$BATS_TEST_DIRNAME/holder.c"
}

# start_holder NAME LINES: in a network namespace of its own. Sets PID[NAME], and of line 0, 1, ...
# NEAR_FD, NEAR_ID, FAR_FD, FAR_ID
start_holder()
{
	local -i i
	local answer

	mkfifo "$BATS_TEST_TMPDIR/$1.cmd" "$BATS_TEST_TMPDIR/$1.answer"
	exec {answer}<>"$BATS_TEST_TMPDIR/$1.answer"
	ANSWER_FD[$1]=$answer
	exec {answer}<>"$BATS_TEST_TMPDIR/$1.cmd"
	CMD_FD[$1]=$answer
	# shellcheck disable=SC2016 # for the inner shell
	unshare --net -- sh -c 'ip link set lo up && exec "$@"' sh "$WORK/holder" "$MARK_PORT" \
		"$2" \
		<"$BATS_TEST_TMPDIR/$1.cmd" >"$BATS_TEST_TMPDIR/$1.answer" 3>&- &
	PID[$1]=$!
	for ((i = 0; i < $2; i++)); do
		read -r -t 30 -u "${ANSWER_FD[$1]}" "NEAR_FD[i]" "NEAR_ID[i]" "FAR_FD[i]" \
			"FAR_ID[i]" ||
			fail "the holder holds nothing" || return
	done
}

# ask NAME COMMAND...
ask()
{
	local answer

	echo "${*:2}" >&"${CMD_FD[$1]}"
	read -r -t 30 -u "${ANSWER_FD[$1]}" answer || fail "no answer to ${*:2}" || return
	echo "$answer"
}

# --- runs that are stopped on their way ---

is_stopped()
{
	grep -q 'stopped by SIGSTOP' "$BATS_TEST_TMPDIR/$1.trace"
}

# stop_after NAME SYSCALL[+N] KEEPALIVE-ARGS...: a run that stands still once it has made this call
# for the first or Nth time. Its output goes to NAME.json, its words to NAME.err.
stop_after()
{
	local nth=1

	[[ $2 != *+* ]] || nth=${2#*+}
	traced "$1" "${2%+*}:signal=SIGSTOP:when=$nth" "${@:3}" &
	PID[$1]=$!
	wait_until 30 is_stopped "$1"
}

# traced NAME INJECTION KEEPALIVE-ARGS...: STRACE_MORE are options to strace
traced()
{
	local file=$BATS_TEST_TMPDIR/$1

	exec strace -o "$file.trace" "${STRACE_MORE[@]}" -e trace="${2%%:*}" -e inject="$2" -- \
		"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--json \
		"${@:3}" >"$file.json" 2>"$file.err" 3>&-
}

# let_go NAME STATUS: to its end, which must be that exit status
let_go()
{
	local -i got=0

	kill -CONT "$(pgrep -P "${PID[$1]}")"
	wait "${PID[$1]}" || got=$?
	equals "$got" "$2" "exit status of run $1, which said: $(<"$BATS_TEST_TMPDIR/$1.err")"
}

# A run that still stands when its test has failed would keep the lock; hold's processes outlive it.
end_children()
{
	local job pid

	for job in $(jobs -pr); do
		for pid in $(pgrep -P "$job"); do
			kill -KILL "$pid"
		done
	done
}

said()
{
	cat "$BATS_TEST_TMPDIR/$1.json"
}

# --- the journal ---

# A /dev with a log of ours, for those who run in_our_dev.
start_journal()
{
	mkdir -p "$WORK/dev"
	: >"$JOURNAL"
	touch "$WORK/dev/null"
	mountpoint -q "$WORK/dev/null" || mount --bind /dev/null "$WORK/dev/null"
	rm -f "$WORK/dev/log"
	socat -u "UNIX-RECV:$WORK/dev/log,mode=0666" "OPEN:$JOURNAL,append" 3>&- &
	wait_until 20 test -S "$WORK/dev/log"
}

in_our_dev()
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation slave -- sh -c 'mount --rbind "$0" /dev && exec "$@"' \
		"$WORK/dev" "$@" 3>&-
}

keepalive_in_our_dev()
{
	in_our_dev "$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		"$@"
}

# The socket carries no line ends; each message starts with its priority.
journal_lines()
{
	sed 's/<[0-9]*>/\n&/g' "$JOURNAL" | grep .
}

# After a marker that went the same way, everything before it has arrived.
journal_is_read()
{
	grep -q 'end of the journal' "$JOURNAL"
}

read_journal()
{
	in_our_dev logger -u "/dev/log" -- 'end of the journal'
	wait_until 20 journal_is_read
	journal_lines | grep -v 'end of the journal' || true
}
