# SPDX-License-Identifier: GPL-2.0-only
# A NAT cuts a silent session: the countdown, the cut, and what happens when the session speaks.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly TIMEOUT_S=20

setup_file()
{
	start_lab --timeout "$TIMEOUT_S"
	sshidle attach
}

# read_at <JSON: the moment of the reading, in ms
read_at()
{
	jq '.time | (.[0:19] + "Z" | fromdateiso8601) * 1000 + (.[20:23] | tonumber)'
}

# watch_cut: looks at sshidle and at the router until both say that the session is cut.
# Both moments lie between two looks: a slow machine makes these bounds wide, not wrong.
watch_cut()
{
	local json verdict kept_verdict cut_in
	local -i now end=$((SECONDS + 6 * TIMEOUT_S))

	while ((entry_gone == 0 || overdue_from == 0)); do
		((SECONDS < end)) || fail "no cut: verdicts $verdicts" || return
		now=$(now_ms)
		if router_knows "${PORT[silent]}"; then
			entry_seen=$now
		elif ((entry_gone == 0)); then
			entry_gone=$(now_ms)
		fi
		now=$(now_ms)
		json=$(sshidle list --json --path-timeout "${TIMEOUT_S}s") || return
		verdict=$(pick server "${PORT[silent]}" .verdict <<<"$json") || return
		cut_in=$(pick server "${PORT[silent]}" '.cut_in_s * 1000 | round' <<<"$json")
		if ((cut_in > 0)); then
			open_at=$now
		elif ((overdue_from == 0)); then
			overdue_from=$(now_ms)
		fi
		[[ $verdicts == *"$verdict " ]] || verdicts+="$verdict "
		[[ $verdict != at-risk ]] || cuts+=($(($(read_at <<<"$json") + cut_in)))
		kept_verdict=$(pick server "${PORT[kept]}" .verdict <<<"$json")
		[[ $kept_verdict == @(active|kept) ]] ||
			fail "the session with ServerAliveInterval is $kept_verdict" || return
	done
}

is_reset()
{
	grep -F "port ${PORT[silent]}: Connection reset" "$LAB_SSHD_LOG"
}

@test "a silent session is counted down to the router's cut, then its late output is lost" {
	local verdicts=''
	local -i entry_seen=0 entry_gone=0 open_at=0 overdue_from=0 spread
	local -a cuts=()

	open_session kept lab4 'sleep 600' -o ServerAliveInterval=5
	open_session silent lab4 "$(waits_for go); echo late; sleep 600"
	watch_cut
	equals "$verdicts" "active at-risk overdue " "the silent session's verdicts"
	# The two moments, each known to lie between two looks, are within a second of each other.
	((entry_gone >= open_at - 1000 && overdue_from >= entry_seen - 1000)) ||
		fail "entry gone in $entry_seen..$entry_gone ms, cut in $open_at..$overdue_from ms"
	# While it is counted down it always ends at the same moment, which is that of the cut.
	mapfile -t cuts < <(printf '%s\n' "${cuts[@]}" | sort -n)
	echo "${#cuts[@]} looks while at-risk; entry gone in $entry_seen..$entry_gone ms," \
		"cut_in_s 0 in $open_at..$overdue_from ms"
	((${#cuts[@]} >= 2)) || fail "only ${#cuts[@]} looks while it was at risk"
	spread=$((cuts[-1] - cuts[0]))
	((spread <= 1000)) || fail "the countdown's end moved by $spread ms"
	((cuts[0] >= entry_seen - 1000 && cuts[-1] <= entry_gone + 1000)) ||
		fail "entry gone in $entry_seen..$entry_gone ms, foretold ${cuts[0]}..${cuts[-1]}"

	holds server "${PORT[silent]}" '.verdict == "overdue" and .cut_in_s == 0 and
		.severity == "critical" and .state == "established"' --path-timeout "${TIMEOUT_S}s"
	go_on go
	wait_until 30 is_reset
	wait_until 30 is_not_listed server "${PORT[silent]}"
	run ! grep -qx late "${OUT[silent]}"
	# The client knows nothing: to it the session lives.
	kill -0 "${PID[silent]}"
	holds client "${PORT[silent]}" '.state == "established" and .verdict == "overdue"' \
		--path-timeout "${TIMEOUT_S}s"
	holds server "${PORT[kept]}" '.verdict == "active" or .verdict == "kept"' \
		--path-timeout "${TIMEOUT_S}s"
}
