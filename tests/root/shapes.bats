# SPDX-License-Identifier: GPL-2.0-only
# Options become constants of the programs, by which the kernel's verifier takes other ways through
# them: each shape must load, and be what was asked for.
# shellcheck disable=SC2046,SC2183 # two words

load helper

setup_file()
{
	make_work
}

setup()
{
	:
}

teardown()
{
	sshidle detach
}

# ports_from N: so many, of which MARK_PORT is the first
ports_from()
{
	seq -s , "$MARK_PORT" $((MARK_PORT + $1 - 1))
}

# attach_as PORTS PREFIX4 PREFIX6
attach_as()
{
	printf '[sshidle]\nprefix4 = %s\nprefix6 = %s\n' "$2" "$3" >"$WORK/conf"
	sshidle attach --replace -p "$1" || fail "attach -p $1 with /$2 and /$3"
}

# loaded_lengths: of prefix4 and prefix6 of struct watch_config, as the kernel has them
loaded_lengths()
{
	local program map

	program=$(bpftool -j link show pinned "$RUN_DIR/recorder/tcp_probe" | jq .prog_id)
	for map in $(bpftool -j prog show id "$program" | jq '.map_ids[]'); do
		[[ $(bpftool -j map show id "$map" | jq -r .name) == *rodata ]] || continue
		printf '%d %d' $(bpftool -j map dump id "$map" | jq -r '.[0].value | .[16], .[36]')
	done
}

@test "a recorder for one port, two and as many as there may be" {
	local -i n

	for n in 1 2 16; do
		attach_as "$(ports_from "$n")" 24 48
		equals "$(sshidle list --json | jq -r '.recorder.ports | join(",")')" \
			"$(ports_from "$n")" "the recorder's ports"
	done
	sshidle status >/dev/null
}

@test "paths told apart by the shortest prefixes and by whole addresses" {
	local -i length4 length6

	while read -r length4 length6; do
		attach_as "$MARK_PORT" "$length4" "$length6"
		equals "$(loaded_lengths)" "$((96 + length4)) $length6" "lengths in the kernel"
	done <<-LENGTHS
	1 1
	32 128
	LENGTHS
	sshidle history --json | jq -e '.clusters == []'
}

@test "one look without a recorder for one port, two and as many as there may be" {
	local -i n

	for n in 1 2 16; do
		sshidle list --json -p "$(ports_from "$n")" |
			jq -e '.recorder.attached == false and .sessions == []' ||
			fail "list for $n ports"
	done
}

# What loops and ways multiply to, which is also what attach waits for. The kernel allows a million.
@test "the verifier has few instructions to look at" {
	local object said most

	mkdir "$WORK/bpf"
	mount -t bpf bpf "$WORK/bpf"
	for object in recorder snapshot; do
		said=$(bpftool -d prog loadall "$TOP/build/bpf/$object.bpf.o" \
			"$WORK/bpf/$object" 2>&1)
		most=$(awk '$1 == "processed" { print $2 }' <<<"$said" | sort -n | tail -n 1)
		between "$most" 1 100000 0 "instructions of the $object's largest program"
	done
}
