# SPDX-License-Identifier: GPL-2.0-only
# Sessions that no recorder saw from the start: older than it, or without one.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab
}

teardown()
{
	sshidle detach 2>/dev/null
	end_jobs
}

# as_ss_says PORT: wire and data idle lie between two looks of ss
as_ss_says()
{
	local before after json

	before=$(ss_of server "$1")
	json=$(sshidle list --json)
	after=$(ss_of server "$1")
	between "$(pick server "$1" '.idle.wire_s * 1000 | round' <<<"$json")" \
		"$(ss_least "$before" lastrcv lastack)" "$(ss_least "$after" lastrcv lastack)" 200 \
		"wire idle in ms" || return
	between "$(pick server "$1" '.idle.data_s * 1000 | round' <<<"$json")" \
		"$(ss_least "$before" lastrcv lastsnd)" "$(ss_least "$after" lastrcv lastsnd)" 200 \
		"data idle in ms"
}

@test "a session older than the recorder has the kernel's clocks until a segment arrives" {
	local -i typed_ms
	local idle_ms

	can_type older
	open_session older lab4 cat
	wait_until 30 is_silent_for 3 "${PORT[older]}"
	sshidle attach
	holds server "${PORT[older]}" '.history == "kernel" and .age_s == null'
	as_ss_says "${PORT[older]}"
	holds server "${PORT[older]}" '.idle.wire_s >= 3 and .history == "kernel"'

	typed_ms=$(now_ms)
	type_in older hello
	wait_until 20 holds server "${PORT[older]}" '.history == "recorder"'
	idle_ms=$(milliseconds server "${PORT[older]}" .idle.wire_s)
	between "$idle_ms" 0 $(($(now_ms) - typed_ms)) 200 "wire idle after typing, in ms"
	holds server "${PORT[older]}" '.age_s == null'
}

@test "the ages of a session that the recorder saw open are its own" {
	local -i start_ms
	local age_ms

	sshidle attach
	start_ms=$(now_ms)
	open_session seen lab4 "sleep 600"
	holds server "${PORT[seen]}" '.history == "recorder" and .age_s != null'
	age_ms=$(milliseconds server "${PORT[seen]}" .age_s)
	between "$age_ms" 0 $(($(now_ms) - start_ms)) 200 "age in ms"
}

@test "after detach the list is one look by the kernel's clocks, and leaves nothing" {
	local -i port

	open_session alone lab4 "sleep 600"
	port=${PORT[alone]}
	# What is still on its way would be the recorder's.
	wait_until 30 is_silent_for 1 "$port"
	sshidle attach -p "22,$MARK_PORT"
	holds server "$port" '.history == "kernel"'
	is_one_recorder
	sshidle detach
	left_nothing

	run -0 --separate-stderr sshidle list -p "22,$MARK_PORT"
	has "$output" "$LAB_ROUTER4:$port"
	has "$stderr" "'sshidle attach'"
	run -0 --separate-stderr sshidle list --json -p "22,$MARK_PORT"
	equals "$(jq -c '.recorder | [.attached, .since]' <<<"$output")" "[false,null]" recorder
	equals "$(pick server "$port" .history <<<"$output")" kernel history
	equals "$(pick server "$port" .age_s <<<"$output")" null age
	as_ss_says "$port"
	left_nothing
}
