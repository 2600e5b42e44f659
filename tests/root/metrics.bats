# SPDX-License-Identifier: GPL-2.0-only
# metrics, as Prometheus and node_exporter read it: valid in both formats, true, whole or not there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games

setup_file()
{
	start_own_lab "$GROUP"
}

teardown()
{
	end_jobs
	wait_until 60 none_is_left
}

# scrape [ARGS...]: into $output, taken by the parsers of Prometheus
scrape()
{
	run -0 --separate-stderr sshidle metrics "$@"
	equals "$stderr" "" stderr && parses <<<"$output"
}

parses()
{
	promtool check metrics
}

parses_as_openmetrics()
{
	/usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
names = [family.name for family in text_string_to_metric_families(sys.stdin.read())]
sys.exit("sshidle_deaths" not in names)'
}

# sample 'NAME{LABELS}' <TEXT: its value, nothing where there is none
sample()
{
	awk -v name="$1" '$0 !~ /^#/ && substr($0, 1, length(name) + 1) == name " " { print $NF }'
}

# is_sample WANTED 'NAME{LABELS}': in $output
is_sample()
{
	equals "$(sample "$2" <<<"$output")" "$1" "$2"
}

# --- what it says ---

@test "both formats are valid, with sessions and without" {
	scrape
	run -0 --separate-stderr sshidle metrics --openmetrics
	parses_as_openmetrics <<<"$output"
	equals "${lines[-1]}" "# EOF" "last line"
	open_session one lab4 'sleep 600'
	open_session six lab6 'sleep 600'
	scrape --per-session 9
	run -0 --separate-stderr sshidle metrics --openmetrics --per-session 9
	parses_as_openmetrics <<<"$output"
}

@test "each name is described once, and no session has series unless asked for" {
	open_session one lab4 'sleep 600'
	scrape
	equals "$(grep '^# TYPE ' <<<"$output" | sort | uniq -d)" "" "types told twice"
	equals "$(grep -c '^# TYPE ' <<<"$output")" "$(grep -c '^# HELP ' <<<"$output")" helps
	[[ $output != *sshidle_session_* && $output != *"${PORT[one]}"* ]]
}

@test "sessions are counted as list counts them" {
	local json role verdict

	open_session one lab4 'sleep 600'
	wait_until 30 sees_overdue
	json=$(sshidle list --json --path-timeout 1s)
	for role in server client; do
		for verdict in active kept at-risk overdue dead; do
			is_sample "$(jq --arg role $role --arg verdict $verdict '[.sessions[] |
				select(.role == $role and .verdict == $verdict)] | length' \
				<<<"$json")" \
				"sshidle_sessions{role=\"$role\",verdict=\"$verdict\"}"
		done
	done
	is_sample 0.000 sshidle_least_cut_in_seconds
	is_sample 2 sshidle_wire_idle_seconds_count
	is_sample 2 'sshidle_wire_idle_seconds_bucket{le="+Inf"}'
	is_sample 2 sshidle_recorder_tracked_sessions
}

# No segment comes any more: two looks at different moments see the same.
sees_overdue()
{
	scrape --path-timeout 1s &&
		is_sample 1 'sshidle_sessions{role="server",verdict="overdue"}' &&
		is_sample 1 'sshidle_sessions{role="client",verdict="overdue"}' &&
		holds server "${PORT[one]}" '.idle.wire_s > 1' &&
		holds client "${PORT[one]}" '.idle.wire_s > 1'
}

@test "the least time to a cut lies between two looks of list" {
	local before after least

	open_session one lab4 'sleep 600'
	before=$(least_cut_in)
	scrape --path-timeout 1h
	least=$(sample sshidle_least_cut_in_seconds <<<"$output")
	after=$(least_cut_in)
	between "${least/./}" "$after" "$before" 100 "least time to a cut in ms"
}

least_cut_in()
{
	sshidle list --json --path-timeout 1h |
		jq '[.sessions[].cut_in_s | numbers] | min * 1000 | round'
}

@test "a path is told with its time-out, who says so, and its sessions" {
	local prefix=${LAB_ROUTER4%.*}.0/24

	open_session one lab4 'sleep 600'
	scrape
	is_sample 300.000 "sshidle_path_timeout_seconds{prefix=\"$prefix\",source=\"assumed\"}"
	is_sample "$(sshidle list --json | jq '[.sessions[] | select(.verdict == "active")] |
		length')" "sshidle_path_sessions{prefix=\"$prefix\",verdict=\"active\"}"
	is_sample 0 sshidle_paths_left_out
	scrape --path-timeout aws-nat-gateway
	is_sample 350.000 "sshidle_path_timeout_seconds{prefix=\"$prefix\",source=\"option\"}"
	printf '[path %s]\ntimeout = 42s\n' "$prefix" >"$BATS_TEST_TMPDIR/conf"
	scrape --config "$BATS_TEST_TMPDIR/conf"
	is_sample 42.000 "sshidle_path_timeout_seconds{prefix=\"$prefix\",source=\"config\"}"
}

@test "keepalive that sshidle set is counted" {
	open_session one lab4 'sleep 600'
	scrape
	is_sample 0 sshidle_keepalives_set
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--path-timeout 1h "$(end_of server "${PORT[one]}" .id)" 3>&-
	scrape
	is_sample 1 sshidle_keepalives_set
}

@test "the times are those of the clock" {
	local -i before_s=$EPOCHSECONDS
	local last attached

	scrape
	last=$(sample sshidle_last_run_timestamp_seconds <<<"$output")
	between "${last%.*}" "$before_s" "$EPOCHSECONDS" 1 "last run"
	attached=$(sample sshidle_recorder_attached_timestamp_seconds <<<"$output")
	equals "$(date -u -d "@$attached" +%Y-%m-%dT%H:%M:%S)" \
		"$(sshidle list --json | jq -r '.recorder.since | sub("[.].*"; "")')" \
		"attached since"
	is_sample 1 sshidle_recorder_attached
	grep -qE '^sshidle_build_info\{version="[0-9.]+",records_version="[0-9]+"\} 1$' <<<"$output"
}

# --- counters ---

# close_one: opens a session and closes it; both its ends die orderly
close_one()
{
	open_session "$1" lab4 true
	wait "${PID[$1]}"
	wait_until 30 none_is_left
}

deaths()
{
	awk '/^sshidle_deaths_total/ { sum += $NF } END { print sum }'
}

@test "deaths are counted on when the recorder is replaced, and anew after a detach" {
	local before since

	close_one first
	scrape
	before=$(deaths <<<"$output")
	((before >= 2))
	equals "$before" "$(sshidle status --json | jq .ended)" "deaths, as status has them"
	is_sample "$(sshidle status --json | jq .opened)" sshidle_sessions_seen_total
	is_sample 0 sshidle_recorder_lost_total
	since=$(sample sshidle_recorder_attached_timestamp_seconds <<<"$output")

	sshidle attach --replace
	scrape
	equals "$(deaths <<<"$output")" "$before" "deaths after a replacement"
	close_one second
	scrape
	equals "$(deaths <<<"$output")" $((before + 2)) "deaths after one more session"
	equals "$(sample 'sshidle_deaths_total{cause="fin-us"}' <<<"$output")" \
		"$(sshidle history --json |
			jq '[.deaths[] | select(.cause == "fin-us")] | length')" \
		"deaths by our FIN"

	sshidle detach
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	scrape
	equals "$(deaths <<<"$output")" 0 "deaths after a detach"
	[[ $(sample sshidle_recorder_attached_timestamp_seconds <<<"$output") > $since ]]
}

# sum_of NAME <TEXT: of all its samples
sum_of()
{
	awk -v name="$1" 'index($0, name "{") == 1 { sum += $NF } END { print sum + 0 }'
}

# later A B: as numbers
later()
{
	[[ $(jq -n "$1 > $2") == true ]] || fail "$1 is not later than $2"
}

# created_of 'NAME{LABELS}': what OpenMetrics says of that counter
created_of()
{
	sshidle metrics --openmetrics | sample "$1"
}

@test "deaths of a path are counted from its first silence on, and on over a replacement" {
	local labels="{prefix=\"${LAB_ROUTER4%.*}.0/24\",cause=\"fin-us\"}" created began

	sshidle detach
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	close_one stranger
	scrape
	((2 == $(deaths <<<"$output")))
	equals "$(sum_of sshidle_path_deaths_total <<<"$output")" 0 "deaths of paths nobody knows"
	open_session speaks lab4 'sleep 4.5; echo'
	wait "${PID[speaks]}"
	wait_until 30 none_is_left
	scrape
	is_sample 1 "sshidle_path_deaths_total$labels"
	equals "$(sum_of sshidle_path_deaths_total <<<"$output")" 2 \
		"deaths of the path, of both ends"
	close_one third
	began=$(created_of sshidle_deaths_created'{cause="fin-us"}')
	created=$(created_of "sshidle_path_deaths_created$labels")
	later "$created" "$began"
	between "${created%.*}" "${began%.*}" "$EPOCHSECONDS" 0 "when the path became known"

	sshidle attach --replace
	scrape
	is_sample 2 "sshidle_path_deaths_total$labels"
	equals "$(created_of "sshidle_path_deaths_created$labels")" "$created" \
		"since when, of the path"
	equals "$(created_of sshidle_deaths_created'{cause="fin-us"}')" "$began" \
		"since when, of all"

	sshidle detach --state "$WORK/state"
	sshidle attach -p "$MARK_PORT" --group "$GROUP" --state "$WORK/state"
	scrape
	is_sample 0 "sshidle_path_deaths_total$labels"
	is_sample 0 'sshidle_deaths_total{cause="fin-us"}'
	later "$(created_of "sshidle_path_deaths_created$labels")" "$created"
	later "$(created_of sshidle_deaths_created'{cause="fin-us"}')" "$created"
}

@test "without a recorder nothing is claimed that only a recorder counts" {
	open_session one lab4 'sleep 600'
	scrape --run-dir "$WORK/none" -p "$MARK_PORT"
	is_sample 0 sshidle_recorder_attached
	is_sample "" sshidle_recorder_attached_timestamp_seconds
	is_sample "" sshidle_recorder_lost_total
	[[ $output != *'sshidle_deaths_total{'* && $output != *'fatal_silences_total{'* ]]
	[[ $output != *'path_deaths_total{'* ]]
	is_sample 2 sshidle_wire_idle_seconds_count
	run -0 --separate-stderr sshidle metrics --run-dir "$WORK/none" -p "$MARK_PORT" \
		--openmetrics
	parses_as_openmetrics <<<"$output"
	[[ ! -e $WORK/none ]]
}

# --- series of sessions ---

@test "the N most urgent sessions have series of their own" {
	# The older one speaks every second, so it is not the order of their ids.
	open_session older lab4 'while date; do sleep 1; done'
	open_session silent lab4 'sleep 600'
	scrape --per-session 3
	equals "$(grep -c '^sshidle_session_info{' <<<"$output")" 3 "sessions with series"
	equals "$(grep -c '^sshidle_session_verdict{.* 1$' <<<"$output")" 3 verdicts
	scrape --per-session 10000
	equals "$(grep -c '^sshidle_session_info{' <<<"$output")" 4 "sessions with series"
	wait_until 30 holds server "${PORT[silent]}" '.idle.wire_s > 3'
	wait_until 30 holds client "${PORT[silent]}" '.idle.wire_s > 3'
	wait_until 30 most_urgent_is silent
}

# A burst of the older one may be late.
most_urgent_is()
{
	scrape --per-session 1 || return
	[[ $output =~ sshidle_session_info\{session=\"([0-9]+)\" ]] || return
	[[ ${BASH_REMATCH[1]} == "$(end_of server "${PORT[$1]}" .id)" ||
		${BASH_REMATCH[1]} == "$(end_of client "${PORT[$1]}" .id)" ]]
}

@test "labels of hostile names are valid in both formats" {
	"${LAB[@]}" exec client /usr/bin/python3 -c '
import socket, sys
open("/proc/self/comm", "wb", 0).write(b"a\\\"\n\x1b[2J\xff}")
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while connection.recv(100): pass' "$LAB_SERVER4" "$LAB_PORT" </dev/null 3>&- &
	wait_until 20 sees_hostile
	run -0 --separate-stderr sshidle metrics --openmetrics --per-session 9
	parses_as_openmetrics <<<"$output"
	run -0 /usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        if sample.name == "sshidle_session_info":
            print(sample.labels["comm"])' <<<"$output"
	has "$output" 'a\"'$'\ufffd\ufffd''[2J'$'\ufffd''}'
}

sees_hostile()
{
	scrape --per-session 9 && has "$output" 'comm="a\\\"'$'\ufffd\ufffd''[2J'$'\ufffd''}"'
}

# --- the file ---

@test "a textfile is readable by everybody, and what standard output would get" {
	local dir=$BATS_TEST_TMPDIR/textfile

	mkdir "$dir"
	(umask 077 && sshidle metrics --textfile "$dir/sshidle.prom")
	equals "$(stat -c '%a %U' "$dir/sshidle.prom")" "644 root" mode
	parses <"$dir/sshidle.prom"
	run -0 --separate-stderr sshidle metrics --textfile "$dir/sshidle.prom"
	equals "$output$stderr" "" output
	scrape
	diff <(grep -v _timestamp_ "$dir/sshidle.prom") <(grep -v _timestamp_ <<<"$output")
	sshidle metrics --textfile "$dir/sshidle.prom" --openmetrics
	parses_as_openmetrics <"$dir/sshidle.prom"
	equals "$(ls -A "$dir")" sshidle.prom "files"
}

write_often()
{
	local n

	for ((n = 0; n < 40; n++)); do
		sshidle metrics --textfile "$1"
	done
}

# As root, a file in the place of the device would be in everybody's way.
@test "a device or a pipe is not replaced by the textfile or the state" {
	local node

	mknod -m 0666 "$WORK/null" c 1 3
	mkfifo "$WORK/pipe"
	ln -s null "$WORK/link"
	for node in null pipe link; do
		run -1 --separate-stderr sshidle metrics --textfile "$WORK/$node"
		one_sentence "$WORK/$node: cannot write it: it is no regular file"
		run -1 --separate-stderr sshidle status --state "$WORK/$node"
		has "$stderr" "$WORK/$node: cannot save it: it is no regular file"
	done
	[[ -c $WORK/null && -p $WORK/pipe && -L $WORK/link ]]
}

@test "who reads the textfile while it is written meets a whole one" {
	local file=$BATS_TEST_TMPDIR/sshidle.prom writer ended=no

	sshidle metrics --textfile "$file"
	write_often "$file" &
	writer=$!
	while [[ $ended == no ]]; do
		kill -0 "$writer" 2>/dev/null || ended=yes
		run -0 cat "$file"
		equals "${lines[0]}" "# HELP sshidle_build_info The program that wrote this."
		[[ ${lines[-1]} == "sshidle_paths_left_out "* ]]
	done
	wait "$writer"
}

@test "a textfile that cannot be written stays what it was, with nothing beside it" {
	local dir=$WORK/tiny

	mkdir -p "$dir"
	mount -t tmpfs -o size=4k tmpfs "$dir"
	echo old >"$dir/sshidle.prom"
	run -1 --separate-stderr sshidle metrics --textfile "$dir/sshidle.prom"
	one_sentence "$dir/sshidle.prom" "No space left on device"
	equals "$(<"$dir/sshidle.prom")" old "the file"
	equals "$(ls -A "$dir")" sshidle.prom "files"
	umount "$dir"
	run -1 --separate-stderr sshidle metrics --textfile "$WORK/nowhere/x.prom"
	one_sentence "No such file"
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" metrics --run-dir "$RUN_DIR" \
		--config "$WORK/conf" --textfile "$WORK/x.prom"
	one_sentence "Permission denied"
	[[ ! -e $WORK/x.prom ]]
}

@test "a failure leaves the textfile as it was" {
	local dir=$BATS_TEST_TMPDIR/textfile

	mkdir "$dir"
	echo old >"$dir/sshidle.prom"
	run -1 --separate-stderr sshidle metrics --textfile "$dir/sshidle.prom" --from /etc/passwd
	one_sentence "no whole records"
	equals "$(<"$dir/sshidle.prom")" old "the file"
	equals "$(ls -A "$dir")" sshidle.prom "files"
}

# --- who may, and what goes wrong ---

@test "a member of the group needs no privilege, terminal or environment" {
	run -0 --separate-stderr as_nobody "$GROUP" setsid -w env -i "$WORK/sshidle" metrics \
		--run-dir "$RUN_DIR" --config "$WORK/conf" </dev/null
	equals "$stderr" "" stderr
	parses <<<"$output"
	run -1 --separate-stderr as_nobody nogroup "$WORK/sshidle" metrics --run-dir "$RUN_DIR" \
		--config "$WORK/conf"
	one_sentence "'$GROUP'"
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" metrics \
		--run-dir "$WORK/none" --config "$WORK/conf"
	one_sentence "sshidle attach'"
}

@test "wrong usage is refused, and a full device is a failure" {
	run -2 --separate-stderr sshidle metrics --per-session 0
	one_sentence "allowed are 1 to 10000"
	run -2 --separate-stderr sshidle metrics --per-session 10001
	one_sentence "allowed are 1 to 10000"
	run -2 --separate-stderr sshidle metrics --per-session 5x
	one_sentence "allowed are 1 to 10000"
	run -2 --separate-stderr sshidle metrics 70434
	one_sentence "takes no operand"
	run -2 --separate-stderr sshidle metrics --json
	one_sentence "no option --json"
	run -1 bash -c '"$@" 2>&1 >/dev/full' - "$SSHIDLE" metrics --run-dir "$RUN_DIR" \
		--config "$WORK/conf"
	has "$output" "No space left on device"
	run -0 --separate-stderr sshidle metrics --help
	has "$output" "Usage: sshidle metrics"
}
