# SPDX-License-Identifier: GPL-2.0-only
# What people do in their sessions, at an even pace: none of it is taken for a keepalive.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

# More than the recorder's memory of eight bursts, of the slowest of them.
readonly LOOK_FOR_S=45
readonly TUNNEL_PORT=9001

setup_file()
{
	start_lab
	printf '[sshidle]\nwarn = 1%%\n' >"$WORK/conf"
	sshidle attach
}

teardown()
{
	end_jobs
}

# type_evenly NAME SECONDS TEXT: into the session's terminal, as printf has it, until the test ends
type_evenly()
{
	local fd=${TYPE_FD[$1]}

	while sleep "$2"; do
		# shellcheck disable=SC2059 # the format is what is wanted
		printf "$3" >&"$fd"
	done &
}

# Words of several keys, pauses as of a person who reads, thinks and reads again.
type_like_a_person()
{
	local fd=${TYPE_FD[$1]} word key pause

	while true; do
		for word in l,s,'\r' u,p,t,i,m,e,'\r' x '\177' '\r' c,d,' ',/,'\r'; do
			for key in ${word//,/ }; do
				# shellcheck disable=SC2059 # the format is what is wanted
				printf "$key" >&"$fd"
				sleep 0.2
			done
			for pause in 1.3 3.1 2.2 4.4; do
				((RANDOM % 4)) || break
			done
			sleep "$pause"
		done
	done &
}

# start_typed NAME COMMAND [SSH-OPTION...]: in a terminal
start_typed()
{
	can_type "$1"
	start_session "$1" lab4 "$2" -tt "${@:3}"
}

start_typing()
{
	start_typed person 'exec bash --norc -i'
	start_typed keys 'exec cat'
	start_typed compressed 'exec cat' -C
	start_typed enter 'exec bash --norc -i'
	start_typed command 'exec bash --norc -i'
	start_typed pager 'TERM=xterm exec less /usr/share/common-licenses/GPL-3'
	start_typed password 'stty -echo; exec cat'
	can_type chaff
	start_antiidle chaff 20 3000 'exec cat'
}

start_output()
{
	start_session loop lab4 'while date; do sleep 3; done'
	start_session top lab4 'TERM=xterm exec top -d 3' -tt
	start_session tail lab4 "log=$WORK/log; "': >"$log"
		while echo even; do sleep 3; done >"$log" & exec tail -f "$log"'
}

# A connection that the clients below share, so that its port is known.
start_master()
{
	start_session "$1" lab4 'exec sleep 600' -o ControlMaster=yes \
		-o "ControlPath=$BATS_TEST_TMPDIR/$1.sock" "${@:2}"
}

# through_master NAME COMMAND...: sftp, scp
through_master()
{
	"${LAB[@]}" exec client "$2" -q -F "$LAB_SSH_CONFIG" \
		-o "ControlPath=$BATS_TEST_TMPDIR/$1.sock" "${@:3}" >/dev/null 2>&1 3>&- &
}

start_transfers()
{
	local file=$BATS_TEST_TMPDIR/file

	head -c 4000000 /dev/urandom >"$file"
	start_master get
	start_master put
	start_master tunnel -L "$TUNNEL_PORT:127.0.0.1:$TUNNEL_PORT"
	found_session get
	found_session put
	found_session tunnel
	# The end of the first comes within the test: the client still reads what it holds.
	through_master get sftp -l 800 "lab4:$file" "$file.get"
	through_master put sftp -l 400 -b <(echo "put $file $file.put") lab4
	start_check
}

# A monitoring system's check through the tunnel, each time a connection.
start_check()
{
	"${LAB[@]}" exec server socat "TCP-LISTEN:$TUNNEL_PORT,fork,reuseaddr" EXEC:'echo ok' \
		3>&- &
	while sleep 3; do
		lab exec client socat -u "TCP:127.0.0.1:$TUNNEL_PORT" STDOUT
	done >/dev/null 2>&1 &
}

find_workloads()
{
	local name

	for name in "${!OUT[@]}"; do
		found_session "$name"
	done
	type_like_a_person person
	type_evenly keys 2.5 a
	type_evenly compressed 3.5 a
	type_evenly enter 3 '\r'
	type_evenly command 3 'date\r'
	type_evenly pager 3 ' '
	type_evenly password 2.5 a
	type_evenly chaff 5 a
	type_evenly kept 16 a
}

# Of every session of the lab at every look: end, client's port, whether an SSH keepalive is seen,
# its period, whether anything keeps the path, user idle, bytes, verdict, reason.
look_on()
{
	local -i end=$((SECONDS + LOOK_FOR_S))

	while ((SECONDS < end)); do
		sshidle list --json --path-timeout 1m |
			jq -r --arg server "$LAB_SERVER4" '.sessions[] |
			(if .local.address == $server then ["server", .peer.port]
			 elif .peer.address == $server then ["client", .local.port]
			 else empty end) +
			[.keepalive.ssh.seen, .keepalive.ssh.period_s // "-", .protected,
			 .idle.user_s, .bytes.received + .bytes.sent, .verdict, .reason] | @tsv'
		sleep 0.5
	done >"$BATS_TEST_TMPDIR/looks"
}

# looks_at END NAME AWK-PROGRAM: over what was seen of that end
looks_at()
{
	awk -F '\t' -v OFS='\t' -v end="$1" -v port="${PORT[$2]}" \
		"\$1 == end && \$2 == port { $3 }" "$BATS_TEST_TMPDIR/looks"
}

# is_no_keepalive NAME: at no look, at neither end; and it has done something
is_no_keepalive()
{
	local end taken

	for end in server client; do
		taken=$(looks_at "$end" "$1" \
			'if ($3 != "false" || $4 != "-" || $5 != "false") print')
		[[ -z $taken ]] || fail "$1 is taken for a keepalive: $taken" || return
	done
	(($(looks_at server "$1" 'print $7' | sort -un | wc -l) > 8)) ||
		fail "$1 has not spoken nine times: $(looks_at server "$1" 'print $7' | uniq |
			tr '\n' ' ')"
}

@test "typing, output, transfers, chaff and checks are no keepalive; one amid typing is" {
	local name

	start_typing
	start_output
	# At this period the tolerance is 0.75 s, by which a busy machine may be late.
	start_typed kept 'exec cat' -o ServerAliveInterval=6
	start_transfers
	find_workloads
	look_on
	for name in person keys compressed enter command pager password chaff loop top tail \
		get put tunnel; do
		is_no_keepalive "$name"
	done
	# One is seen from the third on, whatever is typed, and what is typed is seen beside it.
	[[ $(looks_at server kept 'print $3' | uniq | paste -sd ' ') =~ ^(false )?true$ ]] ||
		fail "the keepalive amid typing is lost: $(looks_at server kept 'print $3, $6, $9')"
	equals "$(looks_at server kept 'if ($3 == "true" && ($4 < 5.4 || $4 > 6.6)) print')" "" \
		"looks with another period"
	[[ -n $(looks_at server kept 'if ($6 < 3) print') ]] || fail "no key was seen"
	[[ -n $(looks_at server kept 'if ($6 > 7) print') ]] ||
		fail "the keepalive passes for a key"
}
