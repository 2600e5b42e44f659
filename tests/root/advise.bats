# SPDX-License-Identifier: GPL-2.0-only
# What advise prints: the real programs take it as it is, and it keeps sessions through a NAT.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly TIMEOUT_S=15
readonly DROP_IN=$WORK/sshd_config.d/50-sshidle.conf

setup_file()
{
	start_lab --timeout "$TIMEOUT_S" --sshd-config "Include $WORK/sshd_config.d/*.conf"
	mkdir -m 0755 "$WORK/sshd_config.d"
	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	# With a period of a third no session is ever silent for half the timeout, and so is active.
	printf '[sshidle]\nwarn = 10%%\n' >"$WORK/conf"
	sshidle attach
}

teardown()
{
	end_jobs
	[[ -e $DROP_IN ]] || return 0
	rm "$DROP_IN"
	lab sshd restart
}

advise()
{
	"$SSHIDLE" advise --run-dir "$RUN_DIR" --config "$WORK/conf" "$@" 3>&-
}

# advise_into FILE ARGS...
advise_into()
{
	mkdir -p "${1%/*}"
	advise "${@:2}" >"$1"
}

# As the lab's listener sees the file system
in_sshd()
{
	nsenter --target "$LAB_SSHD_PID" --mount --net --root -- "$@" 3>&-
}

# --- the programs take it ---

# is_for_sshd PATH-TIMEOUT INTERVAL INTERVAL-IF-DOUBLED
is_for_sshd()
{
	local interval=$2 value

	! sshd_doubles || interval=$3
	advise_into "$DROP_IN" --path-timeout "$1" --for sshd
	run -0 in_sshd /usr/sbin/sshd -t -f "$LAB_SSHD_CONFIG"
	equals "$output" "" "what sshd -t says" || return
	run -0 in_sshd /usr/sbin/sshd -T -f "$LAB_SSHD_CONFIG"
	for value in "clientaliveinterval $interval" "tcpkeepalive yes" \
		"clientalivecountmax $(sed -n 's/^ClientAliveCountMax //p' "$DROP_IN")"; do
		grep -qxF "$value" <<<"$output" || fail "sshd -T does not say $value" || return
	done
}

@test "sshd takes its drop-in" {
	is_for_sshd 3s 1 1
	is_for_sshd 15s 5 2
	is_for_sshd aws-nat-gateway 116 58
	is_for_sshd 5d 32767 16383
	is_for_sshd 3650d 32767 16383
	grep -qx 'ClientAliveCountMax 3' "$DROP_IN"
}

# is_for_ssh PATH-TIMEOUT INTERVAL COUNT
is_for_ssh()
{
	advise_into "$BATS_TEST_TMPDIR/ssh_config" --path-timeout "$1" --for ssh
	run -0 --separate-stderr ssh -T -G -F "$BATS_TEST_TMPDIR/ssh_config" any.example
	equals "$stderr" "" "what ssh -G says"
	equals "$(grep -E '^serveralive' <<<"$output" | sort | paste -sd ,)" \
		"serveralivecountmax $3,serveraliveinterval $2" "ssh -G"
}

@test "ssh takes its file" {
	is_for_ssh 2s 1 7875
	is_for_ssh 15s 5 1575
	is_for_ssh aws-nat-gateway 116 68
	is_for_ssh 3650d 32767 3
}

# is_for_sysctl PATH-TIMEOUT TIME INTERVAL PROBES
is_for_sysctl()
{
	advise_into "$BATS_TEST_TMPDIR/sysctl" --path-timeout "$1" --for sysctl
	run -0 --separate-stderr lab exec server sysctl -p "$BATS_TEST_TMPDIR/sysctl"
	equals "$stderr" "" "what sysctl -p says"
	equals "$(lab exec server sysctl -n net.ipv4.tcp_keepalive_{time,intvl,probes} |
		paste -sd ,)" "$2,$3,$4" "sysctls for $1"
}

@test "sysctl takes its file" {
	is_for_sysctl 2s 1 1 127
	is_for_sysctl 15s 5 5 127
	is_for_sysctl aws-nat-gateway 116 116 67
	is_for_sysctl 5d 7200 75 9
}

@test "without --for every program's file stands under its name and place" {
	local program section

	advise 203.0.113.7 --path-timeout 350 >"$BATS_TEST_TMPDIR/all"
	equals "$(grep -c '^==> .*: .* <==$' "$BATS_TEST_TMPDIR/all")" 6 headings
	for program in sshd ssh putty putty-reg securecrt sysctl; do
		section=$(awk -v head="==> $program: " 'index($0, "==> ") == 1 {
			on = index($0, head) == 1; next } on' "$BATS_TEST_TMPDIR/all")
		equals "$section" "$(advise 203.0.113.7 --path-timeout 350 --for "$program")" \
			"$program"
	done
}

# --- applied as printed, it keeps a silent session ---

# is_kept SIDE NAME CONDITION: for more than twice as long as the NAT remembers a silent session
is_kept()
{
	wait_until 120 holds "$1" "${PORT[$2]}" \
		".age_s > 2.5 * $TIMEOUT_S and .verdict == \"kept\" and
		.cut_in_s == null and .protected and $3" --path-timeout "${TIMEOUT_S}s"
}

# speaks NAME: what the session says after its silence arrives
speaks()
{
	run ! grep -qx late "${OUT[$1]}"
	go_on "$1"
	wait_until 20 grep -qx late "${OUT[$1]}"
}

# silent NAME: a command that says nothing until it is told to go on
silent()
{
	echo "$(waits_for "$1"); echo late; sleep 600"
}

# every KEY SECONDS: within 10 %
every()
{
	echo "(.keepalive.$1.period_s | . > 0.9 * $2 and . < 1.1 * $2)"
}

# is_kept_by_ssh NAME FROM SECONDS: both ends know which one it is ("us" to the server), how often
is_kept_by_ssh()
{
	local far=us words="SSH keepalive from the peer every $3 s, "

	[[ $2 == peer ]] || far=peer words="SSH keepalive from us every $3 s, "
	is_kept server "$1" ".keepalive.ssh.from == \"$2\" and $(every ssh "$3") and
		(.reason | startswith(\"$words\"))" || return
	is_kept client "$1" ".keepalive.ssh.from == \"$far\" and $(every ssh "$3")"
}

# period_told FILE: in the comment, where it is not the interval
period_told()
{
	sed -nE 's/^# .*message goes out every ([0-9]+) s\.$/\1/p; s/^ClientAliveInterval //p' \
		"$1" |
		head -n 1
}

@test "through the NAT: sshd keeps sessions by its drop-in, at the period of the comment" {
	advise_into "$DROP_IN" --path-timeout "${TIMEOUT_S}s" --for sshd
	lab sshd restart
	open_session sshd lab4 "$(silent sshd)"
	is_kept_by_ssh sshd us "$(period_told "$DROP_IN")"
	speaks sshd
}

@test "through the NAT: ssh keeps its session by its file" {
	advise_into "$BATS_TEST_TMPDIR/ssh_config" --path-timeout "${TIMEOUT_S}s" --for ssh
	cat "$LAB_SSH_CONFIG" >>"$BATS_TEST_TMPDIR/ssh_config"
	# The later -F counts.
	open_session ssh lab4 "$(silent ssh)" -F "$BATS_TEST_TMPDIR/ssh_config"
	is_kept_by_ssh ssh peer 5
	speaks ssh
}

@test "through the NAT: sysctls keep a session that opens after them" {
	open_session before lab4 'sleep 600'
	advise_into "$BATS_TEST_TMPDIR/sysctl" --path-timeout "${TIMEOUT_S}s" --for sysctl
	lab exec server sysctl -qp "$BATS_TEST_TMPDIR/sysctl"
	open_session after lab4 "$(silent after)"
	is_kept server after '.keepalive.tcp.enabled and .keepalive.tcp.idle_s == 5 and
		.keepalive.tcp.interval_s == 5 and (.keepalive.tcp.next_probe_s | under(5.1)) and
		(.reason | startswith("TCP keepalive every 5 s, "))'
	is_kept client after ".keepalive.peer_tcp.seen and $(every peer_tcp 5)"
	# As the comment warns, the timer of the open one stayed, whatever it reads.
	holds server "${PORT[before]}" '.keepalive.tcp.next_probe_s > 7000 and
		.verdict == "overdue"' --path-timeout "${TIMEOUT_S}s"
	speaks after
}

@test "through the NAT: PuTTY keeps its session by its file, also before older lines" {
	local sessions=$BATS_TEST_TMPDIR/home/.putty/sessions

	advise_into "$sessions/new" --path-timeout "${TIMEOUT_S}s" --for putty
	{ cat "$sessions/new"; printf 'PingInterval=1\nPingIntervalSecs=7\n'; } >"$sessions/old"
	start_plink new new "$(silent new)" -P "$LAB_PORT"
	start_plink old old "$(silent old)" -P "$LAB_PORT"
	found_session new
	found_session old
	is_kept_by_ssh new peer 5
	is_kept_by_ssh old peer 5
	speaks new
	speaks old
}

# --- whose timeout it is ---

# says_timeout WORDS ARGS...
says_timeout()
{
	run -0 --separate-stderr "$WORK/sshidle" advise --for ssh --run-dir "$WORK/none" \
		--config "$BATS_TEST_TMPDIR/conf" "${@:2}"
	equals "$stderr" "" stderr
	equals "${lines[0]}" "# sshidle advise: the path $1." "the first line for ${*:2}"
}

@test "the timeout is the option's, else the peer's, else the default, and it is said which" {
	local assumed='300 s of silence (assumed, since nothing is known)'
	local by_profile='350 s of silence (aws-nat-gateway, by the config file)'

	: >"$BATS_TEST_TMPDIR/conf"
	says_timeout "forgets after $assumed"
	says_timeout "to 203.0.113.7 forgets after $assumed" 203.0.113.7
	cat >"$BATS_TEST_TMPDIR/conf" <<-CONF
	[path 203.0.113.0/24]
	timeout = aws-nat-gateway
	[path 2001:db8::/32]
	timeout = 77
	[path ::/0]
	timeout = 66
	CONF
	says_timeout "forgets after $assumed"
	says_timeout "to 203.0.114.7 forgets after $assumed" 203.0.114.7
	says_timeout "to 203.0.113.7 forgets after $by_profile" 203.0.113.7
	says_timeout "to 203.0.113.7 forgets after $by_profile" ::ffff:203.0.113.7
	says_timeout "to 2001:db8::7 forgets after 77 s of silence (the config file)" \
		2001:db8:0:0::7
	printf '[path default]\ntimeout = 88\n' >>"$BATS_TEST_TMPDIR/conf"
	says_timeout "forgets after 88 s of silence (the config file)"
	says_timeout "to 203.0.114.7 forgets after 88 s of silence (the config file)" 203.0.114.7
	says_timeout "to 203.0.113.7 forgets after 99 s of silence (--path-timeout)" 203.0.113.7 \
		--path-timeout 99
	says_timeout "forgets after 350 s of silence (aws-nlb, by --path-timeout)" \
		--path-timeout aws-nlb
}

@test "it needs no privilege and no recorder" {
	local theirs

	theirs=$(advise --path-timeout 350)
	run -0 --separate-stderr setpriv --reuid nobody --regid nogroup --clear-groups \
		--inh-caps=-all --bounding-set=-all --no-new-privs -- \
		"$WORK/sshidle" advise --config "$WORK/conf" --path-timeout 350
	equals "$stderr" "" stderr
	equals "$output" "$theirs" "as nobody"
}

learned_from_cuts()
{
	sshidle history --json | jq -e --arg prefix "${LAB_ROUTER4%.*}.0/24" \
		'any(.clusters[]; .prefix == $prefix and .at_expiry == "silent-rst" and .credible)'
}

@test "what cuts taught about the peer's path is used, and done without where it may not be read" {
	local -a question=(--for ssh --run-dir "$RUN_DIR" --config "$WORK/conf")
	local words

	question+=("$LAB_ROUTER4")
	speak_late ssh "$TIMEOUT_S".{5,6,7,8}
	wait_until 60 learned_from_cuts
	run -0 --separate-stderr "$WORK/sshidle" advise "${question[@]}"
	equals "$stderr" "" stderr
	words="path to $LAB_ROUTER4 forgets after "
	[[ ${lines[0]} =~ "$words"([0-9]+)" s of silence (learned" ]] ||
		fail "not learned: ${lines[0]}"
	between "${BASH_REMATCH[1]}" "$TIMEOUT_S" $((TIMEOUT_S + 2)) 0 "what was learned, in s"
	run -0 --separate-stderr setpriv --reuid nobody --regid nogroup --clear-groups \
		"$WORK/sshidle" advise "${question[@]}"
	has "$stderr" "note: going on without what the path has taught"
	has "${lines[0]}" "300 s of silence (assumed"
}

# --- what it refuses ---

@test "wrong usage is one sentence that names what is allowed" {
	run -2 --separate-stderr advise --for telnet
	one_sentence '"telnet"' "sshd, ssh, putty, putty-reg, securecrt and sysctl"
	run -2 --separate-stderr advise --for ''
	one_sentence 'sysctl'
	for peer in example.com 203.0.113 203.0.113.0/24 2001:db8::/64 ''; do
		run -2 --separate-stderr advise "$peer"
		one_sentence "\"$peer\"" "203.0.113.7 or 2001:db8::7"
	done
	run -2 --separate-stderr advise 203.0.113.7 203.0.113.8
	one_sentence "one PEER" 203.0.113.7 203.0.113.8
	run -2 --separate-stderr advise --path-timeout 0
	one_sentence "1s to 3650d"
	run -2 --separate-stderr advise --json
	one_sentence --json
}

@test "a path that no program is fast enough for is refused" {
	run -1 --separate-stderr advise --path-timeout 1
	one_sentence "less than 2 s" "once a second"
}

# with_sshd FILE ARGS...: advise where FILE is in the place of sshd, and none where FILE is empty
with_sshd()
{
	unshare --mount -- bash -c 'mount --bind "$1" /usr/sbin/sshd && exec "${@:2}"' - "$1" \
		"$SSHIDLE" advise --config "$WORK/conf" "${@:2}" 3>&-
}

@test "an sshd of unknown version is told what is right for every version" {
	: >"$BATS_TEST_TMPDIR/nothing"
	run -0 --separate-stderr with_sshd "$BATS_TEST_TMPDIR/nothing" --for sshd --path-timeout 15
	equals "$stderr" "" stderr
	has "$output" "The version of sshd is unknown"
	has "$output" $'\nClientAliveInterval 2\n'
	run -1 --separate-stderr with_sshd "$BATS_TEST_TMPDIR/nothing" --for sshd --path-timeout 2
	one_sentence "sshd cannot keep open" "after 2 s" unknown
	# The others can.
	run -0 --separate-stderr with_sshd "$BATS_TEST_TMPDIR/nothing" --path-timeout 2
	has "$output" "# cannot keep open a path that forgets after 2 s"
	has "$output" $'\n\tServerAliveInterval 1\n'
}

@test "an sshd that sends at its interval is told the whole of it" {
	install -m 0755 /dev/stdin "$BATS_TEST_TMPDIR/sshd" <<-'SCRIPT'
	#!/bin/sh
	echo 'OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.1 1 Jul 2025' >&2
	SCRIPT
	run -0 with_sshd "$BATS_TEST_TMPDIR/sshd" --for sshd --path-timeout 15
	has "$output" "OpenSSH 10.0 sends at the interval."
	has "$output" $'\nClientAliveInterval 5\n'
}

@test "what cannot be written is a failure" {
	run -1 --separate-stderr bash -c '"$0" advise --config "$1" >/dev/full' "$SSHIDLE" \
		"$WORK/conf"
	one_sentence "No space left on device"
}
