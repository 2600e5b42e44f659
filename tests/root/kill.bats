# SPDX-License-Identifier: GPL-2.0-only
# kill -9 before a random call of the kernel, 200 times in all: nothing is broken that the
# next run cannot mend.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load keepalive

# Whoever looks for more gives another one.
readonly KILL_SEED=${KILL_SEED:-1}
# Of the tests that load a recorder in each; the others have more.
readonly KILL_ROUNDS=${KILL_ROUNDS:-20}

setup_file()
{
	start_lab --port "$MARK_PORT"
	build_holder
	gcc -D_GNU_SOURCE -DEVERY_CALL -Wall -Wextra -shared -fPIC -o "$WORK/kill_at_call.so" \
		"$BATS_TEST_DIRNAME/kill_at_step.c"
}

setup()
{
	echo "KILL_SEED=$KILL_SEED"
	# Not in a subshell, where it would begin anew.
	RANDOM=$KILL_SEED
	eval "$(lab facts)"
	# Whatever a failed test left must not fail the next.
	sshidle detach 2>/dev/null
}

teardown()
{
	end_children
	end_jobs
	sshidle detach 2>/dev/null
}

# called COMMAND...: with the library that counts calls and kills
called()
{
	local -a more=()

	[[ $1 == detach ]] || more=(--config "$WORK/conf")
	[[ $1 != keepalive ]] || more+=(-p "$MARK_PORT")
	LD_PRELOAD=$WORK/kill_at_call.so "$PLAIN" "$1" --run-dir "$RUN_DIR" "${more[@]}" \
		"${@:2}" 3>&-
}

# count_calls COMMAND...: CALLS is how many it makes. Of a stream, until nobody reads it any more.
count_calls()
{
	STEPS_FILE=$BATS_TEST_TMPDIR/calls called "$@" | head -n 1 >/dev/null
	CALLS=$(<"$BATS_TEST_TMPDIR/calls")
	((CALLS > 20)) || fail "$1 makes only $CALLS calls"
}

# kill_randomly COMMAND...: "killed" grows unless it had ended before; AT is the number of the call
kill_randomly()
{
	local -i ended=0

	AT=$((1 + RANDOM % CALLS))
	# In a group of its own, or the shell would tell of every kill.
	{
		KILL_AT_STEP=$AT called "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 || ended=$?
	} 2>/dev/null
	echo "$1 was killed at $AT"
	((ended == 0 || ended == 137)) ||
		fail "$1 ended with status $ended at $AT: $(<"$BATS_TEST_TMPDIR/said")" || return
	killed+=$((ended == 137))
}

# were_killed NUMBER: of as many runs; a call may be made once more or less than when it was noted
were_killed()
{
	echo "$killed of $1 were killed"
	((killed > $1 * 9 / 10))
}

# Whole, or told in one place with what mends it.
status_is_sound()
{
	local said

	said=$(sshidle status 2>&1) || has "$said" "'sshidle attach" ||
		fail "status after a kill at $AT: $said"
}

is_judged()
{
	holds server "$1" '.verdict == "active" and .owners[0].comm == "'"$SSHD_COMM"'"' \
		-p "$MARK_PORT" --path-timeout 1h ||
		fail "after a kill at $AT"
}

is_gone()
{
	sshidle detach 2>/dev/null || fail "detach fails after a kill at $AT" || return
	[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is left by a kill at $AT"
}

# recover: one of the ways that a person would try
recover()
{
	case $((RANDOM % 3)) in
	0) sshidle attach --replace -p "$MARK_PORT" ;;
	1)
		is_gone && sshidle attach -p "$MARK_PORT"
		;;
	2)
		# What is damaged is not mended unasked, but names the word.
		sshidle attach -p "$MARK_PORT" 2>"$BATS_TEST_TMPDIR/said" ||
			has "$(<"$BATS_TEST_TMPDIR/said")" "'sshidle attach --replace'" &&
			sshidle attach --replace -p "$MARK_PORT"
		;;
	esac || fail "not mended after a kill at $AT" || return
	[[ ! -e $RUN_DIR/staging ]] || fail "staging is left by a kill at $AT"
}

@test "an attach that is killed" {
	local -i i killed=0
	local port

	open_session read lab4 'exec sleep 600'
	port=${PORT[read]}
	count_calls attach -p "$MARK_PORT"
	sshidle detach
	for ((i = 0; i < KILL_ROUNDS; i++)); do
		kill_randomly attach -p "$MARK_PORT"
		status_is_sound
		is_judged "$port"
		recover
		is_whole
		is_judged "$port"
		is_gone
	done
	were_killed "$i"
	left_nothing
}

@test "an attach --replace that is killed, and the session keeps its history" {
	local -i i killed=0
	local port ports

	sshidle attach -p "$MARK_PORT"
	open_session read lab4 'exec sleep 600'
	port=${PORT[read]}
	count_calls attach --replace -p "22,$MARK_PORT"
	for ((i = 0; i < KILL_ROUNDS; i++)); do
		ports=$MARK_PORT
		((i % 2)) || ports=22,$MARK_PORT
		kill_randomly attach --replace -p "$ports"
		status_is_sound
		is_whole
		is_judged "$port"
		holds server "$port" '.history == "recorder" and .age_s != null' ||
			fail "the history is lost by a kill at $AT"
	done
	were_killed "$i"
	AT='' recover
	is_one_recorder
	is_gone
	left_nothing
}

@test "a detach that is killed, and what it was to save is whole" {
	local -i i killed=0
	local port file=$BATS_TEST_TMPDIR/state

	sshidle attach -p "$MARK_PORT"
	open_session read lab4 'exec sleep 600'
	port=${PORT[read]}
	count_calls detach --state "$file"
	sshidle attach -p "$MARK_PORT"
	for ((i = 0; i < KILL_ROUNDS; i++)); do
		kill_randomly detach --state "$file"
		status_is_sound
		is_judged "$port"
		"$SSHIDLE" list --from "$file" >/dev/null ||
			fail "$file is spoiled by a kill at $AT"
		recover
		is_whole
	done
	were_killed "$i"
	is_one_recorder
	is_gone
	left_nothing
}

@test "a watch that is killed has told whole lines, but for the last" {
	local -i i killed=0
	local port

	sshidle attach -p "$MARK_PORT"
	open_session read lab4 'exec sleep 600'
	port=${PORT[read]}
	count_calls watch --json
	for ((i = 0; i < KILL_ROUNDS * 5 / 2; i++)); do
		kill_randomly watch --json
		head -n -1 "$BATS_TEST_TMPDIR/said" | jq -e .event >/dev/null ||
			[[ $(wc -l <"$BATS_TEST_TMPDIR/said") -le 1 ]]
		is_whole
	done
	were_killed "$i"
	is_judged "$port"
	is_one_recorder
	is_gone
	left_nothing
}

@test "a keepalive that is killed leaves what was there, or what --undo puts back" {
	local -i i killed=0 kept=0
	local id options

	sshidle attach -p "$MARK_PORT"
	start_holder owner 1
	id=${NEAR_ID[0]}
	count_calls keepalive --path-timeout 3600s --survive 72h "$id"
	keepalive --undo "$id" >/dev/null
	for ((i = 0; i < KILL_ROUNDS * 5 / 2; i++)); do
		kill_randomly keepalive --path-timeout 3600s --survive 72h "$id"
		is_whole
		options=$(options_of "$id")
		if [[ $(session_of "$id" .keepalive.tcp.set_by_sshidle) == true ]]; then
			kept+=1
			keepalive --undo "$id" >/dev/null || fail "no undo after a kill at $AT"
		else
			equals "$options" "$DEFAULTS" \
				"options that nothing can undo after a kill at $AT"
		fi
		equals "$(options_of "$id")" "$DEFAULTS" "options in the end, after a kill at $AT"
		is_ours "$id" false
	done
	were_killed "$i"
	((kept > 0)) || fail "none was killed on its way"
	is_gone
	left_nothing
}

@test "an undo that is killed can be done again" {
	local -i i killed=0 half=0
	local id

	sshidle attach -p "$MARK_PORT"
	start_holder owner 1
	id=${NEAR_ID[0]}
	keepalive --path-timeout 3600s --survive 72h "$id" >/dev/null
	count_calls keepalive --undo "$id"
	for ((i = 0; i < KILL_ROUNDS * 2; i++)); do
		keepalive --path-timeout 3600s --survive 72h "$id" >/dev/null
		kill_randomly keepalive --undo "$id"
		if [[ $(session_of "$id" .keepalive.tcp.set_by_sshidle) == true ]]; then
			half+=1
			keepalive --undo "$id" >/dev/null || fail "no undo after a kill at $AT"
		fi
		equals "$(options_of "$id")" "$DEFAULTS" "options in the end, after a kill at $AT"
	done
	were_killed "$i"
	((half > 0 && half < i)) || fail "$half of $i were killed before the undo was done"
	is_gone
	left_nothing
}
