# SPDX-License-Identifier: GPL-2.0-only
# What the files of the root ring share: a lab and a run directory of their own, sessions, waiting.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the tests

bats_require_minimum_version 1.5.0

export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
TOP=${SSHIDLE_TOP:-$(realpath "$BATS_TEST_DIRNAME/../..")}
SSHIDLE=$TOP/build/sshidle
# The root ring counts which lines run, but not of what is killed: it might be killed at that.
PLAIN=$SSHIDLE
[[ $BATS_TEST_DIRNAME != */root ]] || SSHIDLE=$TOP/build/coverage/sshidle
# Named after the file and the tree, so that neither two files nor two trees clash.
FILE_NAME=$(basename "$BATS_TEST_FILENAME" .bats)
TREE_ID=$(cksum <<<"$TOP" | cut -d ' ' -f 1)
LAB_NAME=t-$FILE_NAME-$((TREE_ID % 10000))
LAB=("$TOP/scripts/nat-lab" --name "$LAB_NAME")
# Not in BATS_FILE_TMPDIR, which is closed to users without privilege.
WORK=/tmp/sshidle-test-$LAB_NAME
RUN_DIR=$WORK/run
# A port that nobody but this file watches tells its programs in the kernel from those of others.
MARK_PORT=$((20000 + $(cksum <<<"$LAB_NAME" | cut -d ' ' -f 1) % 10000))
# The process of a session, since OpenSSH 9.8 a program of its own.
SSHD_COMM=sshd
[[ ! -e /usr/lib/openssh/sshd-session ]] || SSHD_COMM=sshd-session

declare -gA PORT PID OUT TYPE_FD
# What setup_file() starts lasts for all tests of the file.
SCRATCH=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}
# The first line that a session prints: the peer's address and port, then ours.
# shellcheck disable=SC2016 # for the remote shell
readonly TELL_PORT='echo "$SSH_CONNECTION"; '

# --- words ---

fail()
{
	echo "$*" >&2
	return 1
}

# equals GOT WANTED WHAT
equals()
{
	[[ $1 == "$2" ]] || fail "$3: is '$1', should be '$2'"
}

# has TEXT PART
has()
{
	[[ $1 == *"$2"* ]] || fail "'$1' does not say '$2'"
}

# between VALUE LOW HIGH SLACK WHAT: whole numbers
between()
{
	[[ $1 =~ ^-?[0-9]+$ ]] || fail "$5: '$1' is no number" || return
	(($1 >= $2 - $4 && $1 <= $3 + $4)) || fail "$5: $1 is not within $2 and $3, give or take $4"
}

# After "run --separate-stderr": exactly one sentence on stderr, nothing on stdout.
# one_sentence PART...
one_sentence()
{
	local part

	# shellcheck disable=SC2154 # set by run
	equals "${#stderr_lines[@]}" 1 "lines on stderr, which says: $stderr" &&
		[[ $stderr == 'sshidle: '?* ]] || fail "no sentence of sshidle: $stderr" || return
	[[ -z $output ]] || fail "stdout is not empty: $output" || return
	for part; do
		has "$stderr" "$part" || return
	done
}

now_ms()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# wait_until SECONDS COMMAND...: time may pass, but only the bound makes a test fail.
wait_until()
{
	local -i end=$((SECONDS + $1))

	until "${@:2}" 2>/dev/null; do
		if ((SECONDS > end)); then
			echo "after $1 s still not: ${*:2}" >&2
			"${@:2}" || true
			return 1
		fi
		sleep 0.1
	done
}

# --- the lab, and what is ours on the host ---

lab()
{
	"${LAB[@]}" "$@" 3>&-
}

# remember_for SECONDS: the NAT, and no longer
remember_for()
{
	lab exec router sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established="$1"
}

# Chosen by the command, so that no test touches the host's own recorder or configuration.
sshidle()
{
	local -a ours=()

	case $1 in
	list | attach | explain | advise | check | metrics | watch)
		ours=(--run-dir "$RUN_DIR" --config "$WORK/conf")
		;;
	detach | status | history) ours=(--run-dir "$RUN_DIR") ;;
	esac
	"$SSHIDLE" "$1" "${ours[@]}" "${@:2}" 3>&-
}

# Removes the work folder, also that of a run that crashed.
sweep()
{
	local target

	[[ -e $WORK || -L $WORK ]] || return 0
	[[ -d $WORK && ! -L $WORK && -O $WORK ]] || fail "$WORK is not a folder of root's" || return
	while read -r target; do
		umount "$target" || return
	done < <(awk -v top="$WORK/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo |
		sort -r)
	rm -rf --one-file-system "$WORK"
}

# make_work: for setup_file of a file that needs no lab
make_work()
{
	((EUID == 0)) || fail "the root ring needs root" || return
	[[ -x $SSHIDLE ]] || fail "there is no $SSHIDLE: run make test-build" || return
	sweep || return
	mkdir -m 0755 "$WORK"
	: >"$WORK/conf"
}

# start_lab [NAT-LAB-UP-ARGS...]: for setup_file
start_lab()
{
	make_work || return
	# No session is forgotten in the middle of a test unless that is what it is about.
	lab up --timeout 3600 "$@"
}

# start_own_lab GROUP [NAT-LAB-UP-ARGS...]: where only this file's sessions have its port, so that
# their number is known, with a recorder that GROUP may read and a program that everybody can reach
start_own_lab()
{
	start_lab --port "$MARK_PORT" "${@:2}" || return
	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	sshidle attach -p "$MARK_PORT" --group "$1"
}

none_is_left()
{
	equals "$(sshidle list --json | jq .summary.sessions)" 0 sessions
}

teardown_file()
{
	local -i status=0

	[[ ! -d $RUN_DIR ]] || sshidle detach || status=1
	lab down || status=1
	sweep || status=1
	return "$status"
}

setup()
{
	eval "$(lab facts)"
	keepalive_in client 7200 75 9
	keepalive_in server 7200 75 9
}

teardown()
{
	end_jobs
}

end_jobs()
{
	local pid

	for pid in $(jobs -p); do
		kill "$pid" 2>/dev/null || true
		# What a test had stopped would not end.
		kill -CONT "$pid" 2>/dev/null || true
	done
	wait
}

# keepalive_in client|server IDLE INTERVAL COUNT: for connections that are opened from now on
keepalive_in()
{
	lab exec "$1" sysctl -qw net.ipv4.tcp_keepalive_time="$2" \
		net.ipv4.tcp_keepalive_intvl="$3" net.ipv4.tcp_keepalive_probes="$4"
}

NOBODY=(setpriv --reuid nobody --clear-groups --inh-caps=-all --bounding-set=-all
	--no-new-privs)

# as_nobody GROUP COMMAND...
as_nobody()
{
	"${NOBODY[@]}" --regid "$1" -- "${@:2}"
}

# router_knows PORT: whether its NAT does, without the cost of nat-lab's start
router_knows()
{
	nsenter --net="/run/netns/$LAB_ROUTER_NS" -- conntrack -L -p tcp --orig-port-src "$1" \
		2>/dev/null | grep -q ESTABLISHED
}

# --- sessions ---

# can_type NAME: the session opened under this name next reads what type() writes
can_type()
{
	local fd

	mkfifo "$SCRATCH/$1.in"
	exec {fd}<>"$SCRATCH/$1.in"
	TYPE_FD[$1]=$fd
}

# type_in NAME TEXT
type_in()
{
	printf '%s\n' "$2" >&"${TYPE_FD[$1]}"
}

# waits_for NAME: a command for a session of any user, which waits until the test says so: go_on
# NAME. To open a FIFO takes as long as nobody writes, and costs nothing.
waits_for()
{
	local gate=$WORK/gate.$1

	[[ -p $gate ]] || mkfifo -m 0666 "$gate"
	echo ": <'$gate'"
}

# Whoever comes later in this test does not wait any more.
go_on()
{
	local fd

	exec {fd}<>"$WORK/gate.$1"
}

has_started()
{
	grep -qE '^[0-9a-f.:]+ [0-9]+ ' "${OUT[$1]}"
}

# start_client NAME NAT-LAB-ARGS...: any client of ours whose command begins with TELL_PORT
start_client()
{
	local input=/dev/null

	OUT[$1]=$SCRATCH/$1.out
	[[ ! -p $SCRATCH/$1.in ]] || input=$SCRATCH/$1.in
	# Not through lab(): its shell would stay between us and the client.
	"${LAB[@]}" "${@:2}" <"$input" >"${OUT[$1]}" 2>&1 3>&- &
	PID[$1]=$!
}

# start_session NAME HOST COMMAND [SSH-OPTION...]: without waiting for it
start_session()
{
	start_client "$1" ssh -o ConnectTimeout=90 "${@:4}" "$2" "$TELL_PORT$3"
}

# start_nobodys_client NAME GROUP: a session whose client belongs to nobody, as its key does
start_nobodys_client()
{
	install -o nobody -m 0600 "$LAB_KEY" "$WORK/nobodys-key"
	start_client "$1" exec client setpriv --reuid nobody --regid "$2" --clear-groups -- \
		ssh -F none -i "$WORK/nobodys-key" -p "$MARK_PORT" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$LAB_SERVER4" \
		"$TELL_PORT sleep 600"
	found_session "$1"
}

# found_session NAME: waits until it runs; PORT[NAME] is the client's port as sshd sees it
found_session()
{
	wait_until 90 has_started "$1" || fail "session $1: $(<"${OUT[$1]}")" || return
	read -r _ "PORT[$1]" _ <"${OUT[$1]}"
}

open_session()
{
	start_session "$@"
	found_session "$1"
}

# open_plain NAME COMMAND: at the lab's own port, and the client sends nothing by itself
open_plain()
{
	open_session "$1" lab4 "$2" -p "$MARK_PORT" -o ServerAliveInterval=0 -o TCPKeepAlive=no
}

# speak_late ssh|ssh2 SECONDS...: a session for each, which says a word after so long a silence.
# They fall silent one after the other, since what ends together is one event, and log in so too:
# on a slow machine all at once would be silent for longer amid that. Debian's ssh would send
# keepalives of its own in batch mode.
speak_late()
{
	local seconds
	local -i i=0

	for seconds in "${@:2}"; do
		start_client "late$i" "$1" -o ConnectTimeout=90 -o ServerAliveInterval=0 lab4 \
			"$TELL_PORT for ((i = 0; i < $i; i++)); do echo; sleep 3; done; echo
			sleep $seconds; echo late; sleep 600"
		found_session "late$i" || return
		i+=1
	done
}

# start_plink NAME SAVED-SESSION COMMAND [PLINK-OPTION...]: PuTTY's client, with a home of its own;
# what it is to find in the saved session goes to $SCRATCH/home/.putty/sessions/SAVED-SESSION
start_plink()
{
	local home=$SCRATCH/home

	mkdir -p "$home"
	[[ -e $home/key.ppk ]] || puttygen "$LAB_KEY" -O private -o "$home/key.ppk"
	start_client "$1" exec client env HOME="$home" plink -batch -load "$2" -i "$home/key.ppk" \
		-hostkey "$(ssh-keygen -lf "$LAB_STATE/host_key.pub" | cut -d ' ' -f 2)" "${@:4}" \
		"root@$LAB_SERVER4" "$TELL_PORT$3"
}

# sshd_doubles: whether the installed one sends at twice its ClientAliveInterval
sshd_doubles()
{
	[[ $(/usr/sbin/sshd -V 2>&1) == *OpenSSH_9.[234][p,]* ]]
}

# start_antiidle NAME PERIOD-MS LINGER-MS COMMAND: as antiidle.c has them
start_antiidle()
{
	start_client "$1" exec client "$TOP/build/test/antiidle" "$LAB_SERVER4" "$LAB_PORT" \
		"$LAB_KEY" "$2" "$3" "$TELL_PORT$4"
}

# share_sessions, in setup_file: for shared_sessions, in setup
share_sessions()
{
	declare -p PORT OUT | sed 's/^declare -A/declare -gA/' >"$WORK/sessions"
}

shared_sessions()
{
	# shellcheck source=/dev/null
	source "$WORK/sessions"
}

# validates COMMAND [FILE]: what that command printed, by the schema that it prints
validates()
{
	"$TOP/tests/validate" <(sshidle "$1" --json-schema) "${2-/dev/stdin}"
}

# ask_json OPTION... FILTER <JSON: jq; from 1.7 on that would print a number as it was read, 5.0 too
ask_json()
{
	jq "${@:1:$#-1}" "(.. | numbers) += 0 | ${*: -1}"
}

# ask_ends server|client PORT FILTER <JSON: jq, with "ends" for those ends of the lab's session.
# To jq null is less than any number: ask whether a number is "under" another.
ask_ends()
{
	local near=local far=peer

	[[ $1 == server ]] || near=peer far=local
	# shellcheck disable=SC2016 # jq's variables
	ask_json -r --arg near "$near" --arg far "$far" --argjson port "$2" \
		--arg server4 "$LAB_SERVER4" --arg server6 "$LAB_SERVER6" '
		def ends: [.sessions[] | select((.[$near].address | IN($server4, $server6)) and
		                                .[$far].port == $port)];
		def under($limit): type == "number" and . < $limit; '"$3"
}

# pick server|client PORT FILTER <JSON: what FILTER gives of that end of the lab's session
pick()
{
	# shellcheck disable=SC2016 # jq's variables
	ask_ends "$1" "$2" 'ends | if length == 1 then .[0] else
		error("\(length) sessions from port \($port)") end | '"$3"
}

# end_of server|client PORT FILTER [LIST-OPTION...]
end_of()
{
	local json

	json=$(sshidle list --json "${@:4}") || return
	pick "$1" "$2" "$3" <<<"$json"
}

# milliseconds server|client PORT KEY [LIST-OPTION...]
milliseconds()
{
	end_of "$1" "$2" "$3 * 1000 | round" "${@:4}"
}

# holds server|client PORT CONDITION [LIST-OPTION...]
holds()
{
	local session

	session=$(end_of "$1" "$2" '., ('"$3"')' "${@:4}") || return
	[[ ${session##*$'\n'} == true ]] || fail "$3 does not hold of $session"
}

# how_many server|client PORT [LIST-OPTION...]
how_many()
{
	local json

	json=$(sshidle list --json "${@:3}") || return
	ask_ends "$1" "$2" 'ends | length' <<<"$json"
}

is_listed()
{
	equals "$(how_many "$@")" 1 "how often port $2 is listed at the $1"
}

is_not_listed()
{
	equals "$(how_many "$@")" 0 "how often port $2 is listed at the $1"
}

# <JSON
ids_are_unique()
{
	equals "$(jq -r '.sessions | group_by(.id)[] | select(length > 1)[0].id')" "" \
		"ids that are not unique"
}

recorded_ports()
{
	sshidle list --json | jq -r '.recorder.ports | join(",")'
}

# --- what others say ---

# ss_of client|server PORT
ss_of()
{
	local ports="sport = :$LAB_PORT and dport = :$2"

	[[ $1 == server ]] || ports="dport = :$LAB_PORT and sport = :$2"
	lab exec "$1" ss -tinoH "$ports"
}

# ss_number TEXT KEY: ss leaves out what is 0
ss_number()
{
	if [[ $1 =~ (^|[[:space:]])$2:([0-9]+) ]]; then
		echo "${BASH_REMATCH[2]}"
	else
		echo 0
	fi
}

# ss_least TEXT KEY...: the smallest of these
ss_least()
{
	local key

	for key in "${@:2}"; do
		ss_number "$1" "$key"
	done | sort -n | head -n 1
}

# is_silent_for SECONDS PORT: the server's end, by ss; then nothing is on its way either
is_silent_for()
{
	local -i silence

	silence=$(ss_least "$(ss_of server "$2")" lastrcv lastack lastsnd)
	((silence >= $1 * 1000))
}

# ss_timer_ms TEXT NAME: of "timer:(NAME,4min57sec,0)", "...,4.812ms,...", "...,12sec,...";
# a later ss says "...,4.812sec,..."
ss_timer_ms()
{
	local time='(([0-9]+)min)?(([0-9]+)(\.([0-9]{3}))?sec)?(([0-9]+)\.)?(0*([0-9]+)ms)?'

	[[ $1 =~ timer:\($2,$time, ]] || fail "no timer $2 in: $1" || return
	echo $(((BASH_REMATCH[2] * 60 + BASH_REMATCH[4] + BASH_REMATCH[8]) * 1000 +
		10#0${BASH_REMATCH[6]} + BASH_REMATCH[10]))
}

# kernel_objects: programs, links and maps of those sshidles that watch our MARK_PORT. Each
# carries the ports in its constants: their number, then the ports.
kernel_objects()
{
	local map ports maps='' programs

	printf -v ports '"0x0[1-4]","0x00",("0x..","0x..",){0,3}"0x%02x","0x%02x"' \
		$((MARK_PORT % 256)) $((MARK_PORT / 256))
	for map in $(bpftool -j map list | jq '.[] | select(.name // "" | test("rodata")).id'); do
		! bpftool -j map dump id "$map" 2>/dev/null | grep -qE "$ports" ||
			maps+=${maps:+,}$map
	done
	programs=$(bpftool -j prog list | jq --argjson maps "[$maps]" \
		'[.[] | select(.map_ids // [] | any(IN($maps[])))]')
	jq -r --argjson maps "[$maps]" '(.[] | "prog \(.name) \(.id)"),
		([.[].map_ids[], $maps[]] | unique[] | "map \(.)")' <<<"$programs"
	bpftool -j link list | jq -r --argjson programs "$programs" \
		'.[] | select(.prog_id | IN($programs[].id)) | "link \(.id)"'
}

# The kernel frees them a little after the last reference went.
nothing_in_kernel()
{
	local left

	left=$(kernel_objects)
	[[ -z $left ]] || fail "left in the kernel: $left"
}

is_one_recorder()
{
	wait_until 10 has_one_recorder
}

has_one_recorder()
{
	local programs

	programs=$(kernel_objects | awk '$1 == "prog" { print $2 }' | sort | tr '\n' ' ')
	equals "$programs" \
		"on_reset on_retransmit on_segment on_state read_deaths read_paths sessions " \
		"programs of ours"
}

is_whole()
{
	local status_json

	status_json=$(sshidle status --json) || fail "status fails: $status_json" || return
	jq -e '.attached and .missing == null and .flows_pinned and .lost == 0 and
		all(.programs[]; .attached) and (.programs | length == 4)' \
		<<<"$status_json" >/dev/null || fail "not whole: $status_json"
}

# left_nothing: no mount, no directory, no program
left_nothing()
{
	! grep -qF " $RUN_DIR " /proc/self/mountinfo || fail "$RUN_DIR is still mounted" || return
	[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is still there" || return
	wait_until 10 nothing_in_kernel
}
