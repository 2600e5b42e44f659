#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Recorded sessions in, the expected table and JSON out, byte for byte. Needs no root.
#
# `record` makes the *.rec files, `update` the expected ones: NAME.table, NAME.wide (all columns),
# NAME.json, NAME.explain (what explain says of each session), NAME.line (check), NAME.prom
# (metrics), and NAME.err for what is said on standard error, with the exit status.

# What is judged in each case: the command where it is not list, recording and options. Bats 1.8
# reads the tests line by line, so they cannot come from a loop: each case stands below once more
# for each format. (-g: Bats reads this file within a function.)
declare -gA CASES=(
	[at-risk]="at-risk.rec --path-timeout 20s"
	[overdue]="overdue.rec --path-timeout 20s"
	[assumed]="overdue.rec"
	[owners]="owners.rec --path-timeout 25s"
	[families]="families.rec --path-timeout aws-nat-gateway"
	[rules]="families.rec --config rules.conf"
	[default]="at-risk.rec --config narrow.conf"
	[probes]="probes.rec --path-timeout 4s"
	[dead]="dead.rec --path-timeout 20s"
	[changed]="changed.rec --path-timeout 10s"
	[seeded]="seeded.rec --path-timeout 15s"
	[hostile]="hostile.rec --path-timeout 1h"
	[empty]="empty.rec"
	[needy]="overdue.rec --path-timeout 20s --at-risk"
	[nobody]="at-risk.rec --path-timeout 1d --at-risk"
	[port]="families.rec --port 2222"
	[sorted]="families.rec --sort -peer --no-header"
	[version]="version.rec"
	[cut]="cut.rec"
	[unwatched]="at-risk.rec --port 22,443"
	[column]="at-risk.rec --output session,idle"
	[sorter]="at-risk.rec --sort idle"
	[session]="at-risk.rec pid:1"
	[learned]="learned.rec"
	[patient]="learned.rec --path-timeout 10s"
	[ended]="history history.rec"
	[cuts]="history history.rec --cuts --no-header"
	[late]="history history.rec --since 1"
	[since]="history history.rec --since soon"
	[nothing]="history empty.rec"
	[uncut]="history empty.rec --cuts"
	[unended]="history at-risk.rec"
	[well]="check at-risk.rec --path-timeout 1d"
	[warns]="check at-risk.rec --path-timeout 20s -v"
	[alarms]="check overdue.rec --path-timeout 20s"
	[deaf]="check dead.rec --path-timeout 20s -v"
	[nosession]="check empty.rec"
	[tolerant]="check overdue.rec --path-timeout 20s -w 2 -c @3:"
	[tight]="check families.rec --path-timeout 1h --min-left 1h,59m50s"
	[absent]="check seeded.rec --path-timeout 1h --max-idle 5,10 -v"
	[named]="check hostile.rec --path-timeout 4s -v"
	[mailed]="check overdue.rec --path-timeout 20s -q"
	[ranged]="check at-risk.rec -w 5:1"
	[foreign]="check version.rec"
	[ends]="check history.rec"
	[short]="check cut.rec -q"
	[scraped]="metrics learned.rec"
	[opened]="metrics dead.rec --path-timeout 20s --openmetrics"
	[urgent]="metrics hostile.rec --per-session 1"
	[counted]="metrics families.rec --config rules.conf --openmetrics --per-session 9"
	[vacant]="metrics empty.rec"
	[many]="metrics empty.rec --per-session many"
)

setup_file()
{
	: "${SSHIDLE_TOP:=$(realpath "$BATS_TEST_DIRNAME/../..")}"
	export SSHIDLE_TOP LC_ALL=C.UTF-8 TZ=UTC
}

setup()
{
	cd "$BATS_TEST_DIRNAME" || return
	sshidle=${SSHIDLE_GOLDEN:-$SSHIDLE_TOP/build/asan/sshidle}
	as_nobody=()
	((EUID != 0)) || as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	# A checkout that others may not enter leaves no choice.
	"${as_nobody[@]}" test -x "$sshidle" -a -r "$PWD/none.conf" || as_nobody=()
}

# run_case NAME [OPTION...]: the program on that case, into $out and $err
run_case()
{
	local -i status=0
	local -a words
	local command=list

	out=$BATS_TEST_TMPDIR/out
	err=$BATS_TEST_TMPDIR/err
	read -ra words <<<"${CASES[$1]}"
	if [[ ${words[0]} != *.rec ]]; then
		command=${words[0]}
		words=("${words[@]:1}")
	fi
	[[ $command == history || " ${words[*]} " == *" --config "* ]] ||
		words+=(--config none.conf)
	"${as_nobody[@]}" "$sshidle" "$command" --from "${words[@]}" "${@:2}" >"$out" 2>"$err" ||
		status=$?
	((status == 0)) || echo "exit status $status" >>"$err"
	# To older versions of libsmartcols a column is as wide as the header that is not shown.
	[[ " ${words[*]} " != *" --no-header "* ]] || sed -i -E 's/^ +//; s/ +/ /g' "$out"
	[[ -s $out || -s $err ]]
}

# explain_case NAME [OPTION...]: what explain says of all its sessions, into $out and $err
explain_case()
{
	local -a words ids

	run_case "$1" --no-header --output SESSION
	mapfile -t ids < <(tr -d ' ' <"$out")
	read -ra words <<<"${CASES[$1]}"
	[[ " ${words[*]} " == *" --config "* ]] || words+=(--config none.conf)
	"${as_nobody[@]}" "$sshidle" explain --from "${words[@]}" "${@:2}" "${ids[@]}" \
		>"$out" 2>"$err"
}

# same FILE EXPECTED: one reads as the other; where EXPECTED is missing, FILE must be empty
same()
{
	local expected=$2

	if [[ -z ${SSHIDLE_GOLDEN_UPDATE-} ]]; then
		[[ -e $expected ]] || expected=/dev/null
		diff -u --label "expected $2" --label now "$expected" "$1"
	elif [[ -s $1 ]]; then
		cat "$1" >"$2"
	else
		rm -f "$2"
	fi
}

all_columns()
{
	"$sshidle" --output help | cut -d ' ' -f 1 | paste -sd ,
}

# shows NAME table|wide|json|explain|line|prom: words are said beside a table only, and a status
# beside a line
shows()
{
	case $2 in
	table | line | prom) run_case "$1" ;;
	wide) run_case "$1" --output "$(all_columns)" ;;
	json) run_case "$1" --json ;;
	explain) explain_case "$1" ;;
	esac
	same "$out" "$1.$2"
	if [[ $2 == table || $2 == line ]]; then
		same "$err" "$1.err"
	else
		diff -u /dev/null "$err"
	fi
}

# refuses NAME: no data, only words and a status
refuses()
{
	run_case "$1"
	diff -u /dev/null "$out"
	same "$err" "$1.err"
	grep -q '^exit status [12]$' "$err"
}

@test "at-risk: table" { shows at-risk table; }
@test "at-risk: wide" { shows at-risk wide; }
@test "at-risk: json" { shows at-risk json; }
@test "at-risk: explain" { shows at-risk explain; }

@test "overdue: table" { shows overdue table; }
@test "overdue: wide" { shows overdue wide; }
@test "overdue: json" { shows overdue json; }
@test "overdue: explain" { shows overdue explain; }

@test "assumed: table" { shows assumed table; }
@test "assumed: wide" { shows assumed wide; }
@test "assumed: json" { shows assumed json; }

@test "owners: table" { shows owners table; }
@test "owners: wide" { shows owners wide; }
@test "owners: json" { shows owners json; }

@test "families: table" { shows families table; }
@test "families: wide" { shows families wide; }
@test "families: json" { shows families json; }
@test "families: explain" { shows families explain; }

@test "rules: table" { shows rules table; }
@test "rules: wide" { shows rules wide; }
@test "rules: json" { shows rules json; }

@test "default: table" { shows default table; }
@test "default: wide" { shows default wide; }
@test "default: json" { shows default json; }

@test "probes: table" { shows probes table; }
@test "probes: wide" { shows probes wide; }
@test "probes: json" { shows probes json; }
@test "probes: explain" { shows probes explain; }

@test "dead: table" { shows dead table; }
@test "dead: wide" { shows dead wide; }
@test "dead: json" { shows dead json; }
@test "dead: explain" { shows dead explain; }

@test "changed: table" { shows changed table; }
@test "changed: wide" { shows changed wide; }
@test "changed: json" { shows changed json; }
@test "changed: explain" { shows changed explain; }

@test "seeded: table" { shows seeded table; }
@test "seeded: wide" { shows seeded wide; }
@test "seeded: json" { shows seeded json; }
@test "seeded: explain" { shows seeded explain; }

@test "hostile: table" { shows hostile table; }
@test "hostile: wide" { shows hostile wide; }
@test "hostile: json" { shows hostile json; }
@test "hostile: explain" { shows hostile explain; }

@test "needy: table" { shows needy table; }
@test "needy: json" { shows needy json; }
@test "nobody: table" { shows nobody table; }
@test "nobody: json" { shows nobody json; }
@test "empty: table" { shows empty table; }
@test "empty: json" { shows empty json; }
@test "port: table" { shows port table; }
@test "port: json" { shows port json; }
@test "sorted: table" { shows sorted table; }

@test "learned: table" { shows learned table; }
@test "learned: wide" { shows learned wide; }
@test "learned: json" { shows learned json; }
@test "patient: table" { shows patient table; }
@test "patient: json" { shows patient json; }

@test "ended: table" { shows ended table; }
@test "ended: json" { shows ended json; }
@test "cuts: table" { shows cuts table; }
@test "cuts: json" { shows cuts json; }
@test "late: table" { shows late table; }
@test "late: json" { shows late json; }
@test "nothing: table" { shows nothing table; }
@test "nothing: json" { shows nothing json; }
@test "uncut: table" { shows uncut table; }
@test "unended: refused" { refuses unended; }
@test "since: refused" { refuses since; }

@test "well: line" { shows well line; }
@test "warns: line" { shows warns line; }
@test "alarms: line" { shows alarms line; }
@test "deaf: line" { shows deaf line; }
@test "nosession: line" { shows nosession line; }
@test "tolerant: line" { shows tolerant line; }
@test "tight: line" { shows tight line; }
@test "absent: line" { shows absent line; }
@test "named: line" { shows named line; }
@test "mailed: line" { shows mailed line; }
@test "ranged: line" { shows ranged line; }
@test "foreign: line" { shows foreign line; }
@test "short: line" { shows short line; }
@test "ends: line" { shows ends line; }

@test "scraped: prom" { shows scraped prom; }
@test "opened: prom" { shows opened prom; }
@test "urgent: prom" { shows urgent prom; }
@test "counted: prom" { shows counted prom; }
@test "vacant: prom" { shows vacant prom; }
@test "many: refused" { refuses many; }

@test "version: refused" { refuses version; }
@test "cut: refused" { refuses cut; }
@test "unwatched: refused" { refuses unwatched; }
@test "column: refused" { refuses column; }
@test "sorter: refused" { refuses sorter; }
@test "session: refused" { refuses session; }

# on_terminal LOCALE: case overdue on a terminal of 100 columns, without colours
on_terminal()
{
	local line="stty cols 100; exec $sshidle --from ${CASES[overdue]} --config none.conf"

	NO_COLOR=1 TERM=xterm LC_ALL=$1 script -qec "$line" /dev/null </dev/null | tr -d '\r' \
		>"$BATS_TEST_TMPDIR/screen"
	cat "$BATS_TEST_TMPDIR/screen"
	grep -q overdue "$BATS_TEST_TMPDIR/screen"
	(($(LC_ALL=C.UTF-8 wc -L <"$BATS_TEST_TMPDIR/screen") <= 100))
}

@test "terminal: a bar, within 100 columns" {
	on_terminal C.UTF-8
	grep -q '██████████' "$BATS_TEST_TMPDIR/screen"
	grep -q '░░░░░░░░░░' "$BATS_TEST_TMPDIR/screen"
}

@test "terminal: no escaped bytes where the locale has no bar, within 100 columns" {
	on_terminal C
	run grep -F '\x' "$BATS_TEST_TMPDIR/screen"
	[[ $status == 1 ]]
}

# parses FILE: by the strict parser of the format that the file ends like
parses()
{
	if [[ $(tail -n 1 "$1") != '# EOF' ]]; then
		promtool check metrics <"$1"
		return
	fi
	/usr/bin/python3 - "$1" <<-'SCRIPT'
		import sys
		from prometheus_client.openmetrics.parser import text_string_to_metric_families
		with open(sys.argv[1], encoding="utf-8", errors="strict") as file:
		    families = list(text_string_to_metric_families(file.read()))
		sys.exit(not families)
	SCRIPT
}

@test "prom: the parsers of both formats take what is printed" {
	local file

	command -v promtool >/dev/null || skip "no promtool"
	/usr/bin/python3 -c 'import prometheus_client' || skip "no python3-prometheus-client"
	for file in *.prom; do
		parses "$file"
	done
	sed 's/^# TYPE sshidle_deaths_total counter$/# TYPE sshidle_deaths_total gauge/' \
		scraped.prom >"$BATS_TEST_TMPDIR/bent"
	run parses "$BATS_TEST_TMPDIR/bent"
	[[ $status != 0 && $output == *sshidle_deaths_total* ]]
	sed 's/_gsum/_sum/' opened.prom >"$BATS_TEST_TMPDIR/bent"
	run parses "$BATS_TEST_TMPDIR/bent"
	[[ $status != 0 ]]
}

@test "every recording is in a case, every case in a test" {
	local file name

	for file in *.rec; do
		[[ " ${CASES[*]} " == *" $file "* ]]
	done
	for name in "${!CASES[@]}"; do
		grep -qE "^@test .*(shows|refuses) ${name}[ ;]" golden.bats
	done
}

# at_terminal SETTING: of environment, and a dead session
at_terminal()
{
	output=$(script -qec "env -u NO_COLOR $1 $sshidle list --from dead.rec \
--config none.conf --path-timeout 20s" /dev/null)
}

@test "colours: only at a terminal that has them, to people who want them" {
	at_terminal TERM=xterm
	[[ $output == *$'\e[31mdead'* ]]
	at_terminal TERM=dumb
	[[ $output == *dead* && $output != *$'\e'* ]]
	at_terminal 'TERM=xterm NO_COLOR=1'
	[[ $output == *dead* && $output != *$'\e'* ]]
}

# validate COMMAND FILE...: by the schema that the program prints
validate()
{
	"$sshidle" "$1" --json-schema >"$BATS_TEST_TMPDIR/schema"
	../validate "$BATS_TEST_TMPDIR/schema" "${@:2}"
}

@test "explain: its JSON has each session as list has it" {
	explain_case hostile --json
	jq -c '[.sessions[].session]' "$out" >"$BATS_TEST_TMPDIR/explained"
	run_case hostile --json
	jq -c .sessions "$out" | diff -u - "$BATS_TEST_TMPDIR/explained"
}

@test "schema: what is printed validates" {
	local name command

	/usr/bin/python3 -c 'import jsonschema' || skip "no python3-jsonschema"
	mkdir "$BATS_TEST_TMPDIR"/{list,history,explain}
	for name in "${!CASES[@]}"; do
		[[ ! ${CASES[$name]} =~ ^(check|metrics) ]] || continue
		run_case "$name" --json
		[[ -s $out ]] || continue
		command=list
		[[ ${CASES[$name]} != history* ]] || command=history
		cp "$out" "$BATS_TEST_TMPDIR/$command/$name.json"
	done
	validate list "$BATS_TEST_TMPDIR"/list/*.json
	validate history "$BATS_TEST_TMPDIR"/history/*.json
	for name in at-risk overdue dead changed hostile; do
		explain_case "$name" --json
		cp "$out" "$BATS_TEST_TMPDIR/explain/$name.json"
	done
	validate explain "$BATS_TEST_TMPDIR"/explain/*.json
	"$sshidle" profiles --json >"$BATS_TEST_TMPDIR/profiles.json"
	validate profiles "$BATS_TEST_TMPDIR/profiles.json"
}

@test "schema: a missing key, an unknown one and a wrong type are seen" {
	/usr/bin/python3 -c 'import jsonschema' || skip "no python3-jsonschema"
	run_case at-risk --json
	jq 'del(.sessions[0].idle.user_s)' "$out" >"$BATS_TEST_TMPDIR/less"
	jq '.sessions[0].tea_s = 1' "$out" >"$BATS_TEST_TMPDIR/more"
	jq '.sessions[0].cut_in_s = "6.0"' "$out" >"$BATS_TEST_TMPDIR/other"
	validate list "$out"
	run validate list "$BATS_TEST_TMPDIR/less"
	[[ $status == 1 && $output == *user_s* ]]
	run validate list "$BATS_TEST_TMPDIR/more"
	[[ $status == 1 && $output == *tea_s* ]]
	run validate list "$BATS_TEST_TMPDIR/other"
	[[ $status == 1 && $output == *cut_in_s* ]]
}

# Each document stands for itself, so what they share is written in each.
@test "schema: an obituary, an endpoint and a port are the same in all" {
	# shellcheck disable=SC2016 # jq's
	local part='."$defs" | {death, endpoint, port, seconds}'

	diff <(jq "$part" ../../user/sshidle-history-1.schema.json) \
		<(jq "$part" ../../user/sshidle-events-1.schema.json)
	# shellcheck disable=SC2016
	part='."$defs" | {endpoint, port, seconds}'
	diff <(jq "$part" ../../user/sshidle-history-1.schema.json) \
		<(jq "$part" ../../user/sshidle-1.schema.json)
}
