# SPDX-License-Identifier: GPL-2.0-only
# The source tarball: always the same bytes. That it builds is told by deb.bats.
# shellcheck disable=SC2030,SC2031,SC2154 # what run and helper set

load helper

setup_file()
{
	start_package_file
	make_in "$TOP" dist B="$WORK/first"
	version=$("$SSHIDLE" --version | cut -d ' ' -f 2)
	export TARBALL=$WORK/first/sshidle-$version.tar.xz
	export TREE=$WORK/sshidle-$version
	tar --extract --file="$TARBALL" --directory="$WORK"
}

setup()
{
	:
}

teardown_file()
{
	sweep
}

# same_tarball DIR: that made there is the one of setup_file
same_tarball()
{
	cmp "$TARBALL" "$1/${TARBALL##*/}"
}

@test "the tarball holds the files of the repository, nothing of a build, all root's" {
	local files

	run -0 tar --list --verbose --file="$TARBALL"
	equals "$(awk '{ print $2 }' <<<"$output" | sort -u)" 0/0 owners
	equals "$(awk '{ print $1 }' <<<"$output" | sort -u | xargs)" "-rw-r--r-- -rwxr-xr-x" modes
	files=$(awk '{ sub("[^/]*/", "", $6); print $6 }' <<<"$output")
	grep -qx Makefile <<<"$files"
	grep -qx .clang-format <<<"$files"
	run ! grep -E '^(build|\.git)/' <<<"$files"
	[[ ! -e $TOP/.git ]] || equals "$files" "$(git -C "$TOP" ls-files | LC_ALL=C sort)" files
}

@test "a second run gives the same bytes, whatever the time zone, umask and locale" {
	(
		umask 077
		TZ=Asia/Tokyo LC_ALL=C XZ_DEFAULTS=-T2 make_in "$TOP" dist B="$WORK/second"
	)
	same_tarball "$WORK/second"
}

@test "the tarball of an unpacked tarball is the same, also of touched files and after a build" {
	[[ ! -e $TREE/.git ]]
	touch "$TREE/README.md"
	chmod g+w "$TREE/README.md"
	mkdir -p "$TREE/build/user"
	: >"$TREE/build/user/main.o"
	make_in "$TREE" dist
	same_tarball "$TREE/build"
}
