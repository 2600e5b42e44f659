# SPDX-License-Identifier: GPL-2.0-only
# Many sessions opened and closed fast: none is lost, none is left.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly MANY=50

setup_file()
{
	start_lab
	sshidle attach
}

# client_ports ROLE NEAR FAR <JSON: of the lab's sessions that the recorder saw open
client_ports()
{
	jq --arg role "$1" --arg near "$2" --arg far "$3" --arg server "$LAB_SERVER4" '
		.sessions[] | select(.role == $role and .[$near].address == $server) |
		select(.history == "recorder" and .age_s != null) | .[$far].port' | sort -n
}

none_left()
{
	equals "$(sshidle list --json | jq -r --arg server "$LAB_SERVER4" \
		'.sessions[] | select($server == (.local, .peer).address).id')" "" "sessions left"
}

nothing_lost()
{
	equals "$(sshidle list --json | jq .recorder.lost)" 0 "what is lost"
	equals "$(sshidle status --json | jq -c '[.lost, .missed]')" "[0,0]" "what is lost"
}

@test "50 sessions open at once are all seen from their first segment on, and gone at once" {
	local -i i
	local ports json

	# 10 log in at a time.
	for ((i = 0; i < MANY; i++)); do
		start_session "s$i" lab4 "$(waits_for gate)"
		((i < 10)) || found_session "s$((i - 10))"
	done
	for ((i = MANY - 10; i < MANY; i++)); do
		found_session "s$i"
	done
	ports=$(printf '%s\n' "${PORT[@]}" | sort -n)
	equals "$(uniq <<<"$ports" | wc -l)" "$MANY" "ports that differ"
	json=$(sshidle list --json)
	equals "$(client_ports server local peer <<<"$json")" "$ports" "ports at the server's ends"
	equals "$(client_ports client peer local <<<"$json")" "$ports" "ports at the client's ends"
	ids_are_unique <<<"$json"
	nothing_lost
	go_on gate
	wait
	wait_until 20 none_left
	nothing_lost
}

@test "50 sessions that end at once leave nothing" {
	local -i i
	local pid
	local -a pids=()

	# 8 at a time.
	for ((i = 0; i < MANY; i++)); do
		"${LAB[@]}" ssh -o ConnectTimeout=90 lab4 true </dev/null 3>&- &
		pids+=($!)
		((i < 8)) || wait "${pids[i - 8]}" || fail "ssh $((i - 8)) failed"
	done
	for pid in "${pids[@]:MANY - 8}"; do
		wait "$pid" || fail "an ssh failed"
	done
	wait_until 20 none_left
	nothing_lost
}
