# SPDX-License-Identifier: GPL-2.0-only
# Between judging and acting the owner exits, its descriptor is reused, data is sent, another run
# comes.
# shellcheck disable=SC2016,SC2030,SC2031 # inner shells
# shellcheck disable=SC2034,SC2153,SC2154 # what run and helper set

load helper
load keepalive

setup_file()
{
	start_keepalive_lab
	build_holder
}

@test "a descriptor that was reused for another socket is told by its cookie" {
	local kept

	start_holder owner 2
	stop_after reused pidfd_open --path-timeout 3600s "${NEAR_ID[0]}"
	# The session lives on at another fd, and at its own is now another session.
	kept=$(ask owner swap "${NEAR_FD[0]}" "${NEAR_FD[1]}")
	let_go reused 1
	equals "$(change "${NEAR_ID[0]}" .result < <(said reused))" failed result
	equals "$(change "${NEAR_ID[0]}" .reason < <(said reused))" \
		"the owner's descriptor is another one by now" reason
	equals "$(ask owner get "${NEAR_FD[1]}")" '1 7200 75 9 0' "options of the other session"
	equals "$(ask owner get "$kept")" '1 7200 75 9 0' "options of the session itself"
	is_ours "${NEAR_ID[0]}" false
	is_ours "${NEAR_ID[1]}" false
}

@test "a descriptor that was closed, and an owner that exited, are told" {
	start_holder closes 1
	stop_after closed pidfd_open --path-timeout 3600s "${NEAR_ID[0]}"
	ask closes close "${NEAR_FD[0]}"
	let_go closed 1
	equals "$(change "${NEAR_ID[0]}" .reason < <(said closed))" \
		"the owner's descriptor is another one by now" reason
	kill "${PID[closes]}"
	wait "${PID[closes]}" || true

	start_holder exits 1
	stop_after gone pidfd_open --path-timeout 3600s "${NEAR_ID[0]}"
	kill "${PID[exits]}"
	wait "${PID[exits]}" || true
	let_go gone 1
	equals "$(change "${NEAR_ID[0]}" .result < <(said gone))" failed result
	equals "$(change "${NEAR_ID[0]}" .reason < <(said gone))" "the owning process is gone" \
		reason
	has "$(<"$BATS_TEST_TMPDIR/gone.err")" "partly done: 0 of 1 sessions"
}

@test "who named no session is not told of those that ended meanwhile" {
	start_holder ends 1
	stop_after ended pidfd_open --path-timeout 3600s --all
	kill "${PID[ends]}"
	wait "${PID[ends]}" || true
	let_go ended 0
	equals "$(said ended | jq -c .changes)" '[]' changes
}

@test "where the first owner is gone, the second one lends the socket" {
	local first second id

	open_session alice alice4 'exec sleep 600'
	wait_until 20 holds server "${PORT[alice]}" '.owners | length == 2'
	id_of server alice
	id=${ID[alice]}
	read -r first second < <(session_of "$id" '.owners | "\(.[0].pid) \(.[1].pid)"')
	stop_after second pidfd_open --path-timeout 3600s "$id"
	kill -KILL "$first"
	wait_until 20 test ! -e "/proc/$first"
	let_go second 0
	equals "$(change "$id" .result < <(said second))" set result
	equals "$(change "$id" .owner.pid < <(said second))" "$second" "owner that lent it"
	equals "$(options_of "$id")" "$HOUR" options
	is_ours "$id" true
}

@test "data that was sent after the judging is noticed" {
	local id

	open_session late lab4 "$(waits_for go); echo late; exec sleep 600"
	id_of server late
	id=${ID[late]}
	stop_after late pidfd_open --path-timeout 3600s "$id"
	lab block
	go_on go
	wait_until 30 is_not_quiet server "${PORT[late]}"
	let_go late 1
	lab unblock
	equals "$(change "$id" .result < <(said late))" refused result
	has "$(change "$id" .reason < <(said late))" "data is unacknowledged"
	equals "$(options_of "$id")" "$DEFAULTS" options
	is_ours "$id" false
}

@test "two runs at once come one after the other" {
	local id

	open_session contended lab4 'exec sleep 600'
	id_of server contended
	id=${ID[contended]}
	stop_after first setsockopt --path-timeout 3600s --idle 100 "$id"
	strace -o "$BATS_TEST_TMPDIR/second.trace" -e trace=flock -- "$SSHIDLE" keepalive \
		--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" --json \
		--path-timeout 3600s --idle 200 "$id" >"$BATS_TEST_TMPDIR/second.json" 3>&- &
	PID[second]=$!
	wait_until 9 grep -q EAGAIN "$BATS_TEST_TMPDIR/second.trace"
	kill -0 "${PID[second]}"
	let_go first 0
	wait "${PID[second]}"
	equals "$(change "$id" "$NEW" < <(said first))" 'true 100 100 78 null' "new of the first"
	equals "$(change "$id" .result < <(said first))" set "result of the first"
	equals "$(change "$id" "$OLD" < <(said second))" 'true 100 100 78 null' "old of the second"
	equals "$(change "$id" .result < <(said second))" set "result of the second"
	equals "$(change "$id" .survived_s < <(said second))" 7875 "what the second counts from"
	equals "$(options_of "$id")" 'true 200 200 39 null' options
	run -0 keepalive --undo "$id"
	equals "$(options_of "$id")" "$DEFAULTS" "options after undo"
}

@test "a change that fails halfway leaves what was there" {
	local id

	open_session failing lab4 'exec sleep 600'
	id_of server failing
	id=${ID[failing]}
	# The idle time is the last of five.
	run -1 traced failing setsockopt:error=ENOBUFS:when=5 --path-timeout 3600s --survive 72h \
		"$id"
	equals "$(change "$id" .result < <(said failing))" failed result
	equals "$(change "$id" .reason < <(said failing))" "No buffer space available" reason
	equals "$(options_of "$id")" "$DEFAULTS" options
	is_ours "$id" false
	between "$(probe_s "$id")" 7100 7200 1 "seconds until the probe"
}

@test "a run that was killed halfway can be undone" {
	local id

	open_session killed lab4 'exec sleep 600'
	id_of server killed
	id=${ID[killed]}
	stop_after killed setsockopt+3 --path-timeout 3600s "$id"
	end_children
	wait "${PID[killed]}" || true
	equals "$(options_of "$id")" 'true 7200 1200 6 null' options
	is_ours "$id" true
	run -0 keepalive --undo "$id"
	equals "$(options_of "$id")" "$DEFAULTS" "options after undo"
	is_ours "$id" false
}

@test "what did not stay as it was set is told" {
	start_holder owner 1
	# Its options have been read back, the new snapshot has not been taken.
	STRACE_MORE=(-P /proc/self/loginuid)
	stop_after changed openat --path-timeout 3600s "${NEAR_ID[0]}"
	equals "$(ask owner get "${NEAR_FD[0]}")" '1 1200 1200 6 0' "options by getsockopt"
	ask owner off "${NEAR_FD[0]}"
	let_go changed 1
	equals "$(change "${NEAR_ID[0]}" .result < <(said changed))" failed result
	equals "$(change "${NEAR_ID[0]}" .reason < <(said changed))" \
		"the options did not stay as they were set" reason

	stop_after ended openat --path-timeout 3600s "${FAR_ID[0]}"
	ask owner close "${FAR_FD[0]}"
	let_go ended 1
	equals "$(change "${FAR_ID[0]}" .reason < <(said ended))" "the session ended meanwhile" \
		reason
}

has_a_probe_out()
{
	holds server "$1" '.unanswered.probes == 1'
}

# The last of the file: it ends with the lab if the router should still be mute.
@test "a probe whose answer is still on its way is no failure" {
	local id

	open_session slow lab4 'exec sleep 600'
	id_of server slow
	id=${ID[slow]}
	wait_until 30 is_silent_for 6 "${PORT[slow]}"
	# As on a long way, the probe takes up to a second, and is not lost: it waits for the
	# router's address, which the server asks for once a second.
	lab exec router sysctl -qw net.ipv4.conf.all.arp_ignore=8
	lab exec server ip neigh del "$LAB_ROUTER4" dev eth0
	STRACE_MORE=(-P /proc/self/loginuid)
	stop_after slow openat --path-timeout 10s "$id"
	wait_until 5 has_a_probe_out "${PORT[slow]}"
	let_go slow 0 || fail "it said: $(said slow)"
	lab exec router sysctl -qw net.ipv4.conf.all.arp_ignore=0
	equals "$(change "$id" .result < <(said slow))" set result
	wait_until 20 holds server "${PORT[slow]}" '.unanswered.probes == 0 and .idle.wire_s < 6'
}
