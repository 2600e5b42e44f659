# SPDX-License-Identifier: GPL-2.0-only
# The recorder of an older sshidle: nothing of it is misread, and a new one takes its place.
# shellcheck disable=SC2030,SC2031,SC2153,SC2154 # what run and helper set

load helper
load keepalive

OLDER=$WORK/older/build/sshidle
ABI=$(awk '$2 == "RECORD_ABI" { print $3 }' "$TOP/bpf/record.h")
OLD_ABI=$((ABI - 1))

setup_file()
{
	start_lab --port "$MARK_PORT"
	build_holder
	build_older >&2
}

# As it is, but for the version of its records.
build_older()
{
	mkdir "$WORK/older"
	cp -r "$TOP/Makefile" "$TOP/bpf" "$TOP/user" "$WORK/older"
	sed -i "s/^\(#define RECORD_ABI\) .*/\1 $OLD_ABI/" "$WORK/older/bpf/record.h"
	env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -C "$WORK/older" -j2 CFLAGS=-O0 \
		build/sshidle
}

teardown()
{
	end_children
	end_jobs
	sshidle detach 2>/dev/null || true
}

attach_older()
{
	"$OLDER" attach --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" 3>&-
}

# refused_by PROGRAM ITS-VERSION THEIRS: in every command that reads the recorder's records
refused_by()
{
	local command
	local -a ours=(--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT")

	for command in list 'list --json' explain metrics 'watch --json' keepalive history; do
		[[ $command != history ]] || ours=(--run-dir "$RUN_DIR")
		[[ $command != explain ]] || ours+=("pid:$$")
		# shellcheck disable=SC2086 # two words
		run -1 --separate-stderr timeout 20 "$1" $command "${ours[@]}" 3>&-
		one_sentence "version $3" "reads version $2" "'sshidle attach --replace'"
		ours=(--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT")
	done
	run -3 "$1" check "${ours[@]}" 3>&-
	has "$output" "SSHIDLE UNKNOWN" && has "$output" "version $3"
}

@test "records of an older recorder, and those of a newer, are refused with the mend" {
	attach_older
	refused_by "$SSHIDLE" "$ABI" "$OLD_ABI"
	run -1 --separate-stderr sshidle status
	has "$stderr" "another version; 'sshidle attach --replace' renews it"
	run -1 --separate-stderr sshidle status --json
	validates status <<<"$output"
	jq -e '[.attached_s, .ports, .sessions, .tracked, .opened, .ended, .lost] |
		map(. == null) | all' <<<"$output"
	sshidle attach --replace -p "$MARK_PORT"
	refused_by "$OLDER" "$OLD_ABI" "$ABI"
}

@test "attach does not replace an older recorder unasked, attach --replace goes on with it" {
	local port

	attach_older
	open_session kept lab4 'sleep 600'
	port=${PORT[kept]}
	run -1 --separate-stderr sshidle attach
	one_sentence "of another version" "'sshidle attach --replace'"
	# Only its own version can tell its ports.
	run -0 --separate-stderr sshidle attach --replace
	one_sentence "port 22 is recorded" "'sshidle attach --replace --port LIST'"
	equals "$(recorded_ports)" 22 ports
	sshidle attach --replace -p "$MARK_PORT"
	is_whole
	is_one_recorder
	holds server "$port" '.history == "recorder" and .age_s != null'
}

@test "what an older sshidle set can be undone" {
	local id

	attach_older
	start_holder owner 1
	id=${NEAR_ID[0]}
	"$OLDER" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--path-timeout 3600s "$id" 3>&-
	sshidle attach --replace -p "$MARK_PORT"
	is_ours "$id" true
	keepalive --undo "$id"
	equals "$(options_of "$id")" "$DEFAULTS" options
}

@test "histories of another version begin anew, and what can no longer be undone is told" {
	local id
	local -a two=(2 0 0 0 0 0 0 0)

	sshidle attach -p "$MARK_PORT"
	start_holder owner 1
	id=${NEAR_ID[0]}
	keepalive --path-timeout 3600s "$id"
	bpftool map update pinned "$RUN_DIR/recorder/counters" key 1 0 0 0 value "${two[@]}"
	run -0 --separate-stderr sshidle attach --replace
	has "$stderr" "can no longer be undone"
	is_whole
	is_one_recorder
	is_ours "$id" false
	equals "$(session_of "$id" .age_s)" null "age"
}

@test "detach removes an older recorder" {
	attach_older
	sshidle detach
	left_nothing
}
