# SPDX-License-Identifier: GPL-2.0-only
# A machine to throw away: this one's files under an overlay, namespaces of its own, and systemd.
# What is done in it stays in a tmpfs, a cgroup and namespaces, and goes with them.
# shellcheck shell=bash

MACHINE=$WORK/machine

# The hierarchy may be empty, or mounted beside those of version 1.
machine_cgroup()
{
	echo "$(findmnt -nfo TARGET -t cgroup2)/sshidle-$LAB_NAME"
}

# Ends with a sentence why there can be no machine here.
machine_is_possible()
{
	grep -qw overlay /proc/filesystems || fail "the kernel has no overlayfs" || return
	[[ -x /lib/systemd/systemd ]] || fail "there is no systemd" || return
	mkdir -p "$(machine_cgroup)" 2>/dev/null || fail "no cgroup of version 2 can be made here"
}

run_machine()
{
	echo "$BASHPID" >"$(machine_cgroup)/cgroup.procs"
	exec setpriv --pdeathsig KILL "$BATS_TEST_DIRNAME/boot-machine" run "$MACHINE"
}

init_pid()
{
	cat "$(machine_cgroup)/init.scope/cgroup.procs"
}

# machine COMMAND...: in the machine, as its root
machine()
{
	local pid

	pid=$(init_pid) || return
	nsenter --target "$pid" --all --root --wd -- env -i PATH="$PATH" LC_ALL="$LC_ALL" \
		HOME=/root "$@" 3>&-
}

machine_is_up()
{
	local state

	state=$(machine systemctl is-system-running) || true
	[[ $state =~ ^(running|degraded)$ ]] || fail "the machine is '$state'"
}

start_machine()
{
	mkdir "$MACHINE"
	mount -t tmpfs -o mode=0755 machine "$MACHINE"
	run_machine </dev/null >"$WORK/console" 2>&1 3>&- &
	wait_until 60 machine_is_up || fail "$(<"$WORK/console")"
}

# is_another_boot PID: than the one of that init
is_another_boot()
{
	[[ $(init_pid) != "$1" ]] && machine_is_up
}

# By a signal (systemd(1)), and without a look inside: who is in a machine while it shuts down is
# stopped, as nsenter then is, and the machine waits for both.
restart_machine()
{
	local pid

	pid=$(init_pid)
	kill -s RTMIN+5 "$pid"
	wait_until 60 is_another_boot "$pid"
}

no_machine()
{
	! grep -q 'populated 1' "$(machine_cgroup)/cgroup.events"
}

# Also one that a crashed run left.
stop_machine()
{
	local cgroup

	cgroup=$(machine_cgroup)
	[[ -d $cgroup ]] || return 0
	echo 1 >"$cgroup/cgroup.kill"
	wait_until 20 no_machine
	find "$cgroup" -depth -type d -exec rmdir {} +
}
