# SPDX-License-Identifier: GPL-2.0-only
# Which ports are watched, and what is said when nothing is there.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly IDLE_PORT=4822 # of no lab, where 22 may be another one's

setup_file()
{
	start_lab --port 22 --port 2222
}

teardown()
{
	sshidle detach 2>/dev/null
	end_jobs
	: >"$WORK/conf"
}

@test "a recorder for port 2222 sees a session there and none on 22" {
	sshidle attach -p 2222
	open_session usual lab4 'sleep 600' -p 22
	open_session other lab4 'sleep 600' -p 2222
	holds server "${PORT[other]}" '.local.port == 2222 and .role == "server"'
	holds client "${PORT[other]}" '.peer.port == 2222 and .role == "client"'
	is_not_listed server "${PORT[usual]}"
	is_not_listed client "${PORT[usual]}"
	equals "$(recorded_ports)" 2222 "ports of the recorder"
}

@test "attach --replace goes on with the ports, unless the option or the config names others" {
	sshidle attach -p 2222
	run -0 --separate-stderr sshidle attach --replace
	one_sentence "note: port 2222 goes on being recorded" "--port LIST' changes that"
	equals "$(recorded_ports)" 2222 "ports that nobody named anew"
	run -0 --separate-stderr sshidle attach
	has "$stderr" "a recorder for port 2222 is attached"
	printf '[sshidle]\nports = 22, 2222\n' >"$WORK/conf"
	run -1 --separate-stderr sshidle attach
	one_sentence "watches port 2222; 'sshidle attach --replace' changes that"
	sshidle attach --replace
	equals "$(recorded_ports)" 22,2222 "the config's ports"
	run -0 --separate-stderr sshidle attach --replace -p 22
	equals "$stderr" "" words
	equals "$(recorded_ports)" 22 "the option's ports"
}

@test "a port that is not recorded is refused in one sentence" {
	sshidle attach -p 2222
	run -1 --separate-stderr sshidle list -p 22
	one_sentence "port 22 " "'sshidle attach --replace --port 2222,22' records it"
	run -1 --separate-stderr sshidle list --json -p 2222,22
	one_sentence "port 22 "
}

@test "a port that the config names and nobody records is told, and UNKNOWN to check" {
	local words="port 2222 is not among those recorded; 'sshidle attach --replace --port"

	sshidle attach -p 22
	open_session usual lab4 'sleep 600' -p 22
	printf '[sshidle]\nports = 22, 2222\n' >"$WORK/conf"
	run -0 --separate-stderr sshidle list
	has "$stderr" "note: $words 22,2222' records it"
	run -3 --separate-stderr sshidle check
	has "$output" "SSHIDLE UNKNOWN - $words 22,2222' records it"
	run -0 --separate-stderr sshidle list -p 22
	[[ $stderr != *recorded* ]]
	sshidle attach --replace
	run -0 --separate-stderr sshidle list
	[[ $stderr != *recorded* ]]
}

@test "a recorder for two ports sees both, and -p chooses between them" {
	sshidle attach -p 22,2222
	open_session usual lab4 'sleep 600' -p 22
	open_session other lab4 'sleep 600' -p 2222
	holds server "${PORT[usual]}" '.local.port == 22 and .age_s != null'
	holds server "${PORT[other]}" '.local.port == 2222 and .age_s != null'
	is_listed server "${PORT[other]}" -p 2222
	is_not_listed server "${PORT[usual]}" -p 2222
	is_listed server "${PORT[usual]}" -p 22
	is_not_listed server "${PORT[other]}" -p 22
	run -0 --separate-stderr sshidle list --at-risk "$(end_of server "${PORT[usual]}" .id)"
	one_sentence "none of the sessions named needs a person"
	equals "$(recorded_ports)" 22,2222 "ports of the recorder"
}

@test "where nothing is connected the ports asked for are named, not the recorder's" {
	sshidle attach -p "22,2222,$IDLE_PORT"
	run -0 --separate-stderr sshidle list -p "$IDLE_PORT"
	one_sentence "nothing is connected on port $IDLE_PORT"
	[[ $stderr != *2222* ]]
}

@test "without a recorder -p names the ports of the one look" {
	open_session usual lab4 'sleep 600' -p 22
	open_session other lab4 'sleep 600' -p 2222
	is_listed server "${PORT[other]}" -p 2222
	is_not_listed server "${PORT[usual]}" -p 2222
	is_listed server "${PORT[usual]}"
	is_not_listed server "${PORT[other]}"
}

# says_none: of list with MARK_PORT, after run
says_none()
{
	equals "$output" "" stdout
	has "$stderr" "no SSH session"
	has "$stderr" "$MARK_PORT"
	run -0 --separate-stderr sshidle list --json "$@"
	jq -e '.sessions == [] and .summary.sessions == 0' <<<"$output"
}

@test "with no session it says so and exits 0, with and without a recorder" {
	run -0 --separate-stderr sshidle list -p "$MARK_PORT"
	says_none -p "$MARK_PORT"
	sshidle attach -p "$MARK_PORT"
	run -0 --separate-stderr sshidle list
	says_none
	jq -e .recorder.attached <<<"$output"
}
