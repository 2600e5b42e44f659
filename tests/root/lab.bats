# SPDX-License-Identifier: GPL-2.0-only
# The lab of namespaces, where others have put something into /tmp beside it.
# shellcheck disable=SC2016,SC2154 # inner shells; what run sets

load helper

FOREIGN=/tmp/sshidle-lab-$LAB_NAME-foreign

# Overrides those of helper.bash: there is no lab yet.
setup()
{
	:
}

teardown()
{
	rm -rf "$FOREIGN"
	lab down
}

# A mount namespace in which nobody has made /run/netns yet.
in_new_run()
{
	unshare -m bash -c 'mount -t tmpfs run /run && "$@"' - "$@" 3>&-
}

@test "a folder that somebody else made is no lab" {
	echo precious >"$BATS_TEST_TMPDIR/victim"
	mkfifo -m 0666 "$BATS_TEST_TMPDIR/pipe"
	chmod 0755 "$BATS_TEST_TMPDIR"
	setpriv --reuid nobody --clear-groups bash -c 'mkdir "$0" && ln -s "$1/victim" \
		"$0/made-run-netns" && ln -s "$1/pipe" "$0/facts"' "$FOREIGN" "$BATS_TEST_TMPDIR"
	in_new_run timeout 60 bash -c '"$@" up && "$@" down' - "${LAB[@]}"
	equals "$(<"$BATS_TEST_TMPDIR/victim")" precious "the file that was linked to"
	[[ -d $FOREIGN ]]
}
