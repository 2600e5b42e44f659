# SPDX-License-Identifier: GPL-2.0-only
# The Debian package: built, clean, then installed, used and purged on a machine with systemd.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper
load machine

readonly UNITS=(sshidle.service sshidle-metrics.timer sshidle-keepalive.timer)
readonly TEXTFILE=/var/lib/prometheus/node-exporter/sshidle.prom
readonly STATE=/var/lib/sshidle/paths
readonly PACKAGE=/root/sshidle/build/sshidle_test.deb

setup_file()
{
	stop_machine
	start_package_file
	make_in "$TOP" deb B="$WORK/build"
	VERSION=$("$SSHIDLE" --version | cut -d ' ' -f 2)
	TREE=$WORK/build/deb/sshidle-$VERSION
	DEB=$(echo "$WORK"/build/sshidle_*.deb)
	dpkg-deb --extract "$DEB" "$WORK/unpacked"
	export VERSION TREE DEB NO_MACHINE=''
	if machine_is_possible 2>"$WORK/why"; then
		start_machine
		prepare_machine
	else
		NO_MACHINE=$(<"$WORK/why")
	fi
}

setup()
{
	[[ $BATS_TEST_DESCRIPTION == 'in the machine: '* ]] || return 0
	[[ -z $NO_MACHINE ]] || skip "$NO_MACHINE"
	machine test -x /usr/bin/sshidle || install_package
	listen
}

# As it is after the installation, whatever a test did.
teardown()
{
	[[ $BATS_TEST_DESCRIPTION == 'in the machine: '* && -z $NO_MACHINE ]] || return 0
	machine systemctl stop lab-session 2>/dev/null || true
	if machine test -x /usr/bin/sshidle; then
		machine systemctl --quiet disable --now "${UNITS[@]}"
		machine sshidle detach 2>/dev/null || true
	fi
	machine rm -rf "${STATE%/*}" "$TEXTFILE"
}

teardown_file()
{
	stop_machine
	sweep
}

# --- the machine, with an SSH session of its own on our MARK_PORT ---

prepare_machine()
{
	machine mkdir -p /root/sshidle "${TEXTFILE%/*}"
	tar --create --directory="$TREE" . | machine tar --extract --directory=/root/sshidle
	machine sh -c 'cat >"$0"' "$PACKAGE" <"$DEB"
	machine useradd alice
	machine usermod -p '*' root
	machine ssh-keygen -q -t ed25519 -N '' -f /root/key
	machine sh -c 'cat >/root/sshd_config' <<-TEXT
	Port $MARK_PORT
	ListenAddress 127.0.0.1
	HostKey /root/key
	AuthorizedKeysFile /root/key.pub
	PermitRootLogin prohibit-password
	StrictModes no
	UsePAM no
	PidFile none
	TEXT
	machine sh -c 'cat >/etc/sshidle.conf' <<-TEXT
	[sshidle]
	ports = $MARK_PORT
	[path default]
	timeout = 20s
	TEXT
	# Indexing all manual pages anew each time takes longer than the rest.
	machine rm -f /var/lib/man-db/auto-update
	files_of_ours >"$WORK/before"
}

# start_in_machine UNIT COMMAND...
start_in_machine()
{
	machine systemctl is-active --quiet "$1" ||
		machine systemd-run --quiet --collect --unit="$1" "${@:2}"
}

log_in()
{
	start_in_machine lab-sshd --property=RuntimeDirectory=sshd \
		/usr/sbin/sshd -D -f /root/sshd_config
	start_in_machine lab-session ssh -F none -i /root/key -p "$MARK_PORT" \
		-o ConnectionAttempts=30 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null 127.0.0.1 'sleep 600'
	wait_until 40 server_end .id
}

# server_end FILTER [COMMAND...]: what jq gives of it, as COMMAND sees it
server_end()
{
	local json

	json=$(machine "${@:2}" sshidle list --json) || return
	jq -er '.sessions[] | select(.role == "server") | '"$1" <<<"$json"
}

recorder()
{
	machine sshidle list --json | jq -er ".recorder | $1"
}

install_package()
{
	machine dpkg -i "$PACKAGE" >"$WORK/dpkg.log" 2>&1 || fail "$(<"$WORK/dpkg.log")"
}

purge_package()
{
	machine dpkg --purge sshidle >"$WORK/dpkg.log" 2>&1 || fail "$(<"$WORK/dpkg.log")"
}

# state_of is-active|is-enabled: of all units, in one line
state_of()
{
	machine systemctl "$1" "${UNITS[@]}" | xargs
}

# The journal of the units is read from here on.
listen()
{
	cursor=$(machine journalctl --no-pager --lines=1 --show-cursor | sed -n 's/^-- cursor: //p')
	[[ -n $cursor ]]
}

# said UNIT
said()
{
	machine journalctl --sync
	machine journalctl --no-pager --output=cat --after-cursor="$cursor" --unit="$1"
}

files_of_ours()
{
	machine find /etc /usr /var /run -xdev -name '*sshidle*' -not -path '/var/log/*' | sort
}

mounted_in_machine()
{
	machine grep -F ' /run/sshidle ' /proc/self/mountinfo
}

# --- the package ---

@test "the package has the version of the program, also in its changelog" {
	equals "$(dpkg-deb --field "$DEB" Version)" "$VERSION" "version of the package"
	run -0 dpkg-parsechangelog --file "$TREE/debian/changelog" --show-field Version
	equals "$output" "$VERSION" "version of the changelog"
}

@test "it is made of the tarball, which builds without git" {
	[[ ! -e $TREE/.git ]]
	equals "$("$TREE/build/sshidle" --version)" "$("$SSHIDLE" --version)" version
	[[ -s $TREE/build/sshidle.8 ]]
}

@test "lintian finds no error and no warning" {
	# It leaves files there.
	TMPDIR=$BATS_TEST_TMPDIR run -0 lintian --allow-root --fail-on error,warning \
		--tag-display-limit 0 "$WORK"/build/deb/*.changes
	equals "$output" "" "what lintian says"
}

@test "the package is built with what setup installs for a build" {
	local package wanted

	wanted=$(sed -n '/^readonly -a BUILD=(/,/^)/p' "$TOP/scripts/setup" |
		grep -oE '[a-z0-9-]+:' | tr -d :)
	has "$wanted" libbpf-dev
	for package in $wanted; do
		[[ $package =~ ^(gcc|libc6-dev|make)$ ]] ||
			grep -qE "[ |]$package(,|\$| \|)" "$TOP/scripts/debian/control" ||
			fail "$package is not in Build-Depends"
	done
}

@test "the package holds what make install puts there" {
	local files

	make_in "$TOP" install DESTDIR="$WORK/dest" PREFIX=/usr \
		UNITDIR="$(pkg-config --variable=systemdsystemunitdir systemd)"
	files=$(cd "$WORK/unpacked" && find . -type f -printf '%p %m\n' |
		sed '/\/man\//s/\.gz / /' |
		grep -vE '/doc/sshidle/(changelog.gz|copyright|README.Debian) ' | sort)
	equals "$files" "$(cd "$WORK/dest" && find . -type f -printf '%p %m\n' | sort)" files
}

@test "the program does not know where it was built" {
	run ! grep -qaF "$WORK" "$WORK/unpacked/usr/bin/sshidle"
}

# --- on a machine ---

# readme_commands: to install and set up, as they are, but for who runs them
readme_commands()
{
	awk '/^## / { ours = $2 == "Install" } ours && /^```/ { code = !code; next } ours && code' \
		"$TOP/README.md" | sed 's/sudo //g; s/^make deb && //; s/# or: /\n/'
}

# with_readme PATTERN: the command with that in it is run, where the repository is
with_readme()
{
	local command

	command=$(readme_commands | grep -F "$1" | sed 's/ *#.*//')
	[[ -n $command ]] || fail "no command in the README has '$1'" || return
	machine sh -ec "cd /root/sshidle; $command" >"$WORK/readme.log" 2>&1 ||
		fail "$command: $(<"$WORK/readme.log")"
}

@test "in the machine: the installation starts and enables nothing" {
	purge_package
	with_readme "apt install"
	# Nor does an upgrade.
	install_package
	run ! grep -i fail "$WORK/dpkg.log"
	equals "$(state_of is-enabled)" "disabled disabled disabled" "enabled units"
	equals "$(state_of is-active)" "inactive inactive inactive" "active units"
	run ! mounted_in_machine
	nothing_in_kernel
	# root looks without a recorder, and leaves nothing.
	log_in
	equals "$(recorder .attached)" false "whether a recorder is attached"
	wait_until 10 nothing_in_kernel
}

@test "in the machine: the commands of the README attach, and let a user read without privilege" {
	# As /etc/profile has it for who is not root.
	local -a user=(env PATH=/usr/local/bin:/usr/bin:/bin setpriv --reuid alice --regid alice
		--init-groups --inh-caps=-all --bounding-set=-all --no-new-privs)

	with_readme "enable --now sshidle "
	equals "$(state_of is-active)" "active inactive inactive" "active units"
	equals "$(machine stat -c '%U:%G %a' /run/sshidle)" "root:sshidle 750" "the run directory"
	is_one_recorder
	equals "$(recorder '.ports | join(",")')" "$MARK_PORT" ports
	log_in
	run ! server_end .id "${user[@]}"
	has "$output" "'sshidle'"
	with_readme "adduser alice"
	equals "$(server_end .history "${user[@]}")" recorder history
	equals "$(server_end '.owners[0].comm' "${user[@]}")" "$SSHD_COMM" owner
	with_readme "sshidle-metrics.timer"
	equals "$(state_of is-active)" "active active inactive" "active units"
}

@test "in the machine: stopping the service leaves nothing attached, and keeps what was learned" {
	machine systemctl start sshidle.service
	machine systemctl stop sshidle.service
	wait_until 10 nothing_in_kernel
	run ! mounted_in_machine
	equals "$(state_of is-active)" "inactive inactive inactive" "active units"
	machine test -s "$STATE"
	has "$(said sshidle)" "nothing was saved there yet"
}

@test "in the machine: the recorder is attached at boot, with what was learned before" {
	machine systemctl enable --now sshidle.service
	listen
	restart_machine
	equals "$(state_of is-active)" "active inactive inactive" "active units"
	is_one_recorder
	equals "$(machine stat -c '%U:%G %a' /run/sshidle)" "root:sshidle 750" "the run directory"
	has "$(said sshidle)" "Finished"
	run ! grep -F "nothing was saved there yet" <<<"$(said sshidle)"
}

@test "in the machine: an upgrade renews the recorder and keeps the histories" {
	local since

	machine systemctl start sshidle.service
	log_in
	since=$(recorder .since)
	wait_until 20 server_end '.age_s > 2 and .history == "recorder"'
	install_package
	is_one_recorder
	[[ $(recorder .since) != "$since" ]] || fail "the recorder is the old one"
	server_end '.age_s > 2 and .history == "recorder"'
	equals "$(state_of is-active)" "active inactive inactive" "active units"
	has "$(said sshidle)" "Reloaded"
	run ! grep -iF "fail" <<<"$(said sshidle)"
}

inactive()
{
	[[ $(state_of is-active) == 'inactive inactive inactive' ]]
}

# systemd saw the mount, and has done what it wants to do about it.
settled()
{
	[[ $(machine systemctl show --value --property=ActiveEnterTimestampMonotonic \
		run-sshidle.mount) != 0 && -z $(machine systemctl list-jobs --no-legend) ]]
}

@test "in the machine: a detach by hand ends the service" {
	machine systemctl start sshidle.service
	machine sshidle detach
	wait_until 10 nothing_in_kernel
	wait_until 10 inactive
}

@test "in the machine: an attach by hand is left alone" {
	machine sshidle attach
	wait_until 10 settled
	is_one_recorder
	mounted_in_machine
}

# It cannot borrow a socket here: records name processes as the host's pid namespace does.
@test "in the machine: the service of the keepalive timer is quiet while nothing is at risk" {
	machine systemctl start sshidle.service
	log_in
	machine systemctl start sshidle-keepalive.service
	equals "$(said sshidle-keepalive)" "" "what the journal tells of it"
}

@test "in the machine: the service of the metrics timer writes for the exporter" {
	machine systemctl start sshidle.service
	machine systemctl start sshidle-metrics.service
	equals "$(machine stat -c '%U:%G %a' "$TEXTFILE")" "root:root 644" "the text file"
	has "$(machine cat "$TEXTFILE")" '# TYPE sshidle_'
	equals "$(said sshidle-metrics)" "" "what the journal tells of it"
}

@test "in the machine: a purge detaches and leaves nothing" {
	machine systemctl enable --now "${UNITS[@]}"
	log_in
	machine systemctl start sshidle-metrics.service
	machine test -s "$TEXTFILE"
	machine sshidle attach --replace
	machine dpkg --purge sshidle
	wait_until 10 nothing_in_kernel
	run ! mounted_in_machine
	equals "$(files_of_ours)" "$(<"$WORK/before")" files
	run ! machine systemctl cat "${UNITS[@]}"
	equals "$(machine systemctl list-units --state=active --plain --no-legend '*sshidle*')" "" \
		units
}

@test "in the machine: a removal detaches what was attached by hand" {
	machine sshidle attach
	is_one_recorder
	machine dpkg --remove sshidle
	wait_until 10 nothing_in_kernel
	run ! machine ls -d /run/sshidle
}

@test "in the machine: make install does, and make uninstall leaves nothing" {
	purge_package
	machine groupdel sshidle
	with_readme "make install"
	machine systemctl start sshidle.service
	equals "$(machine stat -c '%U:%G %a' /run/sshidle)" "root:sshidle 750" "the run directory"
	is_one_recorder
	machine systemctl stop sshidle.service
	machine make -C /root/sshidle uninstall
	# What the service made: its state, and the place of the mount.
	machine rm -r "${STATE%/*}"
	machine rmdir /run/sshidle
	equals "$(files_of_ours)" "$(<"$WORK/before")" files
}
