# SPDX-License-Identifier: GPL-2.0-only
# check, as a monitoring system and as cron call it: the plugin contract in every state.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games

setup_file()
{
	start_own_lab "$GROUP"
}

teardown()
{
	lab unblock
	end_jobs
	wait_until 60 none_is_left
}

# Whatever came before, "run" gave what a plugin may say: status N, nothing on stderr.
# ended_as N STATE
ended_as()
{
	equals "$status" "$1" "exit status, with '$output' and '$stderr'" &&
		equals "$stderr" "" stderr || return
	[[ ${lines[0]} == "SSHIDLE $2 - "?* ]] || fail "no $2: ${lines[0]}" || return
	is_printable <<<"$output"
}

is_printable()
{
	! LC_ALL=C grep -q '[[:cntrl:]]' || fail "control bytes"
}

# The text of the status line is short, and what follows is performance data.
is_status_line()
{
	local value="'[a-z_]+'=[0-9]+(\.[0-9]+s)?;[^; ]*;[^; ]*;0"
	local text=${1%% | *}

	[[ $1 =~ ^[^|]+\ \|\ $value(\ $value)*$ ]] || fail "no status line: $1" || return
	((${#text} < 80)) || fail "${#text} characters: $text"
}

# Of a path that forgets after a minute, nearly all of which counts as silence.
soon()
{
	printf '[sshidle]\nwarn = 5%%\n' >"$BATS_TEST_TMPDIR/soon"
	checks "$@" --config "$BATS_TEST_TMPDIR/soon" --path-timeout 60s
}

# checks N STATE [ARGS...]
checks()
{
	run --separate-stderr sshidle check "${@:3}"
	ended_as "$1" "$2" && is_status_line "${lines[0]}"
}

# unknown PART [ARGS...]: one sentence that names the trouble, without performance data
unknown()
{
	run --separate-stderr sshidle check "${@:2}"
	is_unknown "$1"
}

is_unknown()
{
	ended_as 3 UNKNOWN && has "$output" "$1" && equals "${#lines[@]}" 1 lines || return
	[[ $output != *'|'* ]] || fail "a bar: $output"
}

# value LABEL <<<LINE: from the performance data
value()
{
	sed -n "s/.* '$1'=\([0-9.]*\)s\{0,1\};.*/\1/p"
}

# --- the states ---

@test "without sessions it is OK" {
	checks 0 OK
	has "$output" "SSHIDLE OK - no SSH session | 'sessions'=0;"
	[[ $output != *cut_in* && $output != *user_idle* ]]
}

@test "active and kept sessions are OK" {
	keepalive_in client 4 4 9
	open_session kept lab4 'sleep 600'
	checks 0 OK --path-timeout 1d
	has "$output" "OK - 2 active | 'sessions'=2;;;0 'needs_person'=0;"
	# The server hears the probes of the client. Kept is told from half of the 6 s on.
	wait_until 30 checks 0 OK --path-timeout 6s
	wait_until 30 has_kept
}

has_kept()
{
	checks 0 OK --path-timeout 6s && has "$output" kept
}

@test "a session at risk is a WARNING, and the line counts down to its cut" {
	local cut_in

	open_session silent alice4 'sleep 600'
	wait_until 40 soon 1 WARNING
	[[ ${lines[0]} =~ WARNING\ -\ [12]\ at\ risk\ \(.*@.*\ cut\ in\ ([0-9]+)\ s\)\ \| ]]
	cut_in=$(value cut_in <<<"$output")
	# The text is cut to a second, the number is rounded to a tenth.
	between "${BASH_REMATCH[1]}" $((${cut_in%.*} - 1)) "${cut_in%.*}" 0 "seconds in the text"
	has "$output" "'at_risk'=${lines[0]:18:1};0;;0"
	# whole hours to go: not yet at risk
	checks 0 OK --path-timeout 1d
}

@test "the user and the peer are named" {
	open_session silent alice4 'sleep 600'
	wait_until 40 names_alice
}

# The server's end; on this host nobody is called alice.
names_alice()
{
	soon 1 WARNING -v || return
	[[ $output =~ at-risk\ 20092@$LAB_ROUTER4:${PORT[silent]}\ ([^ ]+)\[[0-9]+\],\ cut\ in ]]
	equals "${BASH_REMATCH[1]}" "$SSHD_COMM" "its command"
}

@test "an overdue session is CRITICAL" {
	open_session overdue lab4 'sleep 600'
	wait_until 30 checks 2 CRITICAL --path-timeout 1s
	wait_until 30 both_overdue
	[[ $output =~ \(root@.*\ silent\ for\ [0-9]+\ s\) ]]
	equals "$(value cut_in <<<"$output")" 0.0 "least time to a cut"
}

both_overdue()
{
	checks 2 CRITICAL --path-timeout 1s && has "$output" "CRITICAL - 2 overdue (" &&
		has "$output" "'overdue'=2;0;0;0"
}

@test "a dead session is CRITICAL" {
	open_session dead lab4 "$(waits_for go); echo late; sleep 600"
	lab block
	go_on go
	wait_until 60 checks 2 CRITICAL --path-timeout 1d
	has "$output" "CRITICAL - 1 dead ("
	[[ $output =~ \(root@$LAB_ROUTER4\ no\ answer\ for\  ]]
}

# --- thresholds ---

@test "ranges for the number of sessions take the place of the verdicts" {
	open_session one lab4 'sleep 600'
	wait_until 30 both_overdue
	checks 0 OK --path-timeout 1s -w 2 -c 2
	has "$output" "'needs_person'=2;2;2;0"
	checks 1 WARNING --path-timeout 1s -w 1 -c 2
	checks 2 CRITICAL --path-timeout 1s -w 0 -c 1
	checks 2 CRITICAL --path-timeout 1s -w 2
	checks 1 WARNING --path-timeout 1s -c 2
	checks 1 WARNING --path-timeout 1s -w @1:2 -c '~:5'
	checks 2 CRITICAL --path-timeout 1d -c 1:
}

@test "bounds for the least time to a cut and for the longest user idle" {
	open_session one lab4 'sleep 600'
	checks 0 OK --path-timeout 1h --min-left 10m,5m --max-idle 10m,20m
	has "$output" ';600:;300:;0'
	has "$output" ';600;1200;0'
	checks 1 WARNING --path-timeout 1h --min-left 2h
	[[ $output =~ active\ \(root@.*\ cut\ in\ 5[0-9]m[0-9]+s\) ]]
	checks 2 CRITICAL --path-timeout 1h --min-left 2h,61m
	wait_until 30 checks 1 WARNING --path-timeout 1d --max-idle 2
	[[ $output =~ \(root@.*\ user\ idle\ for\  ]]
	wait_until 30 checks 2 CRITICAL --path-timeout 1d --max-idle 1,2
}

@test "the numbers are those of list" {
	local before after json

	open_session one lab4 'sleep 600'
	wait_until 30 both_overdue
	before=$output
	json=$(sshidle list --json --path-timeout 1s)
	after=$(sshidle check --path-timeout 1s) || true
	equals "$(value sessions <<<"$before")" "$(jq .summary.sessions <<<"$json")" sessions
	equals "$(value overdue <<<"$before")" "$(jq .summary.overdue <<<"$json")" overdue
	equals "$(value dead <<<"$before")" "$(jq .summary.dead <<<"$json")" dead
	between "$(jq '[.sessions[].idle.user_s] | max * 1000 | round' <<<"$json")" \
		"$(value user_idle <<<"$before" | tr -d .)00" \
		"$(value user_idle <<<"$after" | tr -d .)00" 100 "longest user idle in ms"
}

# Another reader of the format than ours. (It does not know '@' there.)
@test "Monitoring::Plugin reads the performance data and its ranges" {
	open_session one lab4 'sleep 600'
	run --separate-stderr sshidle check --path-timeout 1h --min-left 10m,5m \
		--max-idle 1h,'~:2h' -w 1:5 -c '~:9'
	ended_as 1 WARNING
	run -0 perl -MMonitoring::Plugin::Performance -e '
		for (Monitoring::Plugin::Performance->parse_perfstring($ARGV[0])) {
			printf "%s %s %s %s\n", $_->label, $_->uom // "",
				$_->threshold->warning->is_set ? $_->threshold->warning : "-",
				$_->threshold->critical->is_set ? $_->threshold->critical : "-";
		}' -- "${lines[0]#* | }"
	equals "${lines[0]}" "sessions  - -" sessions
	equals "${lines[1]}" "needs_person  1:5 ~:9" "needs_person"
	equals "${lines[2]}" "at_risk  - -" at_risk
	equals "${lines[5]}" "cut_in s 600: 300:" cut_in
	equals "${lines[6]}" "user_idle s 3600 ~:7200" user_idle
	equals "${#lines[@]}" 7 measures
}

# The other reader says what each range means for no session and for two.
@test "Monitoring::Plugin agrees when a range raises an alert" {
	local range theirs
	local -i sessions ended

	for sessions in 0 2; do
		((sessions == 0)) || open_session one lab4 'sleep 600'
		((sessions == 0)) || wait_until 30 both_overdue
		for range in 0 1 2 0: 1: 2: 3: '~:0' '~:1' '~:2' 0:1 1:2 2:3 @0 @1 @2 @1: @3: \
			'@~:1' @1:2 @2:2 :1; do
			theirs=$(perl -MMonitoring::Plugin::Range -e '
				print Monitoring::Plugin::Range->parse_range_string($ARGV[0])
					->check_range($ARGV[1])' -- "$range" "$sessions")
			ended=0
			sshidle check --path-timeout 1s -w "$range" -c '~:' >/dev/null || ended=$?
			equals "$ended" "$theirs" "status for $sessions in $range"
		done
	done
}

# --- long output, and cron ---

@test "-v adds a line for each session, the most urgent first" {
	open_session one lab4 'sleep 600'
	checks 0 OK --path-timeout 1d -v
	equals "${#lines[@]}" 3 lines
	[[ ${lines[1]} =~ ^[0-9]+\ active\ root@.*\[[0-9]+\],\ .*:\ TCP\ keepalive ]]
	run --separate-stderr sshidle check --path-timeout 1d
	equals "${#lines[@]}" 1 lines
}

@test "cron hears nothing while all is well" {
	open_session one lab4 'sleep 600'
	run -0 --separate-stderr sshidle check -q --path-timeout 1d
	equals "$output$stderr" "" output
	run -0 --separate-stderr sshidle check -q --path-timeout 1d -v
	equals "$output$stderr" "" output
	# so a full disk does no harm either
	sshidle check -q --path-timeout 1d >/dev/full
}

@test "cron hears one line for each session that concerns somebody" {
	open_session one lab4 'sleep 600'
	wait_until 30 quiet_tells_both
	run -0 --separate-stderr sshidle check -q --path-timeout 1s -w 2 -c 2
	equals "$output$stderr" "" output
	run -1 --separate-stderr sshidle check -q --path-timeout 1d --max-idle 1
	equals "${#lines[@]}" 2 lines
	# where no session is to blame, the status line tells
	run -2 --separate-stderr sshidle check -q --path-timeout 1d -c 5:
	equals "$output" "SSHIDLE CRITICAL - 2 active" output
}

quiet_tells_both()
{
	run --separate-stderr sshidle check -q --path-timeout 1s
	equals "$status" 2 status && equals "${#lines[@]}" 2 lines &&
		[[ ${lines[0]} =~ ^[0-9]+\ overdue\ root@ &&
			${lines[1]} =~ ^[0-9]+\ overdue\ root@ ]]
}

@test "without a terminal and with an empty environment, as a member of the group" {
	local -a cron=(setsid -w env -i "$WORK/sshidle" check --run-dir "$RUN_DIR" --config
		"$WORK/conf")

	open_session one alice4 'sleep 600'
	wait_until 30 both_overdue
	cd /
	run -2 --separate-stderr as_nobody "$GROUP" "${cron[@]}" --path-timeout 1s </dev/null
	ended_as 2 CRITICAL
	is_status_line "$output"
	run -2 --separate-stderr as_nobody "$GROUP" "${cron[@]}" -q --path-timeout 1s </dev/null
	equals "$stderr" "" stderr
	equals "${#lines[@]}" 2 lines
	run -0 --separate-stderr as_nobody "$GROUP" "${cron[@]}" -q --path-timeout 1d </dev/null
	equals "$output$stderr" "" output
}

@test "overlapping runs do no harm" {
	local before run fifo=$BATS_TEST_TMPDIR/fifo

	open_session one lab4 'sleep 600'
	wait_until 30 both_overdue
	before=$(kernel_objects)
	mkfifo "$fifo"
	# One is in the middle of its records until the others are done.
	sshidle check --path-timeout 1s --from "$fifo" -t 1h >"$BATS_TEST_TMPDIR/held" &
	exec 7>"$fifo" 8<"$RUN_DIR/sessions"
	head -c 1 <&8 >/dev/null
	for run in {1..8}; do
		{
			sshidle check --path-timeout 1s || echo "status $?"
		} >"$BATS_TEST_TMPDIR/out$run" 2>&1 7>&- 8<&- &
	done
	wait_until 60 all_answered
	for run in {1..8}; do
		has "$(<"$BATS_TEST_TMPDIR/out$run")" "SSHIDLE CRITICAL - 2 overdue"
		has "$(<"$BATS_TEST_TMPDIR/out$run")" "status 2"
	done
	[[ ! -s $BATS_TEST_TMPDIR/held ]]
	cat "$RUN_DIR/sessions" >&7
	exec 7>&- 8<&-
	wait_until 20 grep -q "SSHIDLE CRITICAL - 2 overdue" "$BATS_TEST_TMPDIR/held"
	wait_until 20 equals "$(kernel_objects)" "$before" "what is in the kernel"
}

all_answered()
{
	local run

	for run in {1..8}; do
		grep -q '^status' "$BATS_TEST_TMPDIR/out$run" || return
	done
}

# --- what cannot be known ---

@test "no recorder and no privilege are UNKNOWN, with the mend" {
	run -3 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" check \
		--run-dir "$WORK/none" --config "$WORK/conf"
	is_unknown "run 'sudo sshidle attach' once"
	run -3 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" check -q \
		--run-dir "$WORK/none" --config "$WORK/conf"
	is_unknown "run 'sudo sshidle attach' once"
}

@test "root without a recorder gets what the kernel knows" {
	open_session one lab4 'sleep 600'
	checks 0 OK --run-dir "$WORK/none" -p "$MARK_PORT" --path-timeout 1d
	has "$output" "'sessions'=2;"
	[[ ! -e $WORK/none ]]
}

@test "outside the group it is UNKNOWN, and names the group" {
	run -3 --separate-stderr as_nobody nogroup "$WORK/sshidle" check --run-dir "$RUN_DIR" \
		--config "$WORK/conf"
	is_unknown "join its group '$GROUP'"
}

@test "records of another version are UNKNOWN, with the mend" {
	mkdir "$BATS_TEST_TMPDIR/stale"
	cat "$RUN_DIR/sessions" >"$BATS_TEST_TMPDIR/stale/sessions"
	printf '\xff\xff' | dd of="$BATS_TEST_TMPDIR/stale/sessions" bs=1 seek=4 conv=notrunc \
		status=none
	unknown "run 'sshidle attach --replace'" --run-dir "$BATS_TEST_TMPDIR/stale"
	unknown "records of version 65535" --from "$BATS_TEST_TMPDIR/stale/sessions"
}

@test "a damaged recorder is UNKNOWN, since what it misses would pass for silence" {
	local pin=$RUN_DIR/recorder/tcp_probe

	open_session one lab4 'sleep 600'
	checks 0 OK --path-timeout 1d
	rm "$pin"
	unknown "run 'sshidle attach --replace'" --path-timeout 1d
	sshidle attach --replace
	checks 0 OK --path-timeout 1d
}

@test "records that are none, or not there, are UNKNOWN" {
	unknown "no whole records" --from /etc/passwd
	unknown "cannot read" --from "$WORK/nothing"
	unknown "$WORK/nothing.conf" --config "$WORK/nothing.conf"
	echo nonsense >"$BATS_TEST_TMPDIR/conf"
	unknown "$BATS_TEST_TMPDIR/conf:1" --config "$BATS_TEST_TMPDIR/conf"
	unknown "port 1 is not among those recorded" -p 1
}

@test "wrong usage is UNKNOWN" {
	unknown '"x" is no range' -w x
	unknown '"5:1" ends before it starts' -c 5:1
	unknown "--min-left" --min-left 60,
	unknown "--max-idle" --max-idle 1,2,3
	unknown "is no such time" -t 0
	unknown "is no such time" -t soon
	unknown "unknown option '--nonsense'" --nonsense
	unknown "needs an argument" -w
	unknown "has no option --json" --json
	unknown "takes no operand" 70434
	# what was typed comes back clean
	unknown $'x/\ufffd\ufffd' -w $'x|\n\e'
	run --separate-stderr "$SSHIDLE" --nonsense check
	is_unknown "unknown option '--nonsense'"
}

# The Monitoring Plugins Interface: both "SHOULD exit with state UNKNOWN (3)".
@test "help and version are told, but checked nothing" {
	run -3 --separate-stderr sshidle check --help
	has "$output" "Usage: sshidle check"
	equals "$stderr" "" stderr
	run -3 --separate-stderr sshidle check -h -w nonsense --nowhere
	is_unknown "unknown option"
	run -3 --separate-stderr sshidle check -h -w nonsense
	has "$output" "Usage: sshidle check"
	run -3 --separate-stderr sshidle check --version
	has "$output" "sshidle "
	run -0 --separate-stderr "$SSHIDLE" --version
	run -0 --separate-stderr "$SSHIDLE" list --help
}

@test "an answer that cannot be written is UNKNOWN, never OK" {
	local said
	local -i ended=0

	said=$(sshidle check 2>&1 >/dev/full) || ended=$?
	equals "$ended" 3 "exit status to a full device"
	has "$said" "cannot write"
	ended=0
	said=$(sshidle check 2>&1 >&-) || ended=$?
	equals "$ended" 3 "exit status to a closed stdout"
	# It can be opened only while there is a reader.
	mkfifo "$BATS_TEST_TMPDIR/unread"
	exec {both}<>"$BATS_TEST_TMPDIR/unread"
	exec {unread}>"$BATS_TEST_TMPDIR/unread"
	exec {both}<&-
	ended=0
	said=$(sshidle check 2>&1 >&"$unread") || ended=$?
	equals "$ended" 3 "exit status to a pipe that nobody reads any more"
	has "$said" "cannot write"
	ended=0
	said=$(sshidle check --nonsense 2>&1 >/dev/full) || ended=$?
	equals "$ended" 3 "exit status to a full device"
	ended=0
	said=$(sshidle check --help 2>&1 >/dev/full) || ended=$?
	equals "$ended" 3 "exit status to a full device"
}

# late ARGS...: the program itself, under a bound that only a failure reaches
late()
{
	run --separate-stderr timeout 60 "$@" check --from "$BATS_TEST_TMPDIR/never" -t 1
	is_unknown "no answer within 1 s; -t allows more"
}

@test "no answer in time is UNKNOWN" {
	local -i start_ms

	mkfifo "$BATS_TEST_TMPDIR/never"
	start_ms=$(now_ms)
	late "$SSHIDLE"
	(($(now_ms) - start_ms >= 900))
	late "$SSHIDLE" -q
	# also where whoever starts it blocks and ignores the signal
	late perl -MPOSIX -e '
		sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGALRM));
		$SIG{ALRM} = "IGNORE";
		exec @ARGV' "$SSHIDLE"
}

# --- names that others chose ---

# A process that owns a watched socket and calls itself what it likes.
hold_connection()
{
	"${LAB[@]}" exec client /usr/bin/python3 -c '
import socket, sys
open("/proc/self/comm", "wb", 0).write(b"a|b\n\x1b[2J\xff\xc2\x9b")
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while connection.recv(100): pass' "$LAB_SERVER4" "$LAB_PORT" </dev/null 3>&- &
	PID[hostile]=$!
}

tells_hostile()
{
	checks 0 OK --path-timeout 1d -v && has "$output" "[${PID[hostile]}]"
}

@test "the command name of a process puts no bar, line or control byte into any line" {
	hold_connection
	wait_until 20 tells_hostile
	has "$output" "a/b"$'\ufffd\ufffd'"[2J"$'\ufffd\ufffd'"[${PID[hostile]}]"
	wait_until 30 checks 2 CRITICAL --path-timeout 1s -v
	equals "${#lines[@]}" 3 "lines of: $output"
	run --separate-stderr sshidle check --path-timeout 1s -q
	[[ $output != *'|'* ]]
	is_printable <<<"$output"
}

# A name service that says anything: here /etc/passwd, as only this run sees it.
@test "the name of a user puts no bar, line or control byte into the status line" {
	open_session one alice4 'sleep 600'
	{
		grep -v '^root:' /etc/passwd
		printf 'al|ice\x1b[2J\xff:x:20092:20092::/:/bin/sh\n'
		printf '|r\x9b:x:0:0::/:/bin/sh\n'
	} >"$BATS_TEST_TMPDIR/passwd"
	wait_until 30 both_overdue
	run --separate-stderr unshare -m \
		bash -c 'mount --bind "$1" /etc/passwd && exec "${@:2}"' - \
		"$BATS_TEST_TMPDIR/passwd" "$SSHIDLE" check --run-dir "$RUN_DIR" \
		--config "$WORK/conf" --path-timeout 1s -v
	ended_as 2 CRITICAL
	is_status_line "${lines[0]}"
	[[ ${lines[0]} == *"(al/ice"$'\ufffd'"[2J"$'\ufffd'"@$LAB_ROUTER4 silent for "* ||
		${lines[0]} == *"(/r"$'\ufffd'"@$LAB_SERVER4 silent for "* ]]
	has "$output" "al/ice"$'\ufffd'"[2J"$'\ufffd'"@$LAB_ROUTER4:${PORT[one]} ${SSHD_COMM}["
}
