# SPDX-License-Identifier: GPL-2.0-only
# What the manual page says that each command needs is enough, and nothing less is; what it says
# that is kept is all that is kept.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly GROUP=games
OWN=$WORK/own

setup_file()
{
	start_lab --port "$MARK_PORT"
	install -m 0755 "$SSHIDLE" "$WORK/sshidle"
	install -d -o nobody -g "$GROUP" "$OWN"
}

setup()
{
	eval "$(lab facts)"
	keepalive_in client 7200 75 9
	keepalive_in server 7200 75 9
}

teardown()
{
	local dir

	for dir in "$RUN_DIR" "$OWN/run"; do
		[[ ! -d $dir ]] || "$SSHIDLE" detach --run-dir "$dir" 3>&-
	done
	end_jobs
}

# --- the manual page ---

# rows_of HEADING: of the table with this heading in its last column: cells, with a | between
rows_of()
{
	awk -v heading="Em $1" '
		/^\.Bl -column/ { ours = 0 }
		/^\.It Em / { ours = index($0, heading " ") || $0 ~ heading "$"; next }
		/^\.El/ { ours = 0 }
		ours { sub(/^\.It /, ""); gsub(/ Ta /, "|"); print }' "$TOP/user/sshidle.8.in"
}

# row_for TEXT [COMMAND]: sets COMMANDS and CAPS
row_for()
{
	local row commands caps for

	COMMANDS='' CAPS=none
	while IFS='|' read -r commands caps for; do
		[[ $for == "$1" && " $commands" == *" ${2-}"* ]] || continue
		COMMANDS=$commands
		CAPS=$caps
	done < <(rows_of For)
	[[ -n $COMMANDS ]] || fail "the manual page has no row for '$1'" || return
	[[ $CAPS != none ]] || CAPS=''
}

# --- as nobody, in the group, with exactly these capabilities ---

# with_caps CAPS COMMAND...
with_caps()
{
	local caps=-all cap

	for cap in $1; do
		caps+=,+${cap#CAP_}
	done
	caps=${caps,,}
	setpriv --reuid nobody --regid "$GROUP" --clear-groups --inh-caps="$caps" \
		--ambient-caps="$caps" --bounding-set="$caps" -- "${@:2}" 3>&-
}

# without CAP CAPS
without()
{
	local cap

	for cap in $2; do
		[[ $cap == "$1" ]] || echo "$cap"
	done | xargs
}

# failed_for_lack_of CAP COMMAND: what was run last; in one sentence, wherever that command says it
failed_for_lack_of()
{
	local said=$stderr status_wanted=1

	if [[ $2 == check ]]; then
		status_wanted=3
		said=$output
	fi
	equals "$status" "$status_wanted" \
		"status of $2 without $1, which says: $output $stderr" || return
	if [[ $2 == keepalive && $stderr == *"partly done"* ]]; then
		has "$output" "needs $1"
		return
	fi
	equals "$(wc -l <<<"$said")" 1 "lines of $2 without $1, which says: $said" || return
	has "$said" "lacks $1" && lacks "$said" join
}

lacks()
{
	[[ $1 != *"$2"* ]] || fail "'$1' says '$2'"
}

# one_takes PREPARE COMMAND [ARGS...]: with CAPS, and with each of them less
one_takes()
{
	local cap

	for cap in $CAPS; do
		"$1"
		run --separate-stderr with_caps "$(without "$cap" "$CAPS")" "${@:2}"
		failed_for_lack_of "$cap" "${NAME:?}" || return
	done
	"$1"
	run --separate-stderr with_caps "$CAPS" "${@:2}"
	equals "$status" 0 "status of $NAME with '$CAPS', which says: $output $stderr"
}

# takes PREPARE COMMAND [ARGS...]
takes()
{
	NAME=$2
	one_takes "$1" "$WORK/sshidle" "${@:2}"
}

# Its first look, after which nobody reads any more.
takes_watch()
{
	NAME=watch
	one_takes "$1" bash -o pipefail -c '"$@" | head -n 1' - "$WORK/sshidle" watch --json \
		--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT"
}

nothing()
{
	:
}

# readers_take PREPARE: each command of the row
readers_take()
{
	local command
	local -a ours=(--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT")

	open_session reader lab4 'sleep 600'
	for command in $COMMANDS; do
		case $command in
		watch) takes_watch "$1" ;;
		explain) takes "$1" explain "${ours[@]}" "pid:${PID[reader]}" ;;
		*) takes "$1" "$command" "${ours[@]}" ;;
		esac || return
	done
}

@test "a member of the group needs none" {
	sshidle attach -p "$MARK_PORT" --group "$GROUP"
	row_for "a member of the recorder's group" list
	readers_take nothing
	row_for "a member of the recorder's group" history
	equals "$COMMANDS" history commands
	takes nothing history --run-dir "$RUN_DIR"
}

@test "without a recorder" {
	row_for "a look without a recorder"
	equals "$CAPS" "CAP_BPF CAP_PERFMON" capabilities
	readers_take nothing
}

@test "what reads nothing of others needs none" {
	row_for everybody
	equals "$COMMANDS" "advise profiles" commands
	takes nothing profiles
	takes nothing advise --config "$WORK/conf" --run-dir "$RUN_DIR"
}

# --- the run directory ---

attach_as_root()
{
	sshidle attach -p "$MARK_PORT" --group "$GROUP" 2>/dev/null
}

mount_own()
{
	[[ ! -d $OWN/run ]] || "$SSHIDLE" detach --run-dir "$OWN/run" 3>&- || return
	mkdir "$OWN/run"
	mount -t bpf -o mode=0711 sshidle "$OWN/run"
	chown "nobody:$GROUP" "$OWN/run"
}

attach_own()
{
	mount_own || return
	with_caps "CAP_BPF CAP_PERFMON" "$WORK/sshidle" attach --run-dir "$OWN/run" \
		--config "$WORK/conf" -p "$MARK_PORT" --group "$GROUP"
}

# attach_takes PREPARE GROUP
attach_takes()
{
	takes "$1" attach --run-dir "$OWN/run" --config "$WORK/conf" -p "$MARK_PORT" --group "$2"
	is_one_recorder
}

@test "attach at a mounted run directory of one's own" {
	row_for "a mounted run directory of one's own"
	equals "$CAPS" "CAP_BPF CAP_PERFMON" capabilities
	attach_takes mount_own "$GROUP"
	equals "$(stat -c '%U:%G %a' "$OWN/run")" "nobody:$GROUP 750" "the run directory"
}

@test "attach for a group that one is not in" {
	row_for "a group that one is not in"
	has "$CAPS" CAP_CHOWN
	attach_takes mount_own tty
	equals "$(stat -c '%U:%G %a' "$OWN/run")" "nobody:tty 750" "the run directory"
}

@test "attach that mounts the run directory, and leaves nothing if it may not" {
	row_for "mounting the run directory"
	equals "$CAPS" CAP_SYS_ADMIN capabilities
	run -1 --separate-stderr with_caps "CAP_BPF CAP_PERFMON" "$WORK/sshidle" attach \
		--run-dir "$OWN/run" --config "$WORK/conf" -p "$MARK_PORT" --group "$GROUP"
	one_sentence "lacks CAP_SYS_ADMIN"
	[[ ! -e $OWN/run ]]
	sort -VC <<<"6.8"$'\n'"$(uname -r)" || CAPS+=" CAP_CHOWN"
	attach_takes nothing "$GROUP"
	# Who mounted it may unmount it.
	run -1 --separate-stderr setpriv --bounding-set=-all --inh-caps=-all "$SSHIDLE" list \
		--run-dir "$OWN/run" --config "$WORK/conf" 3>&-
	one_sentence "lacks CAP_DAC_READ_SEARCH"
	with_caps "$CAPS" "$WORK/sshidle" detach --run-dir "$OWN/run"
	[[ ! -e $OWN/run ]]
	wait_until 10 nothing_in_kernel
}

@test "status and detach of one's own recorder" {
	row_for "a recorder of one's own"
	equals "$COMMANDS" "status detach" commands
	takes attach_own status --run-dir "$OWN/run"
	takes attach_own detach --run-dir "$OWN/run"
	wait_until 10 nothing_in_kernel
}

@test "status and detach of another user's recorder" {
	row_for "a recorder of another user"
	equals "$COMMANDS $CAPS" "status detach CAP_DAC_OVERRIDE" "the row"
	takes attach_as_root status --run-dir "$RUN_DIR"
	has "$output" "Recorder:  whole"
	# To read everything is not enough, and must not make it look damaged.
	run -1 --separate-stderr with_caps CAP_DAC_READ_SEARCH "$WORK/sshidle" status \
		--run-dir "$RUN_DIR"
	one_sentence "lacks CAP_DAC_OVERRIDE"
	takes attach_as_root detach --run-dir "$RUN_DIR"
	wait_until 10 nothing_in_kernel
}

@test "status counts the runs of the programs without any capability" {
	local before

	attach_as_root
	before=$(sysctl -n kernel.bpf_stats_enabled)
	sysctl -qw kernel.bpf_stats_enabled=1
	open_session counted lab4 'sleep 600'
	run setpriv --bounding-set=-all --inh-caps=-all "$SSHIDLE" status --json \
		--run-dir "$RUN_DIR" 3>&-
	sysctl -qw kernel.bpf_stats_enabled="$before"
	equals "$status" 0 "status, which says: $output"
	jq -e '.memory_bytes > 0 and (.programs | length == 4) and .programs[0].runs > 0' \
		<<<"$output"
}

# --- keepalive ---

# keepalive_takes PREPARE WORDS...
keepalive_takes()
{
	takes "$1" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--path-timeout 3600s "${@:2}"
}

# Of everything to be undone, nothing is.
set_as_root()
{
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		--path-timeout 3600s "$ID" 3>&-
}

@test "keepalive of a server" {
	row_for "servers, and processes of other users"
	equals "$COMMANDS $CAPS" "keepalive CAP_SYS_PTRACE" "the row"
	attach_as_root
	open_session served lab4 'sleep 600'
	keepalive_takes nothing "$(end_of server "${PORT[served]}" .id)"
	has "$stderr" "lacks CAP_DAC_OVERRIDE; run it as root: --undo will not be possible"
}

@test "keepalive of a client of one's own" {
	[[ $(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null) != [1-3] ]] ||
		skip "kernel.yama.ptrace_scope is not 0"
	row_for "one's own clients"
	equals "$COMMANDS $CAPS" "keepalive " "the row"
	attach_as_root
	start_nobodys_client mine "$GROUP"
	keepalive_takes nothing "$(end_of client "${PORT[mine]}" .id)"
}

@test "keepalive --undo of what another user's recorder kept" {
	local cap

	row_for "what a recorder of another user kept"
	equals "$CAPS" "CAP_DAC_OVERRIDE CAP_SYS_PTRACE" capabilities
	attach_as_root
	open_session undone lab4 'sleep 600'
	ID=$(end_of server "${PORT[undone]}" .id)
	keepalive_takes set_as_root --undo "$ID"
	holds server "${PORT[undone]}" '.keepalive.tcp.set_by_sshidle | not'
}

# --- what is kept ---

# kept_by COMMAND [ARGS...]: what root has left when it ends, sorted; none where it gave up nothing
kept_by()
{
	run -0 --separate-stderr strace -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=capset -- \
		"$SSHIDLE" "$@" 3>&-
	sed -nE 's/.*, permitted=([^,]*), .*\) = 0$/\1/p' "$BATS_TEST_TMPDIR/calls" | tail -n 1 |
		grep -oE 'CAP_[A-Z_]+' | sort | xargs
}

# keeps COMMAND: what the manual page says
keeps()
{
	local commands caps

	while IFS='|' read -r commands caps; do
		[[ " $commands " != *" $1 "* ]] ||
			{ tr ' ' '\n' <<<"$caps" | grep CAP_ | sort | xargs; return; }
	done < <(rows_of Keeps)
	fail "the manual page does not say what $1 keeps"
}

# is_kept_by COMMAND [ARGS...]
is_kept_by()
{
	local wanted got

	wanted=$(keeps "$1") || return
	got=$(kept_by "$@") || return
	equals "$got" "$wanted" "what $1 keeps"
}

@test "each command keeps what the manual page says, and no more" {
	local -a ours=(--run-dir "$RUN_DIR" --config "$WORK/conf")

	is_kept_by profiles
	is_kept_by advise "${ours[@]}"
	open_session kept lab4 'sleep 600'
	is_kept_by list "${ours[@]}" -p "$MARK_PORT"
	is_kept_by check "${ours[@]}" -p "$MARK_PORT"
	is_kept_by attach "${ours[@]}" -p "$MARK_PORT" --group "$GROUP"
	is_kept_by list "${ours[@]}"
	is_kept_by check "${ours[@]}"
	is_kept_by metrics "${ours[@]}"
	is_kept_by keepalive "${ours[@]}" -p "$MARK_PORT" --dry-run
	is_kept_by explain "${ours[@]}" "pid:${PID[kept]}"
	is_kept_by history --run-dir "$RUN_DIR"
	is_kept_by status --run-dir "$RUN_DIR"
	is_kept_by detach --run-dir "$RUN_DIR"
	is_kept_by list --from /dev/stdin <"$TOP/tests/golden/dead.rec"
}

# has_caps PID SET KEY...: lines of /proc/PID/status, SET in hexadecimal digits
has_caps()
{
	local key

	for key in "${@:3}"; do
		equals "$(awk -v key="$key:" '$1 == key { print $2 }' "/proc/$1/status")" "$2" \
			"$key" ||
			return
	done
}

# mask CAPS: as /proc/PID/status has it
mask()
{
	local -a names
	local -i i bits=0

	mapfile -t names < <(sed -nE 's/^#define (CAP_[A-Z_]+)[[:space:]]+[0-9]+$/\1/p' \
		/usr/include/linux/capability.h)
	for ((i = 0; i < ${#names[@]}; i++)); do
		[[ " $1 " != *" ${names[i]} "* ]] || bits+=$((1 << i))
	done
	printf '%016x\n' "$bits"
}

watches()
{
	grep -q '"event":"open"' "$BATS_TEST_TMPDIR/events"
}

# watch_keeps: a watch of root's, once it has looked
watch_keeps()
{
	local kept

	kept=$(mask "$(keeps watch)")
	[[ $kept != 0000000000000000 ]]
	# What a watch before it told is not told by this one.
	rm -f "$BATS_TEST_TMPDIR/events"
	"$SSHIDLE" watch --json --run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT" \
		>"$BATS_TEST_TMPDIR/events" 3>&- &
	WATCH=$!
	wait_until 20 watches
	has_caps "$WATCH" "$kept" CapPrm CapEff
	has_caps "$WATCH" 0000000000000000 CapInh CapAmb
	has_caps "$WATCH" 1 NoNewPrivs
}

@test "a watch that runs has nothing but what it reads with, with a recorder and without" {
	open_session watched lab4 'sleep 600'
	watch_keeps
	# The programs that it loaded serve each look.
	open_session later lab4 'sleep 600'
	wait_until 20 grep -q ":${PORT[later]}[,}]" "$BATS_TEST_TMPDIR/events"
	kill "$WATCH"
	wait "$WATCH"
	attach_as_root
	watch_keeps
	kill "$WATCH"
	wait "$WATCH"
}

@test "what the services may use is what the manual page says" {
	local unit=$TOP/scripts/systemd

	grep -qx "CapabilityBoundingSet=" "$unit/sshidle-metrics.service.in"
	row_for "servers, and processes of other users"
	grep -qx "CapabilityBoundingSet=$CAPS" "$unit/sshidle-keepalive.service.in"
	row_for "a group that one is not in"
	grep -qx "CapabilityBoundingSet=$CAPS" "$unit/sshidle.service.in"
}

@test "every row of the manual page is tested" {
	local row

	while IFS='|' read -r _ _ row; do
		grep -qE "^	row_for \"?$row\"?( |\$)" "$BATS_TEST_FILENAME" ||
			fail "nothing tests '$row'"
	done < <(rows_of For)
	equals "$(rows_of For | wc -l)" 12 "rows"
}

# --- rights that the file lends ---

# is_refused FILE: before it looks at any other file
is_refused()
{
	local -a nobody=(setpriv --reuid nobody --regid "$GROUP" --clear-groups -- "$1")

	run -1 --separate-stderr "${nobody[@]}" list --config "$WORK/none" 3>&-
	one_sentence "set-user-ID" "sshidle(8)"
	run -1 --separate-stderr "${nobody[@]}" --version 3>&-
	one_sentence "set-user-ID"
	run -3 --separate-stderr "${nobody[@]}" check --config "$WORK/none" 3>&-
	equals "$stderr" "" stderr
	has "$output" "SSHIDLE UNKNOWN - it is set-user-ID"
}

@test "set-user-ID, set-group-ID or with file capabilities it runs for root alone" {
	local file=$WORK/lent

	[[ $(findmnt -no OPTIONS -T "$WORK") != *nosuid* ]] || skip "$WORK is mounted nosuid"
	install -m 4755 "$SSHIDLE" "$file"
	is_refused "$file"
	"$file" --version
	install -o nobody -g tty -m 2755 "$SSHIDLE" "$file"
	is_refused "$file"
	"$file" --version
	install -m 0755 "$SSHIDLE" "$file"
	setcap cap_sys_ptrace+ep "$file"
	is_refused "$file"
	"$file" --version
	# Ambient capabilities are of who starts it.
	run -0 with_caps CAP_SYS_PTRACE "$WORK/sshidle" --version
}
