# SPDX-License-Identifier: GPL-2.0-only
# What can end a session, what keeps it, and what to do, of real sessions of a real sshd.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games
readonly OTHER_PORT=2201

setup_file()
{
	start_lab \
		--sshd-config 'ClientAliveInterval 3' --sshd-config 'ClientAliveCountMax 4' \
		--sshd-config 'UnusedConnectionTimeout 90' --sshd-config 'LoginGraceTime 1h' \
		--sshd-config 'ChannelTimeout session:*=20m x11-connection=1m' \
		--sshd-config 'SetEnv TMOUT=600' --sshd-config "Include $WORK/included" \
		--sshd-config 'Match User alice' --sshd-config 'ClientAliveInterval 300' \
		--sshd-config 'ClientAliveCountMax 2' --sshd-config 'ChannelTimeout session:*=40m'
	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	sshidle attach -p "22,$OTHER_PORT" --group "$GROUP"
	lab exec server nft -f - <<-RULES
	table inet tracked {
		chain output {
			type filter hook output priority filter; policy accept;
			ct state established accept
		}
	}
	RULES
}

# Overrides start_lab(): what sshd includes must be there before it starts.
start_lab()
{
	sweep || return
	mkdir -m 0755 "$WORK"
	: >"$WORK/included"
	: >"$WORK/conf"
	[[ -x $SSHIDLE ]] || fail "there is no $SSHIDLE: run make test-build" || return
	lab up --timeout 3600 "$@"
}

teardown()
{
	lab unblock
	empty_include
	# What waits for a container's end heeds no other signal.
	[[ -z ${PID[container]-} ]] || kill -KILL "${PID[container]}" || true
	end_jobs
	[[ -z ${scope-} ]] || wait_until 20 rmdir "$scope"
	[[ $(lab facts) == *LAB_SSHD_PID=[0-9]* ]] || lab sshd start
}

empty_include()
{
	rm -f "$WORK/included"
	: >"$WORK/included"
}

# explain_end server|client PORT [EXPLAIN-OPTION...]: its JSON into $json
explain_end()
{
	id=$(end_of "$1" "$2" .id) || return
	json=$(sshidle explain --json "${@:3}" "$id")
}

# says FILTER: of the session in $json
says()
{
	ask_json -r ".sessions[0] | $1" <<<"$json"
}

# limit NAME FILTER: of the limit in $json
limit()
{
	says "[.limits[] | select(.name == \"$1\")] | if length == 1 then .[0] else
		error(\"\(length) limits $1\") end | $2"
}

# is_off NAME NOTE, is_unreadable NAME NOTE
is_off()
{
	equals "$(limit "$1" '"\(.readable) \(.condition) \(.value_s) \(.note)"')" \
		"true null null $2" "limit $1"
}

is_unreadable()
{
	equals "$(limit "$1" '"\(.readable) \(.condition) \(.value_s)"')" "false null null" \
		"limit $1" && has "$(limit "$1" .note)" "$2"
}

# whole NAME FILTER: in whole seconds
whole()
{
	limit "$1" "$2 | floor"
}

# open_shell NAME HOST: a session with a terminal, whose shell waits at its prompt
open_shell()
{
	can_type "$1"
	open_session "$1" "$2" 'exec bash -i' -tt
}

@test "every limit has its value, its source and its time, the soonest first" {
	local listener keepalive=7875

	open_shell all lab4
	explain_end server "${PORT[all]}" --path-timeout 350s
	listener="sshd -T of pid $LAB_SSHD_PID"

	equals "$(limit 'path timeout' '"\(.value_s) \(.condition) \(.source)"')" \
		"350 if nothing is sent --path-timeout" "path timeout"
	between "$(whole 'path timeout' .fires_in_s)" 320 350 0 "seconds to the cut"
	equals "$(limit ChannelTimeout '"\(.value_s) \(.condition) \(.source) \(.note)"')" \
		"1200 without user data $listener session:*=20m x11-connection=1m" ChannelTimeout
	between "$(whole ChannelTimeout .fires_in_s)" 1170 1200 0 "seconds of the channel"
	equals "$(limit UnusedConnectionTimeout '"\(.value_s) \(.fires_in_s) \(.after_s)"')" \
		"90 null 90" UnusedConnectionTimeout
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.fires_in_s) \(.source)"')" \
		"12 null $listener" ClientAliveInterval
	equals "$(limit 'TCP keepalive' '"\(.value_s) \(.after_s) \(.source)"')" \
		"$keepalive $keepalive the socket, 7200/75/9" "TCP keepalive"
	equals "$(limit 'TCP retransmission' '"\(.value_s) \(.condition) \(.source)"')" \
		"924.6 after unanswered data tcp_retries2 = 15" "TCP retransmission"
	is_off TCP_USER_TIMEOUT "not set"
	is_off LoginGraceTime "logged in"
	is_off StopIdleSessionSec "no session of logind"

	# Those whose time runs, then those that wait, then those that are off.
	says '[.limits[] | if .fires_in_s then [0, .fires_in_s] elif .after_s then [1, .after_s]
		elif .readable then [2, 0] else [3, 0] end] | . == sort' | grep -qx true
}

@test "a Match block for the user is honoured, by names of sshd's own mount namespace" {
	local factor=1

	! sshd_doubles || factor=2
	open_session match alice4 'sleep 600'
	explain_end server "${PORT[match]}"
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.after_s)"')" \
		"600 $((300 * factor * 3))" "alice's ClientAliveInterval"
	equals "$(limit ChannelTimeout .value_s)" 2400 "alice's ChannelTimeout"
	equals "$(says '.keepers[] | select(.name == "SSH keepalive") |
		"\(.from) \(.period_s) \(.configured_s)"')" "us null 300" "alice's keepalive"
}

@test "what ClientAliveInterval really does is measured against what it is set to" {
	local keeper period

	open_session measured lab4 'sleep 600'
	wait_until 60 holds server "${PORT[measured]}" '.keepalive.ssh.seen'
	explain_end server "${PORT[measured]}"
	keeper=$(says '.keepers[] | select(.name == "SSH keepalive")')
	equals "$(jq -r '"\(.from) \(.configured_s)"' <<<"$keeper")" "us 3" keeper
	period=$(jq '.period_s | round' <<<"$keeper")
	if sshd_doubles; then
		equals "$period" 6 "seconds between two of sshd's messages"
		equals "$(jq -r .note <<<"$keeper")" "ClientAliveInterval is 3 s, seen every 6 s: \
OpenSSH 9.2 to 9.4 doubles ClientAliveInterval" note
	else
		between "$period" 3 4 0 "seconds between two of sshd's messages"
	fi
	equals "$(says .mend)" "nothing: the path is kept open" mend
	equals "$(limit 'path timeout' '"\(.fires_in_s) \(.condition)"')" \
		"null after its keepalive stops" "path timeout"
}

@test "an unresponsive peer is cut when explain says so" {
	local -i start after_ms

	open_session stopped lab4 'sleep 600'
	explain_end server "${PORT[stopped]}"
	after_ms=$(limit ClientAliveInterval '.after_s * 1000 | round')
	kill -STOP "${PID[stopped]}"
	start=$(now_ms)
	wait_until $((after_ms / 1000 + 30)) is_not_listed server "${PORT[stopped]}"
	kill -CONT "${PID[stopped]}"
	# sshd counts whole seconds, and the last answer came before the stop.
	between $(($(now_ms) - start)) $((after_ms - 5000)) "$after_ms" 3000 \
		"ms until sshd ended it"
}

# leads_its_group PATTERN: as a shell lets its job, once it has started it
leads_its_group()
{
	local pid

	pid=$(pgrep -f "$1" | head -n 1) && [[ $pid ]] && pgrep -g "$pid" -f "$1"
}

@test "TMOUT is read where the shell was started with it, and runs at its prompt" {
	open_shell tmout lab4
	explain_end server "${PORT[tmout]}"
	equals "$(limit TMOUT '"\(.value_s) \(.condition)"')" "600 if nobody types" TMOUT
	has "$(limit TMOUT .source)" "environ of bash "
	between "$(whole TMOUT .fires_in_s)" 570 600 0 "seconds of TMOUT"

	type_in tmout 'sleep 317'
	wait_until 20 leads_its_group '^sleep 317$'
	explain_end server "${PORT[tmout]}"
	equals "$(limit TMOUT '"\(.value_s) \(.fires_in_s) \(.condition)"')" \
		"600 null after its next prompt" "TMOUT while a command runs"
}

@test "TMOUT counts where bash is called sh, and is not denied where a shell is busybox" {
	ln -s /bin/bash "$WORK/sh"
	ln -s "$(command -v busybox)" "$WORK/ash"
	can_type named
	open_session named lab4 "exec $WORK/sh -i" -tt
	explain_end server "${PORT[named]}"
	equals "$(limit TMOUT .value_s)" 600 "TMOUT of a bash called sh"
	can_type boxed
	open_session boxed lab4 "exec $WORK/ash -i" -tt
	explain_end server "${PORT[boxed]}"
	is_unreadable TMOUT "whether this 'ash' heeds TMOUT"
}

@test "TMOUT still counts where an upgrade replaced the shell's file" {
	cp /bin/bash "$WORK/bash"
	can_type upgraded
	open_session upgraded lab4 "exec $WORK/bash -i" -tt
	rm "$WORK/bash"
	explain_end server "${PORT[upgraded]}"
	equals "$(limit TMOUT .value_s)" 600 "TMOUT of a bash that was upgraded"
}

@test "TMOUT is no limit of a command, and unreadable where the environment has none" {
	open_session command lab4 'sleep 600'
	explain_end server "${PORT[command]}"
	is_off TMOUT "a command without a terminal"

	can_type unset
	open_session unset lab4 'exec env -u TMOUT bash -i' -tt
	explain_end server "${PORT[unset]}"
	is_unreadable TMOUT "is not visible"

	can_type dash
	open_session dash lab4 'exec dash -i' -tt
	explain_end server "${PORT[dash]}"
	is_off TMOUT "'dash' knows no TMOUT"
}

@test "the local conntrack entry counts down, and there is none where nothing is tracked" {
	local -i by_conntrack

	open_session tracked lab4 'sleep 600'
	explain_end server "${PORT[tracked]}"
	by_conntrack=$(lab exec server conntrack -L -p tcp --orig-port-src "${PORT[tracked]}" \
		2>/dev/null | awk '{ print $3 }')
	between "$(whole 'local conntrack' .fires_in_s)" "$by_conntrack" "$by_conntrack" 5 \
		"seconds of the entry"
	equals "$(limit 'local conntrack' '"\(.value_s) \(.condition)"')" \
		"432000 if nothing is sent" "local conntrack"
	has "$(limit 'local conntrack' .note)" "nf_conntrack_tcp_loose 1"

	open_session tracked6 lab6 'sleep 600'
	explain_end server "${PORT[tracked6]}"
	between "$(whole 'local conntrack' .fires_in_s)" 431900 432000 0 "seconds of the IPv6 entry"

	explain_end client "${PORT[tracked]}"
	is_off "local conntrack" "this host does not track it"
}

@test "sysctls are those of the session's own network namespace" {
	open_session sysctl lab4 'sleep 600'
	lab exec server sysctl -qw net.ipv4.tcp_retries2=8
	explain_end server "${PORT[sysctl]}"
	lab exec server sysctl -qw net.ipv4.tcp_retries2=15
	equals "$(limit 'TCP retransmission' '"\(.value_s) \(.source)"')" "102.2 tcp_retries2 = 8" \
		"TCP retransmission"
	explain_end client "${PORT[sysctl]}"
	equals "$(limit 'TCP retransmission' .value_s)" 924.6 "TCP retransmission of the client"
}

@test "unanswered data counts down, and the dead are to be ended" {
	open_session dead lab4 "$(waits_for dead); echo answer me; sleep 600"
	wait_until 30 is_silent_for 1 "${PORT[dead]}"
	lab block
	go_on dead
	wait_until 60 holds server "${PORT[dead]}" '.verdict == "dead"'
	explain_end server "${PORT[dead]}"
	equals "$(limit 'TCP retransmission' .condition)" "if nothing is answered" condition
	between "$(whole 'TCP retransmission' .fires_in_s)" 850 924 0 "seconds of retransmission"
	has "$(says .mend)" "end it: the peer has gone"
}

@test "a client has limits of its own" {
	open_session client lab4 'sleep 600' -o ServerAliveInterval=15 -oServerAliveCountMax=4
	explain_end client "${PORT[client]}"
	equals "$(limit ServerAliveInterval '"\(.value_s) \(.after_s) \(.source)"')" \
		"60 75 command line of ${PID[client]}" ServerAliveInterval
	is_unreadable "the server's own limits" "run sshidle explain there"
	has "$(says .mend)" "--for ssh"
	equals "$(says '[.limits[].name] | index("ClientAliveInterval")')" null "a server's limit"

	open_session plain lab4 'sleep 600'
	explain_end client "${PORT[plain]}"
	is_unreadable ServerAliveInterval "Match exec"
}

@test "who has not logged in is cut by LoginGraceTime" {
	lab exec client socat -u "TCP4:$LAB_SERVER4:22,sourceport=41999" /dev/null 3>&- &
	wait_until 20 is_listed server 41999
	explain_end server 41999
	equals "$(limit LoginGraceTime '"\(.value_s) \(.condition)"')" "3600 if nobody logs in" \
		LoginGraceTime
	between "$(whole LoginGraceTime .fires_in_s)" 3560 3600 0 "seconds of LoginGraceTime"
	is_off ClientAliveInterval "nobody has logged in"
}

# listen_elsewhere NAME COMMAND...: in the namespaces of the lab's sshd
listen_elsewhere()
{
	nsenter --target "$LAB_SSHD_PID" --mount --net --root -- "${@:2}" \
		</dev/null >"$BATS_TEST_TMPDIR/$1.log" 2>&1 3>&- &
	PID[$1]=$!
	wait_until 20 is_listening_elsewhere
}

is_listening_elsewhere()
{
	[[ -n $(lab exec server ss -tlnH "sport = :$OTHER_PORT") ]]
}

# write_config FILE: of a listener on OTHER_PORT
write_config()
{
	sed "/^Include/d;/^Port/d;/^PidFile/d;s/^ClientAliveInterval 3$//" "$LAB_SSHD_CONFIG" >"$1"
	chmod 0644 "$1"
}

@test "a server that is no sshd is named, and is not said to start one" {
	listen_elsewhere socat socat "TCP4-LISTEN:$OTHER_PORT,fork,reuseaddr" PIPE
	lab exec client socat -u "TCP4:$LAB_SERVER4:$OTHER_PORT,sourceport=41998" /dev/null 3>&- &
	wait_until 20 is_listed server 41998
	explain_end server 41998
	is_unreadable ClientAliveInterval "'socat' listens on port $OTHER_PORT: it is not sshd"
}

@test "the listener's own -f, -h and -o are taken, blanks and all" {
	write_config "$WORK/my own config"
	sed -i 's,^HostKey .*,HostKey /nowhere,' "$WORK/my own config"
	listen_elsewhere listener /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/my own config" \
		-h "$LAB_STATE/host_key" -o "ClientAliveInterval 77" -o PidFile=none
	open_session other lab4 'sleep 600' -p "$OTHER_PORT"
	explain_end server "${PORT[other]}"
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.source)"')" \
		"$((77 * 4)) sshd -T of pid ${PID[listener]}" ClientAliveInterval
}

@test "of two listeners on a port the one on the session's address is asked" {
	write_config "$WORK/address"
	sed -i '/^ListenAddress/d' "$WORK/address"
	listen_elsewhere local /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/address" \
		-o ListenAddress=127.0.0.1 -o ClientAliveInterval=55 -o PidFile=none
	listen_elsewhere before /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/address" \
		-o "ListenAddress=$LAB_SERVER4" -o PidFile=none
	open_session address lab4 'sleep 600' -p "$OTHER_PORT"
	kill "${PID[before]}"
	wait "${PID[before]}" || true
	# The other stands before it in /proc.
	listen_elsewhere now /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/address" \
		-o "ListenAddress=$LAB_SERVER4" -o ClientAliveInterval=66 -o PidFile=none
	wait_until 20 is_listening_at "$LAB_SERVER4"
	explain_end server "${PORT[address]}"
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.source)"')" \
		"$((66 * 4)) sshd -T of pid ${PID[now]}, started since" ClientAliveInterval
}

is_listening_at()
{
	[[ -n $(lab exec server ss -tlnH "src = $1 and sport = :$OTHER_PORT") ]]
}

@test "an sshd with a long list of users is asked too" {
	write_config "$WORK/users"
	# Behind a Match they would be no settings of this session.
	{ printf 'AllowUsers root user%d\n' {1..3000}; cat "$WORK/users"; } >"$WORK/many"
	listen_elsewhere users /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/many" \
		-o ClientAliveInterval=77 -o PidFile=none
	open_session users lab4 'sleep 600' -p "$OTHER_PORT"
	explain_end server "${PORT[users]}"
	equals "$(limit ClientAliveInterval .value_s)" $((77 * 4)) ClientAliveInterval
}

# contain NAME: a listener on OTHER_PORT as root of a user namespace, with a mount and a pid
# namespace of its own. Its configuration and its key are where nobody outside can see them.
contain()
{
	write_config "$WORK/config"
	install -m 0755 "$BATS_TEST_DIRNAME/contained" "$WORK/contained"
	unshare --user -- sleep 600 3>&- &
	PID[users]=$!
	wait_until 20 is_other_user_namespace
	echo "0 100000 65536" >"/proc/${PID[users]}/uid_map"
	echo "0 100000 65536" >"/proc/${PID[users]}/gid_map"
	listen_elsewhere "$1" nsenter --user --target "${PID[users]}" --setuid 0 --setgid 0 -- \
		unshare --pid --mount --uts --ipc --fork --kill-child --mount-proc -- \
		bash "$WORK/contained" "$WORK/config" "$OTHER_PORT"
}

is_other_user_namespace()
{
	[[ ! /proc/self/ns/user -ef /proc/${PID[users]}/ns/user ]]
}

@test "a listener in a container is asked in its namespaces, as what it is there" {
	contain container
	open_session inside alice4 'sleep 600' -p "$OTHER_PORT" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null
	explain_end server "${PORT[inside]}"
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.source)"')" \
		"600 sshd -T of pid $(pgrep -f "^sshd: /usr/sbin/sshd -D -p $OTHER_PORT")" \
		"ClientAliveInterval of the alice that is there"
	equals "$(limit UnusedConnectionTimeout .value_s)" 777 "a setting of that listener alone"
}

# put_in_scope PID: where a session of logind would be; the folder is in $scope
put_in_scope()
{
	local mount path

	# Of several hierarchies the last: cgroup2, where there is one.
	path=$(tail -n 1 "/proc/$1/cgroup" | cut -d : -f 3)
	mount=$(findmnt -rno TARGET -t cgroup2 | head -n 1)
	scope=$mount${path%/}/session-$LAB_NAME.scope
	mkdir -p "$scope"
	echo "$1" >"$scope/cgroup.procs"
}

@test "StopIdleSessionSec is that of the running logind, and counts from the terminal" {
	local listener owner

	write_config "$WORK/config"
	install -m 0755 "$BATS_TEST_DIRNAME/with-logind" "$WORK/with-logind"
	listen_elsewhere container unshare --mount --ipc --pid --fork --kill-child -- \
		bash "$WORK/with-logind" 900 /usr/sbin/sshd -D -p "$OTHER_PORT" -f "$WORK/config" \
		-o PidFile=none
	listener=$(pgrep -f "^sshd: /usr/sbin/sshd -D -p $OTHER_PORT")
	can_type logind
	open_session logind lab4 'exec bash -i' -tt -p "$OTHER_PORT"
	id=$(end_of server "${PORT[logind]}" .id)
	owner=$(end_of server "${PORT[logind]}" '.owners[0].pid')
	put_in_scope "$owner"
	# The recorder's files are not mounted there.
	json=$(nsenter --target "$listener" --mount -- "$SSHIDLE" explain --json \
		--run-dir "$WORK/none" --config "$WORK/conf" -p "$OTHER_PORT" "$id" 3>&-)
	equals "$(limit StopIdleSessionSec '"\(.value_s) \(.condition) \(.source)"')" \
		"900 if nobody types logind, session $LAB_NAME" StopIdleSessionSec
	between "$(whole StopIdleSessionSec .fires_in_s)" 860 900 0 "seconds of logind"
	# From elsewhere it would be another logind that is asked.
	explain_end server "${PORT[logind]}"
	is_unreadable StopIdleSessionSec "that of another mount namespace"
}

@test "an sshd for each connection has lost its command line" {
	listen_elsewhere socat socat "TCP4-LISTEN:$OTHER_PORT,reuseaddr,fork" \
		"EXEC:/usr/sbin/sshd -i -f $LAB_SSHD_CONFIG -E $LAB_SSHD_LOG,nofork"
	open_session inetd lab4 'sleep 600' -p "$OTHER_PORT"
	explain_end server "${PORT[inetd]}"
	is_unreadable ClientAliveInterval "'socat' listens on port $OTHER_PORT"
}

@test "where the listener was started anew, the one of now is asked and said to be so" {
	open_session older lab4 'sleep 600'
	lab sshd stop
	explain_end server "${PORT[older]}"
	is_unreadable ClientAliveInterval "no sshd listens on its address and port 22 any more"
	lab sshd start
	eval "$(lab facts)"
	explain_end server "${PORT[older]}"
	equals "$(limit ClientAliveInterval '"\(.value_s) \(.source)"')" \
		"12 sshd -T of pid $LAB_SSHD_PID, started since" ClientAliveInterval
}

@test "an sshd -T that hangs holds nothing up" {
	local -i start

	open_session hangs lab4 'sleep 600'
	rm "$WORK/included"
	mkfifo "$WORK/included"
	start=$SECONDS
	explain_end server "${PORT[hangs]}"
	((SECONDS - start < 30))
	is_unreadable ClientAliveInterval "sshd -T did not end within 5 s"
	equals "$(limit 'TCP keepalive' .value_s)" 7875 "another limit"
	wait_until 10 no_test_runs
}

no_test_runs()
{
	! pgrep -f "/usr/sbin/sshd -T .*$LAB_SSHD_CONFIG"
}

@test "what sshd -T complains of is told" {
	open_session wrong lab4 'sleep 600'
	printf 'Wrong\e[31m yes\n' >"$WORK/included"
	explain_end server "${PORT[wrong]}"
	is_unreadable ClientAliveInterval "sshd -T failed: "
	! grep -q $'\e' <<<"$json" || fail "control bytes in: $json"
}

is_asking()
{
	pgrep -f "/usr/sbin/sshd -T .*$LAB_SSHD_CONFIG" >"$BATS_TEST_TMPDIR/asking"
}

@test "a session that ends meanwhile is explained as far as it could be read" {
	local -i pid status=0

	open_session ends lab4 'sleep 600'
	id=$(end_of server "${PORT[ends]}" .id)
	rm "$WORK/included"
	mkfifo "$WORK/included"
	sshidle explain --json "$id" >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	wait_until 20 is_asking
	kill "${PID[ends]}"
	wait_until 20 is_not_listed server "${PORT[ends]}"
	echo >"$WORK/included"
	wait "$pid" || status=$?
	equals "$status" 0 "exit status, after: $(<"$BATS_TEST_TMPDIR/err")"
	json=$(<"$BATS_TEST_TMPDIR/json")
	equals "$(says .session.id)" "$id" session
	equals "$(limit ClientAliveInterval .value_s)" 12 ClientAliveInterval
	is_unreadable StopIdleSessionSec "has gone"
}

# as_member COMMAND...: of the recorder's group, without any privilege
as_member()
{
	setpriv --reuid nobody --regid "$GROUP" --clear-groups --inh-caps=-all --bounding-set=-all \
		--no-new-privs -- "$WORK/sshidle" "$1" --run-dir "$RUN_DIR" --config "$WORK/conf" \
		"${@:2}" 3>&-
}

@test "a member of the group is shown less, and why" {
	open_shell member lab4
	id=$(end_of server "${PORT[member]}" .id)
	run -0 --separate-stderr as_member explain --json --path-timeout 350s "$id"
	equals "$stderr" "" stderr
	json=$output
	equals "$(limit 'path timeout' .value_s)" 350 "path timeout"
	equals "$(limit 'TCP keepalive' .value_s)" 7875 "TCP keepalive"
	is_unreadable ClientAliveInterval "it takes root to run sshd -T as pid $LAB_SSHD_PID does"
	is_unreadable "TCP retransmission" "it takes root to enter its network namespace"
	is_unreadable "local conntrack" "it takes root to enter its network namespace"
	is_unreadable TMOUT "/environ is for its user and root"
	is_off StopIdleSessionSec "no session of logind"
	has "$(says .mend)" "as root: sshidle keepalive --run-dir $RUN_DIR --config $WORK/conf \
--path-timeout 350s $id"

	run -0 --separate-stderr as_member explain "$id"
	equals "$stderr" "" stderr
	has "$output" "Unknown:"
}

@test "JSON always has every key, of several sessions and both ends" {
	local listed paths='.owners |= .[:1] | [paths | tostring] | sort'

	open_shell keys lab4
	id=$(end_of server "${PORT[keys]}" .id)
	json=$(sshidle explain --json "$id" "$(end_of client "${PORT[keys]}" .id)")
	validates explain <<<"$json"
	equals "$(jq '.sessions | length' <<<"$json")" 2 sessions
	jq -e '[.sessions[].limits[] | .name == "local conntrack" or
		(.condition == null) == (.value_s == null)] | all' <<<"$json"

	# A fork that has not closed it yet may be the owner of a moment.
	listed=$(sshidle list --json "$id" | jq -c ".sessions[0] | $paths")
	equals "$(says ".session | $paths | tostring")" "$listed" "keys as list has them"
}

@test "the text fits 80 columns of a terminal and says it all" {
	local screen

	open_shell text lab6
	id=$(end_of server "${PORT[text]}" .id)
	screen=$(script -qec "stty cols 80; exec $SSHIDLE explain --run-dir $RUN_DIR --config \
$WORK/conf --path-timeout aws-nat-gateway $id" /dev/null </dev/null | tr -d '\r')
	echo "$screen"
	(($(wc -L <<<"$screen") <= 80))
	has "$screen" "Session: $id, root, server ["
	grep -qE '^LIMIT +VALUE ENDS IT +READ FROM$' <<<"$screen"
	grep -qE '^path timeout +5m50s in [0-9ms]+ if nothing is sent +--path-timeout' <<<"$screen"
	grep -qE '^TMOUT +10m00s in [0-9ms]+ if nobody types +environ of bash' <<<"$screen"
	has "$screen" "Off:     LoginGraceTime (logged in), "
	has "$screen" "Keepers: TCP keepalive from us every 7200 s, slower than the path"
	has "$(tr -s '[:space:]' ' ' <<<"$screen")" "Mend: sshidle keepalive --run-dir $RUN_DIR \
--config $WORK/conf --path-timeout aws-nat-gateway $id; "
}

@test "a copy is explained as far as it tells, by anybody" {
	open_session copy lab4 'sleep 600'
	id=$(end_of server "${PORT[copy]}" .id)
	cat "$RUN_DIR/sessions" >"$WORK/copy"
	chmod 0644 "$WORK/copy"
	run -0 --separate-stderr as_member explain --json --from "$WORK/copy" "$id"
	json=$output
	equals "$(limit 'TCP keepalive' .value_s)" 7875 "TCP keepalive"
	is_unreadable ClientAliveInterval "a copy of the records does not hold it"
	has "$(says .mend)" "on its host, as root: sshidle keepalive $id"
}

@test "names that others chose do no harm" {
	local evil=$'e\e[31m\xff\'"$(id)'

	cp /usr/bin/ssh "$WORK/$evil"
	nsenter --net="/run/netns/$LAB_CLIENT_NS" -- "$WORK/$evil" -F "$LAB_SSH_CONFIG" lab4 \
		'echo "$SSH_CONNECTION"; sleep 600' </dev/null >"$BATS_TEST_TMPDIR/evil.out" 2>&1 \
		3>&- &
	# shellcheck disable=SC2034 # for found_session
	OUT[evil]=$BATS_TEST_TMPDIR/evil.out
	found_session evil
	explain_end client "${PORT[evil]}"
	is_unreadable ServerAliveInterval "is not ssh"
	run -0 --separate-stderr sshidle explain "$id"
	! grep -q $'\e' <<<"$output$json" || fail "control bytes in: $output$json"
	iconv -f utf-8 -t utf-8 <<<"$output$json" >/dev/null
}

@test "no such session is 1, wrong usage is 2" {
	run -1 --separate-stderr sshidle explain 18446744073709551615
	one_sentence "no session '18446744073709551615'"
	run -1 --separate-stderr sshidle explain pid:1
	one_sentence "no session 'pid:1'"
	run -2 --separate-stderr sshidle explain
	one_sentence "explain needs a SESSION" "pid:N"
	run -2 --separate-stderr sshidle explain --json
	one_sentence "explain needs a SESSION"
	run -2 --separate-stderr sshidle explain one
	one_sentence "'one' is no session"
	run -2 --separate-stderr sshidle explain --path-timeout soon 1
	one_sentence soon
}

@test "a session is found by the pid of any owner, and without a recorder" {
	local pid

	open_session pid alice4 'sleep 600'
	wait_until 20 holds server "${PORT[pid]}" '.owners | length == 2'
	id=$(end_of server "${PORT[pid]}" .id)
	for pid in $(end_of server "${PORT[pid]}" '.owners[].pid'); do
		json=$(sshidle explain --json --run-dir "$WORK/none" "pid:$pid")
		equals "$(says .session.id)" "$id" "session of $pid"
		equals "$(limit ClientAliveInterval .value_s)" 600 "ClientAliveInterval of $pid"
	done
}
