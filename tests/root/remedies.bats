# SPDX-License-Identifier: GPL-2.0-only
# What keeps a silent session open, by the real programs, through a NAT that forgets after 15 s.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly TIMEOUT_S=15
# Of sessions whose keepalives overflow the recorder's memory of eight by then, too.
readonly SILENT_S=40
readonly ALIVE_PORT=2222 # where sshd has ClientAliveInterval 2

# All sessions live side by side, and each test looks at its own.
setup_file()
{
	start_lab --timeout "$TIMEOUT_S" --port 22 --port "$ALIVE_PORT" \
		--sshd-config 'TCPKeepAlive no' --sshd-config "Match LocalPort $ALIVE_PORT" \
		--sshd-config ' ClientAliveInterval 2'
	# With a period of a third no session is ever silent for half the timeout, and so is active.
	printf '[sshidle]\nwarn = 10%%\n' >"$WORK/conf"
	sshidle attach -p "22,$ALIVE_PORT"
	eval "$(lab facts)"
	start_ssh_sessions
	start_other_clients
	start_sshd_tcp
	share_sessions
}

setup()
{
	eval "$(lab facts)"
	shared_sessions
}

# silent NAME: a command that says nothing until it is told to speak
silent()
{
	echo "$(waits_for "$1"); echo late; exec sleep 600"
}

# open_silent NAME [SSH-OPTION...]: nothing keeps it but what the options say. They log in one after
# the other: amid the others' work a slow machine would send the first keepalives too late.
open_silent()
{
	open_session "$1" lab4 "$(silent "$1")" "${@:2}" -o TCPKeepAlive=no
}

start_ssh_sessions()
{
	open_silent none
	open_silent client_alive -p "$ALIVE_PORT"
	open_silent server_alive -o ServerAliveInterval=3
	open_silent both_alive -p "$ALIVE_PORT" -o ServerAliveInterval=3
	open_silent compressed -p "$ALIVE_PORT" -C
	keepalive_in client 5 5 9
	open_silent ssh_tcp -o TCPKeepAlive=yes
}

start_other_clients()
{
	local sessions=$SCRATCH/home/.putty/sessions

	mkdir -p "$sessions"
	printf '%s\n' PingInterval=0 PingIntervalSecs=4 >"$sessions/pings"
	start_plink putty pings "$(silent putty)" -P 22
	found_session putty
	printf '%s\n' PingInterval=0 PingIntervalSecs=9 >"$sessions/slower"
	start_plink putty_alive slower "$(silent putty_alive)" -P "$ALIVE_PORT"
	found_session putty_alive
	start_antiidle securecrt 4000 0 "$(silent securecrt)"
	found_session securecrt
}

# Only a new listener takes another TCPKeepAlive; the open sessions stay as they are.
start_sshd_tcp()
{
	sed -i 's/^TCPKeepAlive no/TCPKeepAlive yes/' "$LAB_SSHD_CONFIG"
	lab sshd restart
	keepalive_in server 5 5 9
	open_silent sshd_tcp
}

client_alive_s()
{
	if sshd_doubles; then
		echo 4
	else
		echo 2
	fi
}

# every KEY SECONDS: that keepalive is seen, its period within 10 %
every()
{
	echo ".keepalive.$1.seen and (.keepalive.$1.period_s | . >= 0.9 * $2 and . <= 1.1 * $2)"
}

# is_kept server|client NAME CONDITION
is_kept()
{
	wait_until 60 holds "$1" "${PORT[$2]}" '.verdict == "kept" and .cut_in_s == null and
		.protected and '"($3)" --path-timeout "${TIMEOUT_S}s"
}

# has_rhythm server|client NAME us|peer SECONDS
has_rhythm()
{
	is_kept "$1" "$2" "$(every ssh "$4") and .keepalive.ssh.from == \"$3\" and
		.keepalive.ssh.confidence > 0.3 and .keepalive.ssh.jitter_s < 1 and
		(.keepalive.peer_tcp.seen or .keepalive.tcp.enabled | not) and
		(.reason |
		 startswith(\"SSH keepalive from ${3/#peer/the peer} every $4 s, last \"))"
}

# has_probes NEAR FAR NAME: every 5 s from the one end, seen at the other
has_probes()
{
	is_kept "$1" "$3" '.keepalive.tcp.enabled and .keepalive.ssh.seen == false and
		(.keepalive.tcp.next_probe_s | under(5.1)) and
		(.reason | startswith("TCP keepalive every 5 s, next probe in "))'
	is_kept "$2" "$3" "$(every peer_tcp 5) and .keepalive.tcp.enabled == false and
		.keepalive.ssh.seen == false and
		(.reason | startswith(\"the peer's TCP keepalive every 5 s, last \"))"
}

# speaks NAME: its silence was longer than twice the timeout, and what it then says arrives
speaks()
{
	local side last_word

	# The user's silence began when the log-in had said its last, or with the first keepalive,
	# whatever keepalives have come since.
	last_word=$(stat -c %.3Y "${OUT[$1]}")
	for side in server client; do
		wait_until 90 holds "$side" "${PORT[$1]}" ".idle.user_s > $SILENT_S and
			(now - .idle.user_s - $last_word | . > -2.5 and . < $TIMEOUT_S)" \
			--path-timeout "${TIMEOUT_S}s" || return
	done
	run ! grep -qx late "${OUT[$1]}"
	go_on "$1"
	wait_until 20 grep -qx late "${OUT[$1]}" || fail "the output of $1 was lost"
}

@test "sshd's ClientAliveInterval: both ends name sshd and the period it really has" {
	has_rhythm server client_alive us "$(client_alive_s)"
	has_rhythm client client_alive peer "$(client_alive_s)"
	speaks client_alive
}

@test "ssh's ServerAliveInterval: both ends name ssh and its period" {
	has_rhythm server server_alive peer 3
	has_rhythm client server_alive us 3
	speaks server_alive
}

@test "PuTTY's PingIntervalSecs: both ends name plink and its period" {
	has_rhythm server putty peer 4
	has_rhythm client putty us 4
	speaks putty
}

@test "SecureCRT's anti-idle, SSH_MSG_IGNORE: both ends name the client and its period" {
	has_rhythm server securecrt peer 4
	has_rhythm client securecrt us 4
	speaks securecrt
}

@test "TCPKeepAlive of sshd: its own timer there, its probes at the client" {
	has_probes server client sshd_tcp
	speaks sshd_tcp
}

@test "TCPKeepAlive of ssh: its own timer there, its probes at the server" {
	has_probes client server ssh_tcp
	speaks ssh_tcp
}

@test "ClientAlive and ServerAlive together: the faster is named, and keeps the session" {
	local -i period

	period=$(client_alive_s)
	if ((period < 3)); then
		has_rhythm server both_alive us "$period"
	else
		has_rhythm server both_alive peer 3
	fi
	speaks both_alive
}

@test "ClientAlive and PuTTY's pings together, some in one burst: the session is kept" {
	has_rhythm server putty_alive us "$(client_alive_s)"
	has_rhythm client putty_alive peer "$(client_alive_s)"
	speaks putty_alive
}

@test "ClientAlive in a compressed session, where requests are as short as answers" {
	has_rhythm server compressed us "$(client_alive_s)"
	has_rhythm client compressed peer "$(client_alive_s)"
	speaks compressed
}

@test "without a remedy the same NAT cuts the session, and its late output is lost" {
	wait_until 60 holds server "${PORT[none]}" '.verdict == "overdue" and .protected == false' \
		--path-timeout "${TIMEOUT_S}s"
	go_on none
	wait_until 60 grep -F "port ${PORT[none]}: Connection reset" "$LAB_SSHD_LOG"
	run ! grep -qx late "${OUT[none]}"
}
