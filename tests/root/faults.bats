# SPDX-License-Identifier: GPL-2.0-only
# What goes wrong around the program: calls that fail, a spoiled run directory, no room, no memory.
# The answer is whole or one sentence, and nothing that was there is lost.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

setup_file()
{
	start_lab --port "$MARK_PORT"
	build_holder
}

setup()
{
	eval "$(lab facts)"
	# Whatever a failed test left must not fail the next.
	sshidle detach 2>/dev/null || true
	TRACE=$BATS_TEST_TMPDIR/trace
}

teardown()
{
	end_children
	end_jobs
	sshidle detach 2>/dev/null || true
}

# injected INJECTION COMMAND...: the call fails, once it is made for the Nth time; $TRACE has them
injected()
{
	local -a config=(--config "$WORK/conf")

	[[ $2 != detach && $2 != status && $2 != history ]] || config=()
	strace -f -qq --seccomp-bpf -o "$TRACE" "${STRACE_MORE[@]}" -e trace="${1%%:*}" \
		-e inject="$1" -- "$SSHIDLE" "$2" --run-dir "$RUN_DIR" "${config[@]}" "${@:3}" 3>&-
}

# pins_opened COMMAND...: which of its calls of bpf(2) open a pin
pins_opened()
{
	injected bpf:error=EMFILE:when=9999 "$@" >/dev/null 2>&1
	grep -n BPF_OBJ_GET, "$TRACE" | cut -d : -f 1
}

@test "a piece of the recorder that cannot be opened for now is not taken for gone" {
	local id
	local -i call tried=0 refused=0

	sshidle attach -p "$MARK_PORT"
	start_holder owner 1
	id=${NEAR_ID[0]}
	keepalive --path-timeout 3600s "$id" >/dev/null
	for call in $(pins_opened attach --replace); do
		tried+=1
		run --separate-stderr injected "bpf:error=EMFILE:when=$call" attach --replace
		[[ $(<"$TRACE") == *INJECTED* ]] || fail "no call $call"
		if ((status)); then
			refused+=1
			one_sentence "Too many open files"
		fi
		is_whole
		is_ours "$id" true
	done
	# Once the new recorder is there, four links, their programs and five maps are looked at.
	equals "$refused" $((tried - 13)) "refusals with one of $tried pins that cannot be opened"
	((refused > 10))
	for call in $(pins_opened status); do
		run --separate-stderr injected "bpf:error=EMFILE:when=$call" status
		equals "$status" 1 "exit status of status"
		one_sentence "$RUN_DIR: cannot look at the recorder: Too many open files"
	done
	is_one_recorder
}

@test "keepalive changes nothing where it cannot open what keeps the old" {
	local id

	sshidle attach -p "$MARK_PORT"
	start_holder owner 1
	id=${NEAR_ID[0]}
	run -1 --separate-stderr injected bpf:error=ENFILE:when=1 keepalive -p "$MARK_PORT" \
		--path-timeout 3600s "$id"
	one_sentence "--undo" "Too many open files in system"
	equals "$(options_of "$id")" "$DEFAULTS" options
	is_ours "$id" false
}


@test "a directory in the place of a pin is told and mended" {
	local pin

	for pin in recorder/{flows,tcp_probe} sessions paths; do
		sshidle attach -p "$MARK_PORT"
		rm "$RUN_DIR/$pin"
		mkdir -p "$RUN_DIR/$pin/inner"
		if [[ $pin != paths ]]; then
			run -1 --separate-stderr sshidle attach -p "$MARK_PORT"
			one_sentence damaged "'sshidle attach --replace'"
		fi
		sshidle attach --replace -p "$MARK_PORT"
		is_whole
		rm "$RUN_DIR/$pin"
		mkdir -p "$RUN_DIR/$pin/inner"
		sshidle detach
		[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is left where $pin was a directory"
	done
	left_nothing
}

@test "a run directory that was unmounted or removed is made anew" {
	sshidle attach -p "$MARK_PORT"
	umount "$RUN_DIR"
	run -1 --separate-stderr sshidle status
	one_sentence "'sshidle attach'"
	sshidle attach -p "$MARK_PORT"
	is_whole
	is_one_recorder
	umount "$RUN_DIR"
	rmdir "$RUN_DIR"
	sshidle attach --replace -p "$MARK_PORT"
	is_whole
	is_one_recorder
	umount "$RUN_DIR"
	sshidle detach
	left_nothing
}

@test "a file in the place of the run directory is told with the mend, and left alone" {
	local command

	echo precious >"$RUN_DIR"
	for command in list history metrics attach 'attach --replace' detach; do
		# shellcheck disable=SC2086 # two words
		run -1 --separate-stderr sshidle $command
		one_sentence "$RUN_DIR is no directory: remove it, or choose another --run-dir"
	done
	run -3 sshidle check
	has "$output" "$RUN_DIR is no directory"
	equals "$(<"$RUN_DIR")" precious "what is in the file"
	rm "$RUN_DIR"
	sshidle attach -p "$MARK_PORT"
	is_whole
}

@test "a state that a full disk has no room for stays what it was" {
	local room=$BATS_TEST_TMPDIR/room before

	mkdir "$room"
	mount -t tmpfs -o size=8k,mode=0700 room "$room"
	sshidle attach -p "$MARK_PORT"
	sshidle status --state "$room/state" >/dev/null
	before=$(cksum <"$room/state")
	cat /dev/zero >"$room/full" 2>/dev/null || true
	run -1 --separate-stderr sshidle detach --state "$room/state"
	one_sentence "$room/state" "No space left on device"
	run -1 --separate-stderr sshidle status --state "$room/state"
	has "$stderr" "No space left on device"
	run -1 --separate-stderr sshidle metrics --textfile "$room/sshidle.prom"
	one_sentence "$room/sshidle.prom" "No space left on device"
	equals "$(cksum <"$room/state")" "$before" "what was saved before"
	equals "$(ls -A "$room")" $'full\nstate' "what is on the disk"
	is_whole
	rm "$room/full"
	sshidle detach --state "$room/state"
	umount "$room"
	left_nothing
}

@test "reads that are interrupted are repeated, and those that fail are told" {
	local error whole got
	local -i nth

	sshidle attach -p "$MARK_PORT"
	start_holder owner 20
	whole=$(sshidle list --json | jq -c '[.sessions[].id] | sort')
	STRACE_MORE=(-P "$RUN_DIR/sessions")
	for error in EINTR EAGAIN; do
		for nth in 1 2 3; do
			got=$(injected "read:error=$error:when=$nth" list --json |
				jq -c '[.sessions[].id] | sort')
			equals "$got" "$whole" "sessions, with $error at read $nth"
		done
	done
	for nth in 1 2; do
		run -1 --separate-stderr injected "read:error=EIO:when=$nth" list --json
		one_sentence "$RUN_DIR/sessions" "Input/output error"
		run -3 injected "read:error=EIO:when=$nth" check
		has "$output" "Input/output error"
	done
}

@test "an owner who vanishes while he is read is shown as the records have him" {
	local pid error

	sshidle attach -p "$MARK_PORT"
	open_session vanishes lab4 'exec sleep 600'
	pid=$(end_of server "${PORT[vanishes]}" .owners[0].pid)
	for error in ENOENT ESRCH; do
		STRACE_MORE=(-P "/proc/$pid/stat" -P "/proc/$pid/cmdline")
		injected "openat:error=$error" list --json >"$BATS_TEST_TMPDIR/json"
		[[ $(<"$TRACE") == *INJECTED* ]] || fail "nothing was opened"
		equals "$(pick server "${PORT[vanishes]}" \
			'.owners[0] | "\(.pid) \(.comm) \(.tty)"' \
			<"$BATS_TEST_TMPDIR/json")" "$pid $SSHD_COMM null" "the owner, with $error"
	done
}

# limited OPTION VALUE COMMAND...: complete, or one sentence and the exit status for it
limited()
{
	local out=$BATS_TEST_TMPDIR/limited.out err=$BATS_TEST_TMPDIR/limited.err
	local -i status=0

	(ulimit "$1" "$2" && SSHIDLE=$PLAIN sshidle "${@:3}") >"$out" 2>"$err" || status=$?
	# A program that does not even start is not ours to judge.
	((status != 127)) || return 0
	LIMITED+=" $status"
	case "$3 $status" in
	"list 0") equals "$(jq '.sessions | length' <"$out")" "$SESSIONS" "sessions with $1 $2" ;;
	"list 1") equals "$(grep -c '^sshidle: ' "$err")" 1 "sentences with $1 $2: $(<"$err")" ;;
	"check 0" | "check 3")
		equals "$(grep -c '^SSHIDLE ' "$out")" 1 "lines with $1 $2: $(<"$out")"
		;;
	*) fail "$3 ended with $status and $1 $2: $(<"$err")" ;;
	esac
}

@test "too few files are told, or are enough" {
	local -i files nth

	sshidle attach -p "$MARK_PORT"
	start_holder owner 2
	SESSIONS=4 LIMITED=''
	for files in 3 4 5 6 7 8 12; do
		limited -n "$files" list --json
		limited -n "$files" check
	done
	has "$LIMITED" ' 0 0'
	# The mounts are read to tell whose the run directory is.
	injected openat:error=EMFILE:when=9999 detach
	nth=$(grep -n -m 1 /proc/self/mounts "$TRACE" | cut -d : -f 1)
	sshidle attach -p "$MARK_PORT"
	run -1 --separate-stderr injected "openat:error=EMFILE:when=$nth" detach
	one_sentence "$RUN_DIR: Too many open files"
	# To load programs takes more of them.
	sshidle detach
	LIMITED=''
	for files in 4 6 8 16 32; do
		limited -n "$files" list --json -p "$MARK_PORT"
		limited -n "$files" check -p "$MARK_PORT"
	done
	has "$LIMITED" ' 1 3' && has "$LIMITED" ' 0 0'
}

# without_memory FROM COMMAND [ARGS...]: from every allocation on. Complete, or one sentence;
# FINISHED is set once it does not matter any more.
without_memory()
{
	local out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err told=$BATS_TEST_TMPDIR/err
	local -i failed=1 status=0

	[[ $2 != check ]] || failed=3 told=$out
	FAIL_AT=$1 LD_PRELOAD=$WORK/fail_at_malloc.so "$PLAIN" "${@:2}" >"$out" 2>"$err" \
		3>&- || status=$?
	FINISHED=0
	if ((status == failed)); then
		[[ $(<"$told") == *?' '?* && $(wc -l <"$told") == 1 ]] ||
			fail "$2 says without allocation $1: $(<"$told")"
		return
	fi
	cmp -s "$out" "$BATS_TEST_TMPDIR/whole" ||
		fail "$2 ends with $status without allocation $1, and prints: $(<"$out")" || return
	FINISHED=1
}

@test "without memory the answer is whole or one sentence" {
	local command copy
	local -a words
	local -i at whole

	gcc -Wall -Wextra -shared -fPIC -o "$WORK/fail_at_malloc.so" \
		"$BATS_TEST_DIRNAME/fail_at_malloc.c"
	for command in list "list --json" check metrics history "history --json" \
		profiles "profiles --json"; do
		copy=$TOP/tests/golden/owners.rec
		[[ $command != history* ]] || copy=$TOP/tests/golden/history.rec
		read -ra words <<<"$command"
		[[ $command == profiles* ]] || words+=(--from "$copy")
		"$SSHIDLE" "${words[@]}" >"$BATS_TEST_TMPDIR/whole" || true
		# Some are not needed: three in a row are the end.
		for ((at = 1, whole = 0; whole < 3; at++)); do
			without_memory "$at" "${words[@]}"
			whole=$((FINISHED ? whole + 1 : 0))
		done
		((at > 15)) || fail "$command has only $((at - 3)) allocations"
	done
}

@test "100,000 files of other kinds hide no session" {
	sshidle attach -p "$MARK_PORT"
	start_holder owner 2
	# In as many processes as the limit asks for, which end with the first.
	/usr/bin/python3 - <<-'PYTHON' >"$BATS_TEST_TMPDIR/ready" 3>&- &
	import os, resource, time
	limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 100100)
	resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
	left, (ours, theirs), (ready, done) = 100000, os.pipe(), os.pipe()
	while left > 0:
	    share = min(left, limit - 20) // 4 * 4
	    left -= share
	    if os.fork() == 0:
	        os.close(theirs)
	        files = [os.eventfd(0) for i in range(share // 2)]
	        files += [os.pipe() for i in range(share // 4)]
	        os.write(done, b"x")
	        os.read(ours, 1)
	        os._exit(0)
	    os.read(ready, 1)
	print("ready", flush=True)
	time.sleep(600)
	PYTHON
	wait_until 60 grep -q ready "$BATS_TEST_TMPDIR/ready"
	equals "$(sshidle list --json | jq '.sessions | length')" 4 sessions
	sshidle attach --replace
	equals "$(sshidle list --json |
		jq '[.sessions[] | select(.history == "recorder")] | length')" 4 \
		"sessions with a history"
}
