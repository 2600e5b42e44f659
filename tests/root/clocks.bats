# SPDX-License-Identifier: GPL-2.0-only
# The three clocks, wire, data and user, on real sshd and ssh.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab
	sshidle attach
}

# ss_says_silent PORT SECONDS: by each of its three clocks
ss_says_silent()
{
	local -i silence

	silence=$(ss_least "$(ss_of server "$1")" lastsnd lastrcv lastack)
	((silence >= $2 * 1000)) || fail "ss says $(ss_of server "$1")"
}

@test "a peer's TCP probes count for the wire, which ss does not see" {
	local port

	keepalive_in client 2 2 9
	open_session probed lab4 'sleep 600' -o ServerAliveInterval=0
	port=${PORT[probed]}
	wait_until 60 holds server "$port" '.idle.data_s > 9 and (.idle.wire_s | under(3)) and
		.keepalive.peer_tcp.seen and .keepalive.peer_tcp.period_s >= 1.8 and
		.keepalive.peer_tcp.period_s <= 2.2'
	ss_says_silent "$port" 9
	# And on: the wire speaks again and again, which makes ss no wiser.
	wait_until 60 holds server "$port" '.idle.data_s > 12 and (.idle.wire_s | under(1))'
	ss_says_silent "$port" 12
	holds server "$port" '.idle.rx_data_s > 12 and .idle.tx_data_s > 12 and .idle.user_s > 12'
	holds client "$port" '(.keepalive.tcp | .idle_s == 2 and (.next_probe_s | under(2.2))) and
		.keepalive.peer_tcp.seen == false'
}

@test "a peer's TCP probes keep the path open" {
	local port

	keepalive_in client 2 2 9
	open_session kept lab4 'sleep 600' -o ServerAliveInterval=0
	port=${PORT[kept]}
	wait_until 60 holds server "$port" '.verdict == "kept" and .protected and
		.cut_in_s == null and
		(.reason | startswith("the peer'\''s TCP keepalive every "))' --path-timeout 3s
	# At the other end it is the armed timer.
	wait_until 60 holds client "$port" '.verdict == "kept" and .protected and
		.cut_in_s == null and
		(.reason | startswith("TCP keepalive every 2 s"))' --path-timeout 3s
	wait_until 60 holds client "$port" '.protected == false and
		(.reason | startswith("TCP keepalive every 2 s is slower"))' --path-timeout 1s
}

# 9 s and some tenths, always the same; after a word the next may be later, by an eighth.
@test "a peer's TCP probes keep the path if they were in time from probe to probe" {
	local port

	can_type steady
	keepalive_in client 9 9 9
	open_session steady lab4 'exec cat' -o ServerAliveInterval=0
	port=${PORT[steady]}
	wait_until 90 holds server "$port" '.idle.data_s > 28 and .idle.wire_s > 1 and .protected' \
		--path-timeout 10s
	type_in steady word
	wait_until 20 holds server "$port" '(.idle.data_s | under(5)) and (.protected | not) and
		(.reason | startswith("the peer'\''s TCP keepalive every 9 s may come 1 s late"))' \
		--path-timeout 10s
	wait_until 90 holds server "$port" '.idle.data_s > 28 and .protected' --path-timeout 10s
}

@test "the period of a peer's TCP probes is its own, where this end probes too" {
	local port

	keepalive_in client 9 9 9
	keepalive_in server 4 4 9
	open_session both lab4 'exec sleep 600' -o ServerAliveInterval=0
	port=${PORT[both]}
	wait_until 90 holds server "$port" '.idle.data_s > 30'
	holds server "$port" '.keepalive.peer_tcp.period_s | . >= 8.9 and . <= 9.6'
	holds client "$port" '.keepalive.peer_tcp.period_s | . >= 3.9 and . <= 4.4'
	keepalive_in server 7200 75 9
}

# The peer's timer begins anew with each word, so that its probes come every 7 s.
@test "the period of a peer's TCP probes is its keepalive time, whatever is said between them" {
	local port

	keepalive_in client 4 4 9
	open_session talks lab4 'while sleep 7; do echo; done' -o ServerAliveInterval=0
	port=${PORT[talks]}
	wait_until 60 holds server "$port" '.keepalive.peer_tcp.period_s != null and
		.idle.data_s > 2 and .idle.data_s < 3.5'
	holds server "$port" '.keepalive.peer_tcp.period_s | . >= 3.8 and . <= 4.3'
	# The last probe was more than a period ago, and the next is not late.
	wait_until 60 holds server "$port" '.idle.data_s > 2 and .idle.data_s < 3.5 and
		.protected and
		(.reason | test("^the peer.s TCP keepalive every 4 s, next in [01] s"))' \
		--path-timeout 30s
}

@test "ServerAliveInterval resets wire and data idle at both ends" {
	local port condition='.age_s > 8 and (.idle | [.wire_s, .data_s, .rx_data_s, .tx_data_s] |
		all(under(3))) and .verdict == "active" and
		.keepalive.peer_tcp.seen == false'

	open_session alive lab4 'sleep 600' -o ServerAliveInterval=2
	port=${PORT[alive]}
	wait_until 60 holds server "$port" "$condition" --path-timeout 20s
	wait_until 60 holds client "$port" "$condition" --path-timeout 20s
}

# idle_since MS PORT END KEY...: idle no longer than since that moment
idle_since()
{
	local key idle_ms

	for key in "${@:4}"; do
		idle_ms=$(milliseconds "$3" "$2" ".idle.$key") || return
		between "$idle_ms" 0 "$(($(now_ms) - $1))" 200 "$key in ms" || return
	done
}

@test "what a user types at a terminal resets the data idle of both ends" {
	local -i typed_ms
	local port

	can_type user
	open_session user alice4 'exec cat' -tt
	port=${PORT[user]}
	# The kernel moves a terminal's time only when 8 s have begun since (tty_update_time()).
	wait_until 60 holds server "$port" '.idle.data_s > 3 and .idle.rx_data_s > 3 and
		.idle.user_s > 3 and .idle.tty_s > 9'
	holds server "$port" 'any(.owners[]; .tty // "" | startswith("pts/"))'
	typed_ms=$(now_ms)
	type_in user hello
	wait_until 20 idle_since "$typed_ms" "$port" server rx_data_s tx_data_s data_s user_s wire_s
	wait_until 20 idle_since $((typed_ms - 1000)) "$port" server tty_s
	wait_until 20 idle_since "$typed_ms" "$port" client rx_data_s tx_data_s data_s user_s wire_s
}

@test "what only the server prints leaves its rx_data and the client's tx_data alone" {
	local -i printed_ms
	local port

	open_session printer lab4 "$(waits_for go); echo now; sleep 600"
	port=${PORT[printer]}
	wait_until 60 holds server "$port" '.idle.data_s > 4'
	printed_ms=$(now_ms)
	go_on go
	wait_until 20 idle_since "$printed_ms" "$port" server tx_data_s data_s wire_s
	holds server "$port" '.idle.rx_data_s > 4'
	wait_until 20 idle_since "$printed_ms" "$port" client rx_data_s data_s wire_s
	holds client "$port" '.idle.tx_data_s > 4'
}

# Whatever the tick of the kernel is, a timer of 147 s may go off more than three seconds late.
@test "a TCP keepalive that may come after the cut keeps nothing" {
	keepalive_in server 147 75 9
	open_session late lab4 "sleep 600" -o ServerAliveInterval=0
	holds server "${PORT[late]}" '(.protected | not) and (.reason |
		test("^TCP keepalive every 147 s may come [0-9]+ s late, too slow for "))' \
		--path-timeout 150s
	holds server "${PORT[late]}" .protected --path-timeout 170s
	keepalive_in server 7200 75 9
}

# Of those who said their version at once, and nothing else.
all_heard()
{
	sshidle list --json | jq -e --arg server "$LAB_SERVER4" '[.sessions[] |
		select(.local.address == $server and .bytes.received == 11)] |
		length == 5 and all(.[]; .idle.rx_data_s != null)' >/dev/null
}

@test "what comes in the same tick as the handshake is heard" {
	"${LAB[@]}" exec client bash -c 'for ((i = 0; i < 5; i++)); do
		exec {fd}<>"/dev/tcp/$0/$1" && printf "SSH-2.0-x\r\n" >&$fd || exit
	done; exec sleep 60' "$LAB_SERVER4" "$LAB_PORT" >/dev/null 2>&1 3>&- &
	wait_until 20 all_heard
}
