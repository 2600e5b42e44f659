# SPDX-License-Identifier: GPL-2.0-only
# make install and uninstall, what is installed in use: the program, its completion, its units.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

# The program that is installed.
SSHIDLE=$PLAIN

readonly GROUP=games
DEST=$WORK/dest

setup_file()
{
	start_own_lab "$GROUP"
	make_here install DESTDIR="$DEST" PREFIX=/usr
}

# make_here ARGS...: the tree is built, by whoever owns it
make_here()
{
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$TOP" --no-print-directory "$@" 3>&-
}

# files DIR: with their modes
files()
{
	(cd "$1" && find . ! -type d -printf '%m %P\n' | sort -k 2)
}

# --- install and uninstall ---

# examples: what else the repository has for other programs
examples()
{
	find "$TOP/scripts" -mindepth 2 -type f ! -path '*/scripts/debian/*' \
		! -path '*/scripts/systemd/*' -printf '%P\n'
}

@test "install puts each file where it belongs, with its mode" {
	{
		cat <<-LIST
		755 bin/sshidle
		644 lib/systemd/system/run-sshidle.mount
		644 lib/systemd/system/sshidle-keepalive.service
		644 lib/systemd/system/sshidle-keepalive.timer
		644 lib/systemd/system/sshidle-metrics.service
		644 lib/systemd/system/sshidle-metrics.timer
		644 lib/systemd/system/sshidle.service
		644 lib/sysusers.d/sshidle.conf
		644 share/bash-completion/completions/sshidle
		644 share/doc/sshidle/examples/sshidle.conf
		644 share/man/man5/sshidle.conf.5
		644 share/man/man8/sshidle.8
		LIST
		examples | sed 's,^,644 share/doc/sshidle/examples/,'
	} | sort -k 2 | diff - <(files "$DEST/usr")
	equals "$(ls "$DEST")" usr "what else is in DESTDIR"
}

@test "install goes to /usr/local, and each directory can be chosen" {
	make_here install DESTDIR="$WORK/local"
	cmp "$WORK/local/usr/local/bin/sshidle" "$SSHIDLE"
	grep -qF 'ExecStart=/usr/local/bin/sshidle attach ' \
		"$WORK/local/usr/local/lib/systemd/system/sshidle.service"
	grep -qF '=/usr/local/bin/sshidle check ' \
		"$WORK/local/usr/local/share/doc/sshidle/examples/nrpe/sshidle.cfg"
	make_here install DESTDIR="$WORK/chosen" BINDIR=/s MANDIR=/m DOCDIR=/d COMPLETIONDIR=/c \
		UNITDIR=/u SYSUSERSDIR=/g
	equals "$(cd "$WORK/chosen" && echo *)" "c d g m s u" directories
	grep -qF 'ExecStart=/s/sshidle attach ' "$WORK/chosen/u/sshidle.service"
	grep -qF '"/s/sshidle", ' "$WORK/chosen/d/examples/icinga/sshidle.conf"
}

@test "the strictest umask of root keeps nobody from what is installed" {
	(
		umask 077
		make_here install DESTDIR="$WORK/strict" PREFIX=/usr
	)
	equals "$(files "$WORK/strict")" "$(files "$DEST")" "files and modes"
	equals "$(find "$WORK/strict/usr" -type d ! -perm 755)" "" "directories that are closed"
}

@test "uninstall removes what install put there, and nothing else" {
	local gone=$WORK/gone file

	make_here install DESTDIR="$gone" PREFIX=/usr
	for file in bin/other share/man/man8/other.8 lib/systemd/system/other.service; do
		echo kept >"$gone/usr/$file"
	done
	make_here uninstall DESTDIR="$gone" PREFIX=/usr
	equals "$(files "$gone/usr" | awk '{ print $2 }' | xargs)" \
		"bin/other lib/systemd/system/other.service share/man/man8/other.8" "files left"
	equals "$(find "$gone" -name '*sshidle*')" "" "directories left"
	# What somebody put among ours stays, and so does its directory.
	make_here install DESTDIR="$gone" PREFIX=/usr
	echo kept >"$gone/usr/share/doc/sshidle/other"
	make_here uninstall DESTDIR="$gone" PREFIX=/usr
	equals "$(find "$gone/usr" -path '*/sshidle/*')" "$gone/usr/share/doc/sshidle/other" \
		"what is left in a directory of ours"
	# Once more changes nothing.
	make_here uninstall DESTDIR="$gone" PREFIX=/usr
}

# --- the program ---

@test "a member of the group reads with the installed program, without any privilege" {
	open_session read lab4 'sleep 600'
	run -0 --separate-stderr as_nobody "$GROUP" "$DEST/usr/bin/sshidle" --json \
		--run-dir "$RUN_DIR" --config "$WORK/conf"
	equals "$stderr" "" stderr
	equals "$(pick server "${PORT[read]}" .history <<<"$output")" recorder history
	run -1 as_nobody nogroup "$DEST/usr/bin/sshidle" --run-dir "$RUN_DIR" --config "$WORK/conf"
}

@test "the sample configuration is one that the program takes" {
	run -0 --separate-stderr "$DEST/usr/bin/sshidle" advise 10.8.0.1 --run-dir "$WORK/none" \
		--config "$DEST/usr/share/doc/sshidle/examples/sshidle.conf"
	has "$output" 3600
}

# --- completion ---

# completes WORD...: what is offered for the last of them, in one line, sorted
completes()
{
	# As bash calls it, which takes = for a word of its own. Its functions may need no more.
	env -i PATH=/usr/bin:/bin bash --noprofile --norc -c '
		source "$1"
		program=$2
		shift 2
		COMP_WORDS=(sshidle "$@") COMP_CWORD=$#
		"$(complete -p sshidle | sed "s/.*-F \([^ ]*\).*/\1/")" "$program" "${@: -1}" ""
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' \
		- "$DEST/usr/share/bash-completion/completions/sshidle" \
		"$DEST/usr/bin/sshidle" "$@" | sort | xargs
}

# commands: as main.c's table has them
commands()
{
	sed -n '/^static const struct command commands/,/^}/s/^\t{ "\([a-z]*\)".*/\1/p' \
		"$TOP/user/main.c"
}

@test "completion offers every command, and no option for one" {
	equals "$(completes '')" "$(commands | sort | xargs)" commands
	equals "$(completes st)" status "commands in st"
	equals "$(completes --json he)" "" "commands in he"
}

@test "completion offers every option of each command, and those that follow any word" {
	local command

	for command in $(commands); do
		equals "$(completes "$command" -)" "$("$SSHIDLE" "$command" --help |
			grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | tr -s ' ,' '\n' | sort | xargs)" \
			"options of $command"
	done
	has "$(completes detach --)" --run-dir
	[[ " $(completes detach --) " != *" --replace "* ]]
	equals "$(completes keepalive 1234 --und)" --undo "options of keepalive"
	equals "$(completes --at)" --at-risk "options without a command"
}

@test "completion offers the values of an option" {
	equals "$(completes --color '')" "always auto never" "when colours are used"
	equals "$(completes check --critical '')" "" "ranges"
	equals "$(completes --path-timeout aws-n)" "aws-nat-gateway aws-nlb" profiles
	equals "$(completes list --path-timeout = aws-n)" "aws-nat-gateway aws-nlb" \
		"profiles after ="
	equals "$(completes list --path-timeout = | wc -w)" \
		"$("$SSHIDLE" profiles --no-header | wc -l)" "how many profiles"
	equals "$(completes --color '')" "always auto never" "values of --color"
	equals "$(completes --color = a)" "always auto" "values of --color"
	equals "$(completes advise --for s)" "securecrt ssh sshd sysctl" "values of --for"
	equals "$(completes -o CUT)" CUT-IN columns
	equals "$(completes -o SESSION,PEER,USERT)" SESSION,PEER,USERTIMEOUT columns
	equals "$(completes --sort -CUT)" -CUT-IN "columns to sort by"
	equals "$(completes attach --group "${GROUP%?}")" "$GROUP" groups
	equals "$(completes --from "$DEST/us")" "$DEST/usr" files
	equals "$(completes --run-dir "$DEST/us")" "$DEST/usr" directories
	equals "$(completes -p '')" "" "values of -p"
	equals "$(completes keepalive --idle '')" "" "values of --idle"
}

@test "completion offers the ids of the sessions of that recorder, where a session is taken" {
	local ids id

	wait_until 20 none_is_left
	open_session ids lab4 'sleep 600'
	id=$(end_of server "${PORT[ids]}" .id)
	ids=$(sshidle list --json | jq -r '.sessions[].id' | sort | xargs)
	equals "$(completes keepalive --run-dir "$RUN_DIR" '')" "$ids" ids
	equals "$(completes explain --run-dir = "$RUN_DIR" '')" "$ids" ids
	has " $(completes --run-dir "$RUN_DIR" "${id%?}") " " $id "
	cp "$RUN_DIR/sessions" "$WORK/copy"
	has " $(completes list --from "$WORK/copy" '') " " $id "
	equals "$(completes keepalive --run-dir "$WORK/none" 0)" "" "ids that begin with 0"
	equals "$(completes status --run-dir "$RUN_DIR" '')" "" "operands of status"
}

@test "completion works in a shell where somebody types" {
	local typed=$WORK/typed

	# Tab, and what was completed is run.
	{
		echo "source $DEST/usr/share/bash-completion/completions/sshidle"
		echo "PATH=$DEST/usr/bin:\$PATH"
		printf 'sshidle profi\t--no-h\t >%s\n' "$typed"
		printf 'sshidle list --path-timeout=azure-f\t --no-h\t --run-dir %s >>%s\n' \
			"$RUN_DIR" "$typed"
		echo exit
	} | script -qec 'bash --noprofile --norc -i' /dev/null >"$WORK/screen" 2>&1 3>&-
	grep -qE '^aws-nat-gateway ' "$typed" || fail "$(<"$WORK/screen")"
	has "$(<"$WORK/screen")" "--path-timeout=azure-firewall"
}

# --- units ---

@test "systemd finds no fault in the units" {
	make_here install PREFIX="$WORK/prefix"
	# They name each other, the program and nothing that is not there.
	run -0 --separate-stderr systemd-analyze verify --man=no \
		"$WORK"/prefix/lib/systemd/system/*sshidle*
	equals "$output$stderr" "" "what it says"
	run -0 --separate-stderr systemd-sysusers --dry-run \
		"$WORK/prefix/lib/sysusers.d/sshidle.conf"
	has "$output$stderr" "Creating group 'sshidle'"
}

# exposure UNIT LIMIT: at most, in tenths, of 100
exposure()
{
	run -0 systemd-analyze security --offline=true --no-pager --threshold="$2" \
		"$DEST/usr/lib/systemd/system/$1"
	echo "${lines[-1]}"
}

@test "the units are exposed as little as they can be" {
	exposure sshidle.service 30
	exposure sshidle-metrics.service 20
	exposure sshidle-keepalive.service 20
}

# open_directives UNIT: those that systemd would rather see set otherwise
open_directives()
{
	systemd-analyze security --offline=true --no-pager --json=short \
		"$DEST/usr/lib/systemd/system/$1" |
		jq -r '.[] | select(.exposure != null).json_field | sub("_.*|Or[A-Z].*"; "")' |
		sort -u
}

@test "the reason stands beside each directive that had to stay open" {
	local unit directive

	for unit in sshidle sshidle-metrics sshidle-keepalive; do
		has "$(open_directives "$unit.service" | xargs)" User
		for directive in $(open_directives "$unit.service"); do
			grep -qE "^#   $directive= +[A-Za-z]" \
				"$DEST/usr/lib/systemd/system/$unit.service" ||
				fail "$unit.service does not tell why $directive= is open"
		done
	done
}

# calls_of ENTRY...: the system calls that entries of a filter name, some of them in sets
calls_of()
{
	local entry
	local -a set

	for entry; do
		if [[ $entry == @* ]]; then
			mapfile -t set < <(systemd-analyze syscall-filter "$entry" |
				awk 'NR > 1 && $1 != "#" { print $1 }')
			calls_of "${set[@]}"
		else
			echo "$entry"
		fi
	done
}

# setting UNIT DIRECTIVE: its values, also of several lines
setting()
{
	sed -n "s/^$2=//p" "$DEST/usr/lib/systemd/system/$1"
}

# allowed_calls UNIT
allowed_calls()
{
	local -a entries allowed=() denied=()

	while read -ra entries; do
		if [[ ${entries[0]} == '~'* ]]; then
			denied+=("${entries[@]#\~}")
		else
			allowed+=("${entries[@]}")
		fi
	done < <(setting "$1" SystemCallFilter)
	comm -23 <(calls_of "${allowed[@]}" | sort -u) <(calls_of "${denied[@]}" | sort -u)
}

@test "what is open to the keepalive service is enough, and what was there is kept" {
	local unit=sshidle-keepalive.service id capabilities
	local -a keepalive

	open_session saved alice4 'sleep 600'
	id=$(end_of server "${PORT[saved]}" .id)
	# Once the answer to the log-in is acknowledged.
	wait_until 20 holds server "${PORT[saved]}" '.idle.data_s > 1'
	keepalive=("$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" "$id")
	capabilities=$(setting "$unit" CapabilityBoundingSet | sed 's/CAP_/+/g; s/ /,/g')
	setpriv --bounding-set="-all,$capabilities" --inh-caps=-all -- \
		strace -fqo "$WORK/calls" "${keepalive[@]}" 3>&-
	holds server "${PORT[saved]}" .keepalive.tcp.set_by_sshidle
	"${keepalive[@]}" --undo
	holds server "${PORT[saved]}" '.keepalive.tcp.set_by_sshidle | not'
	equals "$(grep -oE 'socket\([A-Z0-9_]+' "$WORK/calls" | sort -u)" \
		"socket($(setting "$unit" RestrictAddressFamilies)" "the sockets that it makes"
	equals "$(sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$WORK/calls" | sort -u |
		comm -23 - <(allowed_calls "$unit"))" "" "system calls that it may not make"
}
