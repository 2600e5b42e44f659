# SPDX-License-Identifier: GPL-2.0-only
# A kernel that lacks what the programs need is told so in one sentence: what it is, since when
# Linux has it. The kernel describes itself by its BTF, of which these tests spoil a copy.
# shellcheck disable=SC2016,SC2154 # inner shells; what run and helper set

load helper

readonly KERNEL_BTF=/sys/kernel/btf/vmlinux

setup_file()
{
	make_work
}

setup()
{
	:
}

# on_kernel BTF COMMAND...: in a mount namespace where the kernel describes itself by that file
on_kernel()
{
	unshare --mount sh -c 'mount --bind "$1" "$2"; shift 2; exec "$@"' \
		sh "$1" "$KERNEL_BTF" "${@:2}" 3>&-
}

# rename_in_btf NAME: a copy that has another name of the same length
rename_in_btf()
{
	sed -z "s/^$1\$/${1%?}#/" "$KERNEL_BTF" >"$WORK/btf"
	! cmp -s "$WORK/btf" "$KERNEL_BTF" || fail "the kernel's BTF has no $1"
}

# attach_on and look_on BTF [COMMAND...]: both load programs, and must fail
attach_on()
{
	run -1 --separate-stderr on_kernel "$1" "${@:2}" "$SSHIDLE" attach \
		--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT"
	[[ ! -e $RUN_DIR ]] || fail "$RUN_DIR is left"
}

look_on()
{
	run -1 --separate-stderr on_kernel "$1" "${@:2}" "$SSHIDLE" list \
		--run-dir "$RUN_DIR" --config "$WORK/conf" -p "$MARK_PORT"
}

@test "a tracepoint or an iterator that is not there is named" {
	local name words since

	while read -r name since words; do
		rename_in_btf "$name"
		attach_on "$WORK/btf"
		one_sentence "cannot load the recorder" "$(uname -r), has no $words," \
			"since $since "
	done <<-NEEDS
	btf_trace_tcp_probe 4.16 tracepoint tcp_probe
	btf_trace_inet_sock_set_state 4.16 tracepoint inet_sock_set_state
	btf_trace_tcp_retransmit_skb 4.15 tracepoint tcp_retransmit_skb
	btf_trace_tcp_receive_reset 4.15 tracepoint tcp_receive_reset
	bpf_iter_ksym 6.0 BPF iterator ksym
	bpf_iter_task_file 5.8 BPF iterator task_file
	NEEDS
	look_on "$WORK/btf"
	one_sentence "cannot load the snapshot" "no BPF iterator task_file,"
}

# without_bpf ERROR: bpf(2) fails, as it does for a program that calls what is not there
without_bpf()
{
	refuse=(strace -qq -f -o /dev/null -e trace=bpf -e "inject=bpf:error=$1")
}

@test "a helper that is not there is named" {
	local name since
	local -a refuse

	without_bpf EINVAL
	while read -r name since; do
		rename_in_btf "BPF_FUNC_$name"
		attach_on "$WORK/btf" "${refuse[@]}"
		one_sentence "cannot load the recorder" "has no helper bpf_$name," \
			"since $since "
	done <<-NEEDS
	ktime_get_tai_ns 6.1
	for_each_map_elem 5.13
	sock_from_file 5.11
	skc_to_tcp_sock 5.9
	NEEDS
}

@test "what nothing missing explains is told in the system's words" {
	local -a refuse

	without_bpf EINVAL
	attach_on "$KERNEL_BTF" "${refuse[@]}"
	one_sentence "cannot load the recorder: Invalid argument" "-v"
}

@test "a kernel without BTF is told so, and what would bring it" {
	mkdir -p "$WORK/empty"
	run -1 --separate-stderr unshare --mount sh -c 'mount --bind "$1" /sys/kernel/btf &&
		exec "$2" list --run-dir "$3" --config "$4"' \
		sh "$WORK/empty" "$SSHIDLE" "$RUN_DIR" "$WORK/conf"
	one_sentence "cannot load the snapshot" "no BTF at $KERNEL_BTF" "since 5.4" \
		CONFIG_DEBUG_INFO_BTF
}

@test "a kernel without bpf(2) is told so, and what would bring it" {
	local -a refuse

	without_bpf ENOSYS
	look_on "$KERNEL_BTF" "${refuse[@]}"
	one_sentence "cannot load the snapshot" "no bpf(2)" CONFIG_BPF_SYSCALL
}
