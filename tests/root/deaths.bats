# SPDX-License-Identifier: GPL-2.0-only
# Obituaries: every cause produced for real, and what is kept of it.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly TIMEOUT_S=6

setup_file()
{
	start_lab --timeout "$TIMEOUT_S"
	sshidle attach --group games
}

setup()
{
	eval "$(lab facts)"
	keepalive_in client 7200 75 9
	keepalive_in server 7200 75 9
	lab exec server sysctl -qw net.ipv4.tcp_retries2=15
	remember_for "$TIMEOUT_S"
	lab unblock
}

# death_of server|client PORT FILTER: of that end of the lab's session
death_of()
{
	local near=local far=peer json

	[[ $1 == server ]] || near=peer far=local
	json=$(sshidle history --json) || return
	jq -er --arg near "$near" --arg far "$far" --argjson port "$2" --arg server "$LAB_SERVER4" \
		'[.deaths[] | select(.[$near].address == $server and .[$far].port == $port)] |
		 if length == 1 then .[0] else error("\(length) deaths") end | '"$3" <<<"$json"
}

has_died()
{
	death_of "$1" "$2" .id >/dev/null
}

# died server|client NAME CONDITION: waits for its obituary, of which the condition holds
died()
{
	wait_until 30 has_died "$1" "${PORT[$2]}" || return
	[[ $(death_of "$1" "${PORT[$2]}" "$3") == true ]] ||
		fail "$3 does not hold of $(death_of "$1" "${PORT[$2]}" .)"
}

# silent_for NAME SECONDS: the silence before the last attempt to speak, by the obituary
silent_for()
{
	local -i ms

	ms=$(death_of server "${PORT[$1]}" '.idle_at_death_s * 1000 | round') || return
	between "$ms" $(($2 * 1000)) $(($2 * 1000)) 1500 "silence before the end, in ms"
}

# Soft errors decide what a time-out is called: the router answers for a host that is not there.
answer_unreachable()
{
	lab exec router nft add rule inet lab outage ip daddr "$LAB_CLIENT4" \
		reject with icmp type host-unreachable
}

@test "a session that is closed leaves two orderly ends" {
	local -i started=$EPOCHSECONDS

	open_session closed lab4 'sleep 600'
	# Who is told to end, and tells the other, may be overtaken by it.
	kill -KILL "${PID[closed]}"
	died server closed '.cause == "fin-peer" and .orderly and .last_speaker == "peer" and
		.role == "server" and .uid == 0 and .history == "recorder"'
	died client closed '.cause == "fin-us" and .orderly and .role == "client"'
	# shellcheck disable=SC2016 # jq's variables
	death_of server "${PORT[closed]}" \
		'(.opened | .[0:19] + "Z" | fromdateiso8601) >= '"$started"' - 1
		and .opened <= .closed'
	run -0 --separate-stderr sshidle history --cuts
	[[ $output != *"${PORT[closed]}"* ]]
}

@test "a session that the NAT forgot is reset when it speaks" {
	open_session forgotten lab4 "$(waits_for go); echo late; sleep 600"
	wait_until 30 is_silent_for $((TIMEOUT_S + 2)) "${PORT[forgotten]}"
	go_on go
	died server forgotten '.cause == "rst-received" and .last_speaker == "us" and
		(.orderly | not) and .keepalive.idle_s == 7200'
	silent_for forgotten $((TIMEOUT_S + 2))
	run -0 --separate-stderr sshidle history --cuts --no-header
	has "$output" "$LAB_ROUTER4:${PORT[forgotten]}"
	has "$output" rst-received
}

@test "an end that is torn down resets the other" {
	open_session torn lab4 "sleep 600"
	wait_until 30 is_silent_for 1 "${PORT[torn]}"
	lab exec client ss -K "sport = :${PORT[torn]}" >/dev/null
	died client torn '.cause == "rst-sent" and (.orderly | not)'
	died server torn '.cause == "rst-received" and .last_speaker == "peer"'
}

@test "probes that nobody answers end in a keepalive timeout" {
	keepalive_in server 4 1 3
	open_session probed lab4 "sleep 600"
	wait_until 30 is_silent_for 1 "${PORT[probed]}"
	lab block
	died server probed '.cause == "keepalive-timeout" and .last_speaker == "us" and
		.keepalive == {"enabled": true, "idle_s": 4, "interval_s": 1, "count": 3,
		               "user_timeout_s": null}'
	silent_for probed 4
}

# The kernel's timers go off late: those of 9 s, one after the other, by 0.2 s each.
@test "what four probes were late is no silence before the first" {
	remember_for 3600
	keepalive_in server 9 9 4
	open_session late lab4 "sleep 600"
	wait_until 30 is_silent_for 1 "${PORT[late]}"
	lab block
	wait_until 90 has_died server "${PORT[late]}"
	died server late '.cause == "keepalive-timeout" and .idle_at_death_s < 9.5'
}

@test "probes that began late in a silence are no measure of it by the idle time" {
	local id
	local -i wire_ms

	remember_for 3600
	open_session rescued lab4 "sleep 600" -o ServerAliveInterval=0
	id=$(end_of server "${PORT[rescued]}" .id)
	lab block
	wait_until 30 is_silent_for 7 "${PORT[rescued]}"
	wire_ms=$(milliseconds server "${PORT[rescued]}" .idle.wire_s)
	# Overdue by then: the first probe goes out at once.
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" --path-timeout 6s --force \
		--idle 3 --count 3 "$id" >/dev/null || true
	died server rescued '.cause == "keepalive-timeout" and
		.idle_at_death_s * 1000 > '$((wire_ms - 500))
}

@test "data that nobody answers ends in a retransmission timeout" {
	lab exec server sysctl -qw net.ipv4.tcp_retries2=3
	open_session blocked lab4 "$(waits_for go); echo late; sleep 600"
	wait_until 30 is_silent_for 3 "${PORT[blocked]}"
	lab block
	go_on go
	died server blocked '.cause == "retransmission-timeout" and .last_speaker == "us"'
	silent_for blocked 3
}

@test "a host that is told to be unreachable ends it as such" {
	lab exec server sysctl -qw net.ipv4.tcp_retries2=3
	open_session gone lab4 "$(waits_for go); echo late; sleep 600"
	wait_until 30 is_silent_for 2 "${PORT[gone]}"
	answer_unreachable
	go_on go
	died server gone '.cause == "unreachable" and .last_speaker == "us"'
}

# path_counts NAME [MORE-LABELS]: a counter of the path to the lab's router
path_counts()
{
	local sample="sshidle_path_$1_total{prefix=\"${LAB_ROUTER4%.*}.0/24\"${2:+,$2}}"

	sshidle metrics | awk -v sample="$sample" '$1 == sample { print $2 }'
}

# path_deaths CAUSE
path_deaths()
{
	path_counts deaths "cause=\"$1\""
}

@test "a time-out counts on a path that no silence has made known" {
	sshidle detach
	sshidle attach --group games
	lab exec server sysctl -qw net.ipv4.tcp_retries2=3
	open_session busy lab4 "while date; do sleep 0.2; done"
	lab block
	died server busy '.cause == "retransmission-timeout" and .idle_at_death_s < 4'
	equals "$(path_deaths retransmission-timeout)" 1 "sessions of the path that timed out"
	equals "$(path_deaths rst-received)" 0 "sessions of the path that were reset"
}

@test "a client that is killed in a silence was not cut, one that the NAT forgot was" {
	sshidle detach
	sshidle attach --group games
	remember_for 3600
	open_session goes lab4 'sleep 600'
	wait_until 30 is_silent_for 5 "${PORT[goes]}"
	kill -KILL "${PID[goes]}"
	died server goes '.cause == "fin-peer" and .idle_at_death_s > 4'
	equals "$(path_counts fatal_silences)" 0 "sessions of the path that were cut"

	remember_for "$TIMEOUT_S"
	open_session cut lab4 "$(waits_for go); echo late; sleep 600"
	wait_until 30 is_silent_for $((TIMEOUT_S + 2)) "${PORT[cut]}"
	go_on go
	died server cut '.cause == "rst-received"'
	equals "$(path_counts fatal_silences)" 1 "sessions of the path that were cut"
}

# connect_from PORT: a client that never says a word
connect_from()
{
	"${LAB[@]}" exec client socat -u \
		"TCP4:$LAB_SERVER4:$LAB_PORT,sourceport=$1,reuseaddr" - \
		</dev/null >/dev/null 2>&1 3>&- &
}

# open_again NAME: another connection from the port of one that the client has not any more
open_again()
{
	lab block
	lab exec client ss -K "sport = :${PORT[$1]}" >/dev/null
	lab unblock
	connect_from "${PORT[$1]}"
}

@test "one that another connection from its port found gone teaches nothing" {
	local before

	remember_for 3600
	open_session ghost lab4 "sleep 600"
	wait_until 30 is_silent_for 5 "${PORT[ghost]}"
	before=$(path_counts fatal_silences)
	open_again ghost
	died server ghost '.cause == "rst-received" and .idle_at_death_s > 5 and
		.longest_survived_s < 5'
	equals "$(path_counts fatal_silences)" "$before" "silences of the path that were fatal"
}

# scan NAME: a client that never says a word, from a port of its own
scan()
{
	PORT[$1]=40022
	connect_from "${PORT[$1]}"
	wait_until 30 is_listed server "${PORT[$1]}"
}

# nobody_holds PORT: ends who does
nobody_holds()
{
	end_of server "$1" '.owners[].pid' | xargs -r kill
	is_not_listed server "$1"
}

@test "a stranger who never said a word teaches nothing, and makes no path known" {
	sshidle detach
	sshidle attach --group games
	lab exec server sysctl -qw net.ipv4.tcp_orphan_retries=2
	# A router that had forgotten it would reset it.
	remember_for 60
	scan stranger
	lab block
	wait_until 30 holds server "${PORT[stranger]}" '.idle.wire_s > 4.5'
	wait_until 20 nobody_holds "${PORT[stranger]}"
	died server stranger '.cause == "retransmission-timeout"'
	# The path has its counters from the client's end, which lives.
	equals "$(path_deaths retransmission-timeout)" 0 "sessions of the path that timed out"
	equals "$(path_counts fatal_silences)" 0 "silences of the path that were fatal"
}

@test "a peer that vanishes between the keepalives that it answered teaches no time-out" {
	local before

	keepalive_in server 5 1 3
	open_session vanished lab4 "sleep 600"
	wait_until 30 holds server "${PORT[vanished]}" '.path.longest_survived_s >= 4.5'
	before=$(path_counts fatal_silences)
	lab block
	died server vanished '.cause == "keepalive-timeout" and .longest_survived_s >= 4.5'
	silent_for vanished 5
	equals "$(path_counts fatal_silences)" "$before" "silences of the path that were fatal"
}

# The cluster of those that a keepalive every 5 s found gone.
is_refuted()
{
	[[ $(sshidle history --json | jq -c '[.clusters[] |
		select(.at_expiry == "silent" and .least_s >= 5 and .least_s < 6) |
		[.cuts >= 3, .passed_since >= 3, .credible]]') == "[[true,true,false]]" ]]
}

@test "peers that vanish while they send teach no time-out, where others pass as long" {
	local name

	keepalive_in server 5 1 3
	for name in one two three; do
		can_type "$name"
		open_session "$name" lab4 "cat >/dev/null" -o ServerAliveInterval=0
		(while sleep 0.5; do echo; done) >&"${TYPE_FD[$name]}" 3>&- &
		wait_until 20 holds server "${PORT[$name]}" '.idle.tx_data_s > 2 and
			(.idle.wire_s | under(1))'
		lab block
		died server "$name" '.cause == "keepalive-timeout" and .longest_survived_s < 4'
		silent_for "$name" 5
		lab unblock
	done
	open_session steady lab4 "sleep 600" -o ServerAliveInterval=0
	wait_until 60 is_refuted
}

@test "a session older than the recorder has an end, but no beginning" {
	sshidle detach
	open_session older lab4 "$(waits_for go)"
	sshidle attach --group games
	go_on go
	died server older '.orderly and .opened == null'
}

# half_close NAME: a connection whose server speaks until go_on NAME, and whose client has said
# that it will not any more
half_close()
{
	local gate=$WORK/gate.$1

	PORT[$1]=40023
	mkfifo "$gate"
	"${LAB[@]}" exec server bash -c "exec socat -u - TCP4-LISTEN:$MARK_PORT <'$gate'" \
		>/dev/null 2>&1 3>&- &
	"${LAB[@]}" exec client socat -t 600 \
		"TCP4:$LAB_SERVER4:$MARK_PORT,sourceport=${PORT[$1]},retry=100,interval=0.1" - \
		</dev/null >/dev/null 2>&1 3>&- &
	exec {HALF_FD}<>"$gate"
	wait_until 30 is_in_state client fin-wait-2 "${PORT[$1]}"
}

# is_in_state client STATE PORT
is_in_state()
{
	[[ -n $(lab exec "$1" ss -tnH state "$2" "sport = :$3") ]]
}

@test "one that was half closed before the recorder came ends in order" {
	sshidle detach
	half_close half
	sshidle attach -p "$MARK_PORT" --group games
	exec {HALF_FD}>&-
	died server half '.cause == "fin-peer" and .orderly'
	died client half '.cause == "fin-us" and .orderly'
	sshidle detach
	sshidle attach --group games
}

# connections N: opened and closed, each by both ends
connections()
{
	lab exec client bash -c 'for ((i = 0; i < $2; i++)); do
		exec 3<>"/dev/tcp/$0/$1" && exec 3>&- || exit
	done' "$LAB_SERVER4" "$LAB_PORT" "$1"
}

has_counted()
{
	(($(sshidle history --json | jq '.deaths[0].number // 0') >= $1))
}

@test "a thousand orderly ends do not wash away a cut, and what is lost is counted" {
	local -i before missed kept

	open_session kept lab4 "$(waits_for go); echo late; sleep 600"
	wait_until 30 is_silent_for $((TIMEOUT_S + 1)) "${PORT[kept]}"
	go_on go
	wait_until 30 has_died server "${PORT[kept]}"
	before=$(sshidle history --json | jq '.deaths[0].number')
	connections 600
	wait_until 120 has_counted $((before + 1200))
	died server kept '.cause == "rst-received"'
	run -0 --separate-stderr sshidle history --json
	missed=$(jq .missed <<<"$output")
	kept=$(jq '.deaths | length' <<<"$output")
	((missed > 0)) || fail "none of $kept ends is missed"
	equals $((missed + kept)) "$(jq '.deaths[0].number' <<<"$output")" "ends kept and missed"
	equals "$(jq '[.deaths[].number] | . == (unique | reverse)' <<<"$output")" true \
		"newest first, none twice"
	run -0 --separate-stderr sshidle history
	has "$stderr" "older ends are no longer kept"
}

@test "--since leaves out what ended before" {
	open_session early lab4 true
	wait_until 30 is_told_since 10m "${PORT[early]}"
	wait_until 30 is_older_than_a_second "${PORT[early]}"
}

# Others may have had the port before.
is_told_since()
{
	sshidle history --json --since "$1" | jq -e --argjson port "$2" \
		'any(.deaths[]; .peer.port == $port)' >/dev/null
}

is_older_than_a_second()
{
	sshidle history --json --since 1 | jq -e --argjson port "$1" \
		'all(.deaths[]; .peer.port != $port)' >/dev/null
}

@test "a member of the group reads it, others are told how" {
	run -0 --separate-stderr setpriv --reuid 65534 --regid 60 --clear-groups \
		--inh-caps=-all --bounding-set=-all "$SSHIDLE" history --run-dir "$RUN_DIR"
	has "$output" fin-peer
	run -1 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$SSHIDLE" history --run-dir "$RUN_DIR"
	one_sentence "'games'"
	run -1 --separate-stderr "$SSHIDLE" history --run-dir "$WORK/nowhere"
	one_sentence "'sudo sshidle attach'"
	run -1 --separate-stderr bash -c "'$SSHIDLE' history --run-dir '$RUN_DIR' >/dev/full"
	has "$stderr" "cannot write"
}
