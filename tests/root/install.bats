# SPDX-License-Identifier: GPL-2.0-only
# make install and uninstall, what is installed in use: the program, its units.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

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
		644 lib/systemd/system/run-sshidle.mount
		644 lib/systemd/system/sshidle-keepalive.service
		644 lib/systemd/system/sshidle-keepalive.timer
		644 lib/systemd/system/sshidle-metrics.service
		644 lib/systemd/system/sshidle-metrics.timer
		644 lib/systemd/system/sshidle.service
		644 lib/sysusers.d/sshidle.conf
		755 sbin/sshidle
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
	cmp "$WORK/local/usr/local/sbin/sshidle" "$SSHIDLE"
	grep -qF 'ExecStart=/usr/local/sbin/sshidle attach ' \
		"$WORK/local/usr/local/lib/systemd/system/sshidle.service"
	make_here install DESTDIR="$WORK/chosen" SBINDIR=/s MANDIR=/m DOCDIR=/d \
		UNITDIR=/u SYSUSERSDIR=/g
	equals "$(cd "$WORK/chosen" && echo *)" "d g m s u" directories
	grep -qF 'ExecStart=/s/sshidle attach ' "$WORK/chosen/u/sshidle.service"
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
	for file in sbin/other share/man/man8/other.8 lib/systemd/system/other.service; do
		echo kept >"$gone/usr/$file"
	done
	make_here uninstall DESTDIR="$gone" PREFIX=/usr
	equals "$(files "$gone/usr" | awk '{ print $2 }' | xargs)" \
		"lib/systemd/system/other.service sbin/other share/man/man8/other.8" "files left"
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
	run -0 --separate-stderr as_nobody "$GROUP" "$DEST/usr/sbin/sshidle" --json \
		--run-dir "$RUN_DIR" --config "$WORK/conf"
	equals "$stderr" "" stderr
	equals "$(pick server "${PORT[read]}" .history <<<"$output")" recorder history
	run -1 as_nobody nogroup "$DEST/usr/sbin/sshidle" --run-dir "$RUN_DIR" --config "$WORK/conf"
}

@test "the sample configuration is one that the program takes" {
	run -0 --separate-stderr "$DEST/usr/sbin/sshidle" advise 10.8.0.1 --run-dir "$WORK/none" \
		--config "$DEST/usr/share/doc/sshidle/examples/sshidle.conf"
	has "$output" 3600
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
