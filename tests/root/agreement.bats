# SPDX-License-Identifier: GPL-2.0-only
# Where ss is right, sshidle says the same: bytes, the keepalive timer, what stays unanswered.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab
	sshidle attach
}

# ss looks before and after: what it says twice is what sshidle must have seen.
same_bytes()
{
	local before after json received sent

	before=$(ss_of server "$1")
	json=$(sshidle list --json)
	after=$(ss_of server "$1")
	received=$(ss_number "$after" bytes_received)
	sent=$(ss_number "$after" bytes_sent)
	equals "$(ss_number "$before" bytes_received) $(ss_number "$before" bytes_sent)" \
		"$received $sent" "ss, still moving" || return
	equals "$(pick server "$1" '"\(.bytes.received) \(.bytes.sent)"' <<<"$json")" \
		"$received $sent" "bytes received and sent" || return
	((received > $2 && sent > $2)) || fail "too few bytes to tell: $received, $sent"
}

@test "bytes received and sent are those of ss" {
	can_type talk
	open_session talk lab4 'exec cat'
	type_in talk "$(seq 5000)"
	wait_until 30 same_bytes "${PORT[talk]}" 20000
}

# look_at_timer PORT MS: whether the timer of ss only ran down while sshidle looked, not below MS:
# close to 0 all times would look the same
look_at_timer()
{
	before=$(ss_timer_ms "$(ss_of server "$1")" keepalive) || return
	probe=$(milliseconds server "$1" .keepalive.tcp.next_probe_s) || return
	after=$(ss_timer_ms "$(ss_of server "$1")" keepalive) || return
	((after <= before && after >= $2)) || fail "from $before to $after ms"
}

@test "the next keepalive probe comes when the timer of ss runs out" {
	local port before probe after

	keepalive_in server 6 6 7
	open_session timed lab4 'sleep 600'
	port=${PORT[timed]}
	holds server "$port" '.keepalive.tcp | .enabled and .idle_s == 6 and .interval_s == 6 and
		.count == 7 and .user_timeout_s == null'
	# From the first probe on the timer stands for the next; before, it may only look again.
	wait_until 60 holds server "$port" '.idle.data_s > 6.5 and (.idle.wire_s | under(5))'
	wait_until 60 look_at_timer "$port" 2000
	between "$probe" "$after" "$before" 500 "next probe in ms"
	holds client "$port" '.keepalive.peer_tcp.seen'
}

@test "a timer that will only look again is not taken for a probe" {
	local port before probe after

	keepalive_in server 10 6 7
	open_session looks lab4 'sleep 600'
	port=${PORT[looks]}
	# The client measures the true period: the longer of the two (tcp_keepalive_timer()).
	wait_until 60 holds client "$port" \
		'.keepalive.peer_tcp.period_s | . >= 9.5 and . <= 10.5'
	# For 6 s after a probe the timer stands for a look, for 4 s more it stands for the probe.
	wait_until 60 look_at_timer "$port" 4100
	between "$probe" $((after + 4000)) $((before + 4000)) 500 "next probe in ms"
}

@test "the client's default keepalive timer is two hours away, as ss says" {
	local port probe before after

	open_session default lab4 'sleep 600'
	port=${PORT[default]}
	# While something is on its way ss shows another timer.
	wait_until 30 is_silent_for 1 "$port"
	# ss shows so long a time in whole minutes.
	before=$(ss_timer_ms "$(ss_of client "$port")" keepalive)
	probe=$(milliseconds client "$port" .keepalive.tcp.next_probe_s)
	after=$(ss_timer_ms "$(ss_of client "$port")" keepalive)
	between "$probe" "$after" $((before + 60000)) 2000 "next probe in ms"
	((before >= 100 * 60000)) || fail "ss says that it is due in $before ms"
	holds client "$port" '.keepalive.tcp.enabled and .keepalive.tcp.idle_s == 7200'
}

@test "without SO_KEEPALIVE no probe is due" {
	local port

	open_session off lab4 'sleep 600' -o TCPKeepAlive=no
	port=${PORT[off]}
	run ! ss_timer_ms "$(ss_of client "$port")" keepalive
	holds client "$port" '.keepalive.tcp | .enabled == false and .next_probe_s == null'
	holds server "$port" '.keepalive.tcp | .enabled and .next_probe_s != null'
}

@test "output into a blocked path makes the session dead, its arrival brings it back" {
	local port line

	open_session blocked lab4 "$(waits_for go); echo late; sleep 600"
	port=${PORT[blocked]}
	holds server "$port" '.verdict == "active" and
		.unanswered == {"retransmits": 0, "probes": 0, "since_s": null}'
	wait_until 30 is_silent_for 1 "$port"
	lab block
	go_on go
	wait_until 60 holds server "$port" '.verdict == "dead" and .unanswered.retransmits >= 3 and
		.unanswered.since_s > 0 and .severity == "critical" and .cut_in_s == null and
		(.reason | contains("retransmissions unanswered"))'
	line=$(ss_of server "$port")
	has "$line" "timer:(on,"
	(($(ss_number "$line" backoff) >= 2)) || fail "ss sees no backoff: $line"
	run -0 --separate-stderr sshidle list --at-risk --no-header -o SESSION,VERDICT
	has "$output" "$(end_of server "$port" .id) dead"
	lab unblock
	# The kernel's next try may take as long as it was blocked.
	wait_until 150 holds server "$port" '.verdict == "active" and
		.unanswered.retransmits == 0 and .unanswered.since_s == null'
	wait_until 150 grep -qx late "${OUT[blocked]}"
}

@test "keepalive probes without an answer make the session dead" {
	local port

	keepalive_in server 2 1 100
	open_session lonely lab4 'sleep 600'
	port=${PORT[lonely]}
	wait_until 30 is_silent_for 1 "$port"
	lab block
	wait_until 60 holds server "$port" '.verdict == "dead" and .unanswered.probes >= 2 and
		.unanswered.retransmits == 0 and
		(.reason | contains("keepalive probes unanswered"))'
	lab unblock
	wait_until 60 holds server "$port" '.verdict == "active" and .unanswered.probes == 0'
}
