# SPDX-License-Identifier: GPL-2.0-only
# What tests/kernels/boot and suspend share: a machine in qemu with the kernel IMAGE. WORK, its
# folder, is the caller's; initrd.cpio there is what the machine begins with.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by them

PATH=$PATH:/usr/sbin:/sbin
IMAGE=$(realpath "$1")
RELEASE=${IMAGE##*/vmlinuz-}
KERNEL=${IMAGE%boot/*}
TREE=$PWD
MEMORY=2G
readonly IMAGE RELEASE KERNEL TREE MEMORY

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# There is a KVM without the processor's help, which runs only kernels made for it.
kvm_works()
{
	grep -qwE -m1 'vmx|svm' /proc/cpuinfo &&
		qemu-system-x86_64 -accel kvm -machine none -display none \
			-monitor stdio <<<quit >/dev/null 2>&1
}

# Emulated, an instruction takes 2 ns: time is the same on a slow machine. (If it took less, there
# would be more of them while a test waits.) One processor is faster than two then, addresses that
# are the same in each process are translated once, and other clocks than the processor's or wider
# registers are slow.
choose_processor()
{
	if kvm_works; then
		processor=(-accel kvm -cpu host -smp 2)
	else
		processor=(-accel "tcg,thread=single" -icount "shift=1" -smp 1
			-cpu "max,avx=off,avx2=off,la57=off,smap=off,smep=off")
	fi
}

# begin_initrd FOLDER INIT: with busybox and that first program
begin_initrd()
{
	mkdir -p "$1/bin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	cp "tests/kernels/$2" "$1/init"
}

pack_initrd()
{
	(cd "$1" && find . | cpio -o -H newc --quiet) >"$WORK/initrd.cpio"
}

# run_machine SECONDS WORDS OPTION...: for at most so long, with more words on the kernel's command
# line and more options of qemu. What the machine writes to /dev/ttyS1 is the output.
run_machine()
{
	local -a processor

	choose_processor
	timeout "$1" qemu-system-x86_64 "${processor[@]}" -m "$MEMORY" -nodefaults \
		-display none -no-reboot -serial "file:$WORK/console" -serial stdio \
		-kernel "$IMAGE" -initrd "$WORK/initrd.cpio" "${@:3}" -append "console=ttyS0 quiet \
		panic=-1 tsc=reliable norandmaps mitigations=off $2" </dev/null 2>"$WORK/qemu" |
		sed -u 's/\r$//'
}

die_early()
{
	die "$RELEASE did not come to its end: $(tail -n 20 "$WORK"/{qemu,console})"
}

# The names of its tests begin with the kernel's.
name_tests()
{
	sed -uE "s/^((not )?ok [0-9]+) /\1 Linux ${RELEASE%%-*}: /"
}
