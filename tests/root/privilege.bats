# SPDX-License-Identifier: GPL-2.0-only
# Reading without any privilege, as a member of the recorder's group, and its refusal.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games

setup_file()
{
	start_lab
	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	sshidle attach --group "$GROUP"
}

# reads GROUP [ARGS...]: the program as anybody would start it
reads()
{
	as_nobody "$1" "$WORK/sshidle" --run-dir "$RUN_DIR" --config "$WORK/conf" "${@:2}" 3>&-
}

@test "a member of the group has no capability" {
	run -0 as_nobody "$GROUP" grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb):' /proc/self/status
	equals "${#lines[@]}" 5 "lines of capabilities"
	run -0 awk '{ print $2 }' <<<"$output"
	equals "$(sort -u <<<"$output")" 0000000000000000 capabilities
	equals "$(as_nobody "$GROUP" id -nu)" nobody user
	equals "$(as_nobody "$GROUP" id -nG)" "$GROUP" groups
	run ! as_nobody "$GROUP" bpftool prog list
}

@test "a member of the group reads the table" {
	local id

	open_session table lab4 'sleep 600'
	id=$(end_of server "${PORT[table]}" .id)
	run -0 --separate-stderr reads "$GROUP"
	equals "$stderr" "" stderr
	grep -qE "^ *$id +root +$LAB_ROUTER4:${PORT[table]} .* active " <<<"$output"
}

@test "a member of the group reads the same owners as root" {
	local mine theirs owners='[.owners[] | {pid, fd, comm}] | tostring'

	open_session json alice4 'sleep 600'
	wait_until 20 holds server "${PORT[json]}" '.owners | length == 2'
	theirs=$(end_of server "${PORT[json]}" "$owners")
	run -0 --separate-stderr reads "$GROUP" --json
	equals "$stderr" "" stderr
	mine=$(pick server "${PORT[json]}" "$owners" <<<"$output")
	equals "$mine" "$theirs" "owners as nobody reads them"
	has "$mine" "\"comm\":\"$SSHD_COMM\""
	equals "$(pick client "${PORT[json]}" '.owners[0].pid' <<<"$output")" "${PID[json]}" \
		"pid of the client"
	jq -e '.recorder.attached' <<<"$output"
	equals "$(pick server "${PORT[json]}" .history <<<"$output")" recorder history
}

@test "a member of the group copies the records, and anybody reads the copy" {
	open_session copy lab4 'sleep 600'
	as_nobody "$GROUP" cat "$RUN_DIR/sessions" >"$WORK/copy"
	chmod 0644 "$WORK/copy"
	sshidle detach
	# Neither the group nor a recorder is needed any more.
	run -0 --separate-stderr reads nogroup --json --from "$WORK/copy"
	pick server "${PORT[copy]}" .id <<<"$output"
	jq -e .recorder.attached <<<"$output"
	equals "$(pick client "${PORT[copy]}" '.owners[0] | "\(.pid) \(.comm)"' <<<"$output")" \
		"${PID[copy]} ssh" "the client's owner"
	run -0 --separate-stderr reads nogroup --from "$WORK/copy"
	has "$output" "$LAB_ROUTER4:${PORT[copy]}"
	sshidle attach --group "$GROUP"
}

@test "a member of the group reads what root attached with a strict umask" {
	(
		umask 077
		sshidle attach --replace
	)
	run -0 --separate-stderr reads "$GROUP" --json
	equals "$stderr" "" stderr
	jq -e .recorder.attached <<<"$output"
}

# member_reads: or is told why not, once more
member_reads()
{
	reads "$GROUP" >/dev/null 2>>"$BATS_TEST_TMPDIR/told"
}

@test "a member of the group is never told to join it while root attaches" {
	sshidle detach
	strace -f -qq -o /dev/null -e trace=bpf,mkdir,mount -e inject=bpf:delay_exit=20000 \
		-e inject=mkdir,mount:delay_exit=500000 -- "$SSHIDLE" attach \
		--run-dir "$RUN_DIR" --config "$WORK/conf" --group "$GROUP" 3>&- &
	wait_until 60 member_reads
	wait
	equals "$(sed '/^sshidle: note: /d; s/^sshidle: //; s/:.*//' "$BATS_TEST_TMPDIR/told" |
		sort -u)" \
		"no recorder is attached" "what it was told"
}

@test "outside the group one sentence names the group" {
	run -1 --separate-stderr reads nogroup
	one_sentence "'$GROUP'" "$RUN_DIR"
	run -1 --separate-stderr reads nogroup --json
	one_sentence "'$GROUP'"
}

@test "nobody changes what is attached" {
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" attach --replace \
		--run-dir "$RUN_DIR"
	one_sentence
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" detach --run-dir "$RUN_DIR"
	one_sentence
	sshidle status
}

@test "status does not call damaged what a member of the group may not look at" {
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" status --run-dir "$RUN_DIR"
	one_sentence root
	run -1 --separate-stderr as_nobody "$GROUP" "$WORK/sshidle" status --json \
		--run-dir "$RUN_DIR"
	one_sentence root
	sshidle status
}

@test "without a recorder one sentence tells nobody what to run" {
	run -1 --separate-stderr reads "$GROUP" --run-dir "$WORK/none"
	one_sentence "sshidle attach'"
	run -1 --separate-stderr reads "$GROUP" --run-dir "$WORK/none" --json
	one_sentence "sshidle attach'"
	[[ ! -e $WORK/none ]]
}

@test "attach to a group that does not exist is wrong usage" {
	run -2 --separate-stderr sshidle attach --replace --group no-such-group
	one_sentence no-such-group
	sshidle status
}
