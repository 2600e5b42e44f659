# SPDX-License-Identifier: GPL-2.0-only
# cron, NRPE and Icinga with their files as they are, where a package would put everything.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load ../root/helper

setup_file()
{
	start_own_lab games
	mkdir "$WORK/bin" "$WORK/etc" "$WORK/node-exporter"
	install -m 0755 "$SSHIDLE" "$WORK/bin/sshidle"
}

setup()
{
	eval "$(lab facts)"
	forgets_after 1h
}

teardown()
{
	end_jobs
	wait_until 60 none_is_left
}

# forgets_after DURATION: the path, as the configuration has it
forgets_after()
{
	printf '[path default]\ntimeout=%s\n' "$1" >"$WORK/etc/sshidle.conf"
}

# Before a COMMAND...: where the program, its configuration and the recorder are in their places.
INSTALLED=(unshare --mount -- bash -ec '
	mount -t overlay -o "lowerdir=$1/bin:/usr/bin" overlay /usr/bin
	mount -t overlay -o "lowerdir=$1/etc:/etc" overlay /etc
	mount -t tmpfs tmpfs /run
	mkdir -p /run/sshidle /run/lib/prometheus/node-exporter
	mount --bind "$1/run" /run/sshidle
	mount --bind "$1/node-exporter" /run/lib/prometheus/node-exporter
	mount --rbind /run/lib /var/lib
	cd /
	exec "${@:2}"' - "$WORK")

# cron_runs PATTERN: the job of that command as cron runs it: an environment of its own, no terminal
cron_runs()
{
	local line
	local -a environment=(HOME=/root LOGNAME=root)

	while read -r line; do
		case $line in
		'#'* | '') ;;
		[A-Z]*=*) environment+=("$line") ;;
		*"$1"*)
			read -r _ _ _ _ _ _ line <<<"$line"
			"${INSTALLED[@]}" setsid -w env -i "${environment[@]}" /bin/sh -c "$line" \
				</dev/null 3>&-
			return ;;
		esac
	done <"$TOP/scripts/cron/sshidle"
	fail "no job with $1"
}

@test "cron: every line is a comment, a setting or a job of root" {
	run grep -vE '^(#.*|[A-Z]+=[^ ]+|([0-9*/,-]+ ){5}root .+|)$' "$TOP/scripts/cron/sshidle"
	equals "$output" "" "lines that are something else"
	# To cron a percent sign ends the command, and a file without a last newline is none.
	run ! grep '^[^#].*%' "$TOP/scripts/cron/sshidle"
	equals "$(tail -c 1 "$TOP/scripts/cron/sshidle")" "" "the last byte"
}

@test "cron: mail comes when a session needs a person, and not before" {
	open_session one lab4 'sleep 600'
	run -0 --separate-stderr cron_runs 'check --quiet'
	equals "$output$stderr" "" "mail while all is well"
	wait_until 30 holds server "${PORT[one]}" '.idle.wire_s > 2'
	wait_until 30 holds client "${PORT[one]}" '.idle.wire_s > 2'
	forgets_after 1s
	run --separate-stderr cron_runs 'check --quiet'
	equals "$status $stderr" "2 " "status"
	equals "$(grep -c overdue <<<"$output")" 2 "lines of sessions"
}

@test "cron: the textfile is written where Debian's node_exporter reads it" {
	open_session one lab4 'sleep 600'
	run -0 --separate-stderr cron_runs 'metrics --textfile'
	equals "$output$stderr" "" mail
	equals "$(ls "$WORK/node-exporter")" sshidle.prom files
	promtool check metrics <"$WORK/node-exporter/sshidle.prom"
	grep -q '^sshidle_sessions{role="server",verdict="active"} 1$' \
		"$WORK/node-exporter/sshidle.prom"
}

# The command that NRPE hands to a shell, as a user of the recorder's group.
nrpe_runs()
{
	local command

	command=$(sed -n 's/^command\[check_sshidle\]=//p' "$TOP/scripts/nrpe/sshidle.cfg")
	[[ -n $command ]] || fail "no command" || return
	"${INSTALLED[@]}" setpriv --reuid nobody --regid games --clear-groups --no-new-privs \
		env -i /bin/sh -c "$command" </dev/null
}

@test "NRPE: its command is a plugin that needs no privilege" {
	open_session one lab4 'sleep 600'
	run -0 --separate-stderr nrpe_runs
	equals "$stderr" "" stderr
	has "$output" "SSHIDLE OK - "
	wait_until 30 holds server "${PORT[one]}" '.idle.wire_s > 2'
	forgets_after 1s
	run -2 --separate-stderr nrpe_runs
	has "$output" "SSHIDLE CRITICAL - "
}

# Of two hosts, one with sessions to check; the file as it is, but that it takes no minutes.
configure_icinga()
{
	local row='$host.name$ $service.name$ $service.state$ $service.output$'

	mkdir -p "$WORK/icinga"/{cache,data,log,run,spool}
	sed 's/check_interval = 1m/check_interval = 2s/' "$TOP/scripts/icinga/sshidle.conf" \
		>"$WORK/icinga/sshidle.conf"
	cat >"$WORK/icinga/icinga2.conf" <<-TEXT
	include <itl>
	include "$WORK/icinga/sshidle.conf"
	object CheckerComponent "checker" { }
	object Host "bastion1" {
		check_command = "dummy"
		vars.sshidle = true
		vars.sshidle_path_timeout = "1s"
	}
	object Host "other" { check_command = "dummy" }
	object PerfdataWriter "results" {
		host_perfdata_path = "$WORK/icinga/hosts"
		service_perfdata_path = "$WORK/icinga/services"
		host_temp_path = "$WORK/icinga/spool/hosts"
		service_temp_path = "$WORK/icinga/spool/services"
		rotation_interval = 1s
		service_format_template = "$row"
	}
	TEXT
}

ICINGA=("${INSTALLED[@]}" icinga2 daemon -c "$WORK/icinga/icinga2.conf"
	-D RunAsUser=root -D RunAsGroup=root -D CacheDir="$WORK/icinga/cache"
	-D DataDir="$WORK/icinga/data" -D LogDir="$WORK/icinga/log"
	-D InitRunDir="$WORK/icinga/run" -D SpoolDir="$WORK/icinga/spool")

@test "Icinga: it takes the file, and runs the check on the host that asks for it" {
	open_session one lab4 'sleep 600'
	configure_icinga
	"${ICINGA[@]}" -C
	wait_until 30 holds server "${PORT[one]}" '.idle.wire_s > 2'
	"${ICINGA[@]}" </dev/null >"$WORK/icinga/output" 2>&1 3>&- &
	wait_until 60 icinga_has_checked || fail "$(tail "$WORK/icinga/output")"
	has "$(cat "$WORK/icinga/services"*)" "bastion1 sshidle CRITICAL SSHIDLE CRITICAL - "
	run ! grep -h other "$WORK/icinga/services"*
}

icinga_has_checked()
{
	grep -q . "$WORK/icinga/services"*
}
