# SPDX-License-Identifier: GPL-2.0-only
# --from: a copy of the records reads as it was; what is no whole copy is refused in one sentence.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

# As bpf/record.h has it.
readonly ABI_AT=4 KIND_AT=6

setup_file()
{
	start_lab
	sshidle attach
}

setup()
{
	eval "$(lab facts)"
	COPY=$BATS_TEST_TMPDIR/copy
	open_session any lab4 'sleep 600'
	cat "$RUN_DIR/sessions" >"$COPY"
	RECORD_SIZE=$(od -An -t u4 -j 8 -N 4 "$COPY" | tr -d ' ')
}

# put FILE OFFSET BYTES-AS-PRINTF-HAS-THEM
put()
{
	# shellcheck disable=SC2059 # the format is what is wanted
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# refused [PART...]: --from COPY fails the same way in every format
refused()
{
	local format

	for format in --no-header --json --at-risk; do
		run -1 --separate-stderr sshidle list "$format" --from "$COPY"
		one_sentence "$COPY" "$@" || return
	done
}

@test "a copy is shown as it was when it was taken" {
	local copied session='"\(.id) \(.netns) \(.local) \(.peer) \(.owners[0].comm)"'

	run -0 --separate-stderr sshidle list --json --from "$COPY"
	equals "$stderr" "" stderr
	copied=$(pick server "${PORT[any]}" "$session" <<<"$output")
	equals "$copied" "$(end_of server "${PORT[any]}" "$session")" "the copied session"
	jq -e '.recorder.attached and .recorder.ports == [22]' <<<"$output"
	# No clock and no /proc of this machine plays a part.
	equals "$(sshidle list --json --from "$COPY")" "$output" "the same copy a moment later"
	has "$(sshidle list --from "$COPY")" "$LAB_ROUTER4:${PORT[any]}"
}

@test "records of another version are refused, both versions are named" {
	local ours

	run -0 "$SSHIDLE" --version
	[[ $output =~ records\ (version\ [0-9]+), ]]
	ours=${BASH_REMATCH[1]}
	put "$COPY" "$ABI_AT" '\x4d\x01'
	refused "version 333" "$ours"
	put "$COPY" "$ABI_AT" '\x00\x00'
	refused "version 0" "$ours"
}

# is_no_copy: as refused, and no version is made up
is_no_copy()
{
	refused
	[[ $stderr != *version* ]] || fail "it says: $stderr"
}

@test "records of this version but another size are no copy" {
	put "$COPY" 8 '\x40\x01\x00\x00'
	is_no_copy
}

@test "an empty file is refused" {
	: >"$COPY"
	is_no_copy
}

@test "a file of garbage is refused" {
	head -c 100000 /bin/bash >"$COPY"
	is_no_copy
	head -c $((RECORD_SIZE * 4)) /dev/zero >"$COPY"
	is_no_copy
	echo hello >"$COPY"
	is_no_copy
}

@test "a truncated copy is refused wherever it ends within a record" {
	local -i size cut

	size=$(stat -c %s "$COPY")
	((size >= 2 * RECORD_SIZE)) || fail "only $size bytes"
	for cut in 1 15 16 17 $((RECORD_SIZE - 16)) $((RECORD_SIZE - 1)) \
		$((size - RECORD_SIZE + 1)) $((size - 4)) $((size - 1)); do
		cat "$RUN_DIR/sessions" >"$COPY"
		truncate -s $((size - cut)) "$COPY"
		is_no_copy
	done
	cat "$RUN_DIR/sessions" >"$COPY"
	truncate -s 10 "$COPY"
	is_no_copy
}

@test "a record of an unknown kind is refused" {
	put "$COPY" $((RECORD_SIZE + KIND_AT)) '\x09\x00'
	is_no_copy
}

@test "a copy without its first record is refused" {
	tail -c +$((RECORD_SIZE + 1)) "$COPY" >"$COPY.rest"
	mv "$COPY.rest" "$COPY"
	is_no_copy
}

@test "copies behind each other are one copy, and each is checked" {
	local alone

	alone=$(sshidle list --json --from "$COPY" | jq -c .sessions)
	cat "$RUN_DIR/paths" "$RUN_DIR/deaths" >>"$COPY"
	equals "$(sshidle list --json --from "$COPY" | jq -c .sessions)" "$alone" "the sessions"
	sshidle history --json --from "$COPY" | jq -e '.deaths | type == "array"'
	put "$COPY" $(($(stat -c %s "$COPY") - RECORD_SIZE + KIND_AT)) '\x63'
	is_no_copy
}

@test "a file that is not there, and a directory, are refused" {
	rm "$COPY"
	refused "No such file"
	mkdir "$COPY"
	refused directory
}
