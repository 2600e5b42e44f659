# SPDX-License-Identifier: GPL-2.0-only
# Owners and clocks that namespaces hide: the records know, whatever the reader is shown.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

setup_file()
{
	start_lab --port "$MARK_PORT"
	sshidle attach -p "$MARK_PORT"
}

# unshare(1) waits for its child whatever signal tells it to end.
teardown()
{
	[[ -z ${PID[inside]-} ]] || kill -KILL "${PID[inside]}"
	end_jobs
}

# In namespaces of its own, where it is process 1, and which end with it; CONTAINER is the number
# that the program says.
start_contained_client()
{
	start_client "$1" exec client unshare --pid --mount --fork --kill-child --mount-proc -- \
		ssh -F none -i "$LAB_KEY" -p "$MARK_PORT" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$LAB_SERVER4" \
		"$TELL_PORT sleep 600"
	found_session "$1"
	CONTAINER=$(end_of client "${PORT[$1]}" .owners[0].pid)
}

# elsewhere COMMAND...: where the contained client is
elsewhere()
{
	nsenter --target "$CONTAINER" --pid --mount -- "$@"
}

@test "an owner in a pid namespace of its own has the number that the host gives it" {
	local owner

	start_contained_client inside
	owner=$(end_of client "${PORT[inside]}" '.owners[0] | "\(.comm) \(.user)"')
	equals "$owner" "ssh root" "the owner"
	equals "$(cat "/proc/$CONTAINER/comm")" ssh "the process $CONTAINER"
	equals "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$CONTAINER/status")" 1 \
		"its number in its namespace"
}

@test "a reader in that namespace sees its own session, and no other" {
	local seen

	open_session outside lab4 'sleep 600'
	start_contained_client inside
	seen=$(elsewhere "$SSHIDLE" list --json --run-dir "$RUN_DIR" --config "$WORK/conf" 3>&-)
	equals "$(jq -r '.sessions[] | "\(.role) \(.owners[0].pid) \(.owners[0].comm)"' \
		<<<"$seen")" "client $CONTAINER ssh" "sessions seen inside"
}

@test "keepalive in that namespace says that it takes the host" {
	start_contained_client inside
	run -1 --separate-stderr elsewhere "$SSHIDLE" keepalive --json --run-dir "$RUN_DIR" \
		--config "$WORK/conf" -p "$MARK_PORT" --path-timeout 3600s \
		"$(end_of client "${PORT[inside]}" .id)" 3>&-
	equals "$(jq -r '.changes[] | "\(.result) \(.reason)"' <<<"$output")" "failed inside a \
container the host's pids mean nothing: run it on the host" "the change"
}

# contained ARGS...: the program in a container of its own
contained()
{
	unshare --pid --mount --fork --mount-proc -- "$SSHIDLE" "$@" --run-dir "$RUN_DIR" \
		--config "$WORK/conf" 3>&-
}

@test "a container without a session is no host without one" {
	open_session outside lab4 'sleep 600'
	run -3 --separate-stderr contained check
	has "$output" "SSHIDLE UNKNOWN - this container has no SSH session, and cannot see those"
	run -1 --separate-stderr contained metrics
	one_sentence "this container has no SSH session, and cannot see those"
	run -0 --separate-stderr contained list
	has "$stderr" "this container has no SSH session, and those of the host are not seen in it"
	# One that looks for itself sees all that there is to see.
	sshidle detach
	run -0 --separate-stderr contained check --timeout 60s -p "$MARK_PORT"
	has "$output" "SSHIDLE OK - no SSH session in this container"
	sshidle attach -p "$MARK_PORT"
}

# without_proc COMMAND...: in a mount namespace whose /proc is empty
without_proc()
{
	unshare --mount sh -c 'mount -t tmpfs hidden /proc && exec "$@"' sh "$@" 3>&-
}

@test "a reader whose /proc is hidden sees all sessions, with the owners of the records" {
	local filter='[.sessions[] |
		{id, role, verdict, owner: .owners[0] | {pid, fd, comm, user}}]'
	local seen wanted

	open_session shown lab4 'sleep 600'
	wanted=$(sshidle list --json | jq -c "$filter | sort_by(.id)")
	seen=$(without_proc "$SSHIDLE" list --json --run-dir "$RUN_DIR" --config "$WORK/conf")
	equals "$(jq -c "$filter | sort_by(.id)" <<<"$seen")" "$wanted" "sessions without /proc"
	equals "$(jq -r '[.sessions[].owners[].tty] | unique | .[]' <<<"$seen")" null terminals
	run -0 without_proc "$SSHIDLE" check --run-dir "$RUN_DIR" --config "$WORK/conf"
	has "$output" "SSHIDLE OK"
}

@test "without a recorder it is the same" {
	start_contained_client inside
	sshidle detach
	equals "$(end_of client "${PORT[inside]}" '.owners[0] | "\(.pid) \(.comm)"' \
		-p "$MARK_PORT")" "$CONTAINER ssh" "the owner"
	run -0 without_proc "$SSHIDLE" list --json -p "$MARK_PORT" --run-dir "$RUN_DIR" \
		--config "$WORK/conf"
	equals "$(pick client "${PORT[inside]}" '.owners[0] | "\(.pid) \(.comm)"' <<<"$output")" \
		"$CONTAINER ssh" "the owner without /proc"
}

# In a time namespace that says this host began eleven days earlier than it did.
otherwhen()
{
	unshare --time --boottime 1000000 --fork -- "$SSHIDLE" "$@" --run-dir "$RUN_DIR" \
		--config "$WORK/conf" 3>&-
}

# of recorder.since, in seconds
since()
{
	date -d "$(jq -r .recorder.since <<<"$1")" +%s
}

@test "a reader in a time namespace finds the processes of owners, and tells this host's time" {
	local filter='[.sessions[] | {id, role, owners}] | sort_by(.id)'
	local seen now

	sshidle attach -p "$MARK_PORT" --replace
	open_session shown lab4 'sleep 600'
	seen=$(otherwhen list --json)
	now=$EPOCHSECONDS
	equals "$(jq -c "$filter" <<<"$seen")" "$(sshidle list --json | jq -c "$filter")" sessions
	has "$(jq -r '.sessions[].owners[].title' <<<"$seen")" "ssh -F"
	between "$(date -d "$(jq -r .time <<<"$seen")" +%s)" "$now" "$now" 60 "its time"
	between "$(since "$seen")" "$(since "$(sshidle list --json)")" "$now" 1 "the recorder's"
}

@test "a recorder that was attached in a time namespace began when it did" {
	otherwhen attach -p "$MARK_PORT" --replace
	between "$(since "$(sshidle list --json)")" "$EPOCHSECONDS" "$EPOCHSECONDS" 60 \
		"the recorder's time"
}
