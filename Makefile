# SPDX-License-Identifier: GPL-2.0-only
# Builds, tests, shows and measures sshidle. `make help` lists the targets, V=1 shows the commands.

VERSION := 0.1.0
ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
# Ubuntu's bpftool is a wrapper that looks for the running kernel's tools: any will do.
BPFTOOL ?= $(firstword $(wildcard /usr/lib/linux-tools/*/bpftool /usr/sbin/bpftool) bpftool)
B ?= build
JOBS := $(shell nproc)

Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' '$(1)' '$(2)')

.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

all: $(B)/sshidle man ## the program and its man pages (default)
	@:

# ---- flags

PACKAGES := libbpf json-c smartcols libnetfilter_conntrack ncursesw
# What an initializer does not name is zero, and that is meant.
WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wold-style-definition -Wpointer-arith -Wundef -Wvla -Wdate-time \
	-Wformat=2 -Wno-format-nonliteral $(WERROR)
CFLAGS ?= -O2 -g
CPPFLAGS_ALL := -D_GNU_SOURCE -DSSHIDLE_VERSION='"$(VERSION)"' -I$(B) $(CPPFLAGS)
CFLAGS_ALL = -std=gnu11 $(WARNINGS) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -linih -lm

# Of the machine that it is built for.
BPF_ARCH := $(shell $(CC) -dumpmachine | \
	sed 's/-.*//;s/x86_64/x86/;s/i.86/x86/;s/aarch64/arm64/;s/powerpc64le/powerpc/' | \
	sed 's/s390x/s390/;s/riscv64/riscv/')
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) \
	-Wall -Wextra -Wno-unused-parameter -ffile-prefix-map=$(CURDIR)=. $(WERROR)

# ---- BPF: objects, skeletons

BPF_OBJECTS := $(B)/bpf/recorder.bpf.o $(B)/bpf/snapshot.bpf.o
SKELETONS := $(BPF_OBJECTS:.bpf.o=.skel.h)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

%.skel.h: %.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(*F)_bpf > $@

# The same programs against the header that the running kernel describes itself with.
$(B)/vmlinux/vmlinux.h:
	$(call say,VMLINUX,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux format c > $@

$(B)/vmlinux/%.bpf.o: bpf/%.bpf.c $(B)/vmlinux/vmlinux.h
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSSHIDLE_VMLINUX -I$(B)/vmlinux -MMD -MP -c $< -o $@

vmlinux-check: $(BPF_OBJECTS:$(B)/bpf/%=$(B)/vmlinux/%) ## BPF against the running kernel's header

# ---- the program

SOURCES := $(wildcard user/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
SCHEMAS := $(wildcard user/*.schema.json)

$(B)/user/%.o: user/%.c | $(SKELETONS) $(B)/user/profiles.inc
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

# What tells the version is made anew when only that has changed.
$(B)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

$(foreach build,user coverage/user asan/user fuzz/user,\
	$(addprefix $(B)/$(build)/,main.o metrics_show.o)): $(B)/version

$(B)/user/profiles.inc: user/profiles.awk user/path-timeouts.tsv
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)awk -f user/profiles.awk user/path-timeouts.tsv > $@

$(B)/user/profile.o: $(B)/user/profiles.inc
$(B)/user/schema.o: $(SCHEMAS)

$(B)/sshidle: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

# ---- man pages

man: $(B)/sshidle.8 $(B)/sshidle.conf.5

$(B)/sshidle.8: user/sshidle.8.in $(B)/sshidle user/columns.awk
	$(call say,MAN,$@)
	$(Q)$(B)/sshidle -o help | awk -f user/columns.awk - $< > $@

$(B)/sshidle.conf.5: user/sshidle.conf.5
	$(call say,MAN,$@)
	$(Q)cp $< $@

# ---- the program once more, counting which lines run, for the root ring

# The counts of all runs are merged outside the tree, where users without privilege can get. What
# children did before they end or become another program counts, too.
COVERAGE := --coverage -fno-early-inlining -fno-builtin-fork
COVERAGE_LINK := --coverage -Wl,--wrap=__gcov_exit
COVERAGE_OBJECTS := $(SOURCES:%.c=$(B)/coverage/%.o)

$(B)/coverage/user/%.o: user/%.c | $(SKELETONS) $(B)/user/profiles.inc
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(COVERAGE) -MMD -MP -c $< -o $@

$(B)/coverage/counts.h: tests/coverage/counts
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)echo "#define COUNTS \"$$($< where)\"" > $@

$(B)/coverage/counts.o: tests/coverage/counts.c $(B)/coverage/counts.h
	$(call say,CC,$@)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(foreach build,coverage asan,$(addprefix $(B)/$(build)/user/,child.o run.o)): \
	COVERAGE += -D_exit=counts_exit -Dexecve=counts_execve -Dexecveat=counts_execveat
$(B)/coverage/user/profile.o: $(B)/user/profiles.inc
$(B)/coverage/user/schema.o: $(SCHEMAS)

$(B)/coverage/sshidle: $(COVERAGE_OBJECTS) $(B)/coverage/counts.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(COVERAGE_LINK) $(LDFLAGS) $^ $(LIBS) -o $@

# ---- and with AddressSanitizer and UBSan, for the unit and golden rings, counting as well

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-DBLOCK_BYTES=4096
ASAN_OBJECTS := $(SOURCES:%.c=$(B)/asan/%.o)
ASAN_LIBRARY := $(B)/asan/libsshidle.a
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/asan/unit/%,$(wildcard tests/unit/test_*.c))

$(B)/asan/user/%.o: user/%.c | $(SKELETONS) $(B)/user/profiles.inc
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(SANITIZE) $(COVERAGE) -MMD -MP -c $< -o $@

$(B)/asan/user/profile.o: $(B)/user/profiles.inc
$(B)/asan/user/schema.o: $(SCHEMAS)

$(B)/asan/sshidle: $(ASAN_OBJECTS) $(B)/coverage/counts.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(SANITIZE) $(COVERAGE_LINK) $(LDFLAGS) $^ $(LIBS) -o $@

$(ASAN_LIBRARY): $(filter-out %/main.o,$(ASAN_OBJECTS)) $(B)/coverage/counts.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/asan/unit/%: tests/unit/%.c $(ASAN_LIBRARY)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(SANITIZE) $(COVERAGE_LINK) -MMD -MP $< \
		$(ASAN_LIBRARY) $(LIBS) -lcmocka -o $@

# ---- and with libFuzzer: tests/fuzz/TARGET.c with its corpus in tests/fuzz/corpus/TARGET

FUZZ_SECONDS ?= 600
FUZZ := $(SANITIZE) -fsanitize=fuzzer-no-link
FUZZ_LIBRARY := $(B)/fuzz/libsshidle.a
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))

$(B)/fuzz/user/%.o: user/%.c | $(SKELETONS) $(B)/user/profiles.inc
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(FUZZ) -MMD -MP -c $< -o $@

$(B)/fuzz/user/profile.o: $(B)/user/profiles.inc
$(B)/fuzz/user/schema.o: $(SCHEMAS)

$(FUZZ_LIBRARY): $(patsubst %,$(B)/fuzz/%,$(filter-out user/main.o,$(SOURCES:.c=.o)))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/fuzz/%: tests/fuzz/%.c $(FUZZ_LIBRARY)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(FUZZ) -fsanitize=fuzzer -MMD -MP $< \
		$(FUZZ_LIBRARY) $(LIBS) -o $@

# What is found goes to build/fuzz/found/TARGET, what makes a target fail to build/fuzz/TARGET-*.
fuzz: ## look for input that fails: FUZZ_SECONDS=600 for each target
	$(Q)scripts/setup test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_TARGETS:%=%.run)

$(FUZZ_TARGETS:%=%.run): %.run: %
	$(call say,RUN,$<)
	@mkdir -p $(B)/fuzz/found/$(<F)
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$<- \
		$(B)/fuzz/found/$(<F) tests/fuzz/corpus/$(<F)

# ---- tests and demo: what they need is installed first, so a bare machine needs no other command

RINGS := package root prometheus kernels analysis fuzz golden unit
export KERNEL_TESTS ?= short
export KERNEL_IMAGES ?=

test: ## install what is missing, then run all tests
	$(Q)scripts/setup test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) test-build
	$(Q)tests/run $(RINGS) coverage

test-build: all $(B)/coverage/sshidle $(B)/asan/sshidle $(UNIT_TESTS) $(FUZZ_TARGETS)
test-build: $(B)/bench/hold $(B)/test/antiidle vmlinux-check

$(B)/test/antiidle: tests/root/antiidle.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS) $< -lssh -o $@

test-%: test-build ## one ring of the tests: test-unit, test-root ...
	$(Q)tests/run $*

# What the analysis ring compiles with, an option a line.
flags:
	@printf '%s\n' $(CPPFLAGS_ALL) $(CFLAGS_ALL)

bpf-flags:
	@printf '%s\n' $(BPF_CFLAGS)

test-kernels: ## boot other kernels: KERNEL_TESTS=all, KERNEL_IMAGES=DIR/boot/vmlinuz-RELEASE
	$(Q)scripts/setup test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) test-build
	$(Q)tests/run kernels

SOAK_MINUTES ?= 30

soak: ## sessions come, go and are cut for SOAK_MINUTES=30, and nothing may be lost or grow
	$(Q)scripts/setup test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)tests/soak/soak $(SOAK_MINUTES)

demo: ## install what is missing, then show the main job on real sessions
	$(Q)scripts/setup demo
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)scripts/demo

# ---- installation: what `install` puts there, `uninstall` removes

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/sshidle
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d

UNITS := $(wildcard scripts/systemd/*.mount scripts/systemd/*.timer scripts/systemd/*.service.in)
EXAMPLES = $(shell find scripts -type f \
	-regex 'scripts/\(cron\|grafana\|icinga\|nrpe\|prometheus\)/.*')

# MODE:FILE:TARGET
INSTALLED = 0755:$(B)/sshidle:$(BINDIR)/sshidle \
	0644:$(B)/sshidle.8:$(MANDIR)/man8/sshidle.8 \
	0644:$(B)/sshidle.conf.5:$(MANDIR)/man5/sshidle.conf.5 \
	0644:scripts/sshidle.bash-completion:$(COMPLETIONDIR)/sshidle \
	0644:scripts/systemd/sysusers:$(SYSUSERSDIR)/sshidle.conf \
	0644:user/sshidle.conf.example:$(DOCDIR)/examples/sshidle.conf \
	$(foreach file,$(EXAMPLES),0644:$(file):$(DOCDIR)/examples/$(file:scripts/%=%))
field = $(word $(1),$(subst :, ,$(2)))
target = '$(DESTDIR)$(call field,3,$(1))'
unit_target = '$(DESTDIR)$(UNITDIR)/$(patsubst %.in,%,$(notdir $(1)))'
install_row = install -D -m $(call field,1,$(1)) $(call field,2,$(1)) $(call target,$(1));
# The examples name the program where Debian has it.
install_row += $(if $(filter scripts/%,$(call field,2,$(1))),sed -i \
	's|/usr/bin/sshidle|$(BINDIR)/sshidle|' $(call target,$(1));)
install_unit = sed -e 's|@BINDIR@|$(BINDIR)|' \
	-e '/@HARDENING@/{r scripts/systemd/hardening' -e 'd}' $(1) | \
	install -D -m 0644 /dev/stdin $(call unit_target,$(1));

install: all ## install below PREFIX=/usr/local; DESTDIR, BINDIR, MANDIR, UNITDIR ...
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)set -e; $(foreach row,$(INSTALLED),$(call install_row,$(row))) \
		$(foreach unit,$(UNITS),$(call install_unit,$(unit)))

uninstall: ## remove what install put there, given the same directories
	$(call say,REMOVE,$(DESTDIR)$(PREFIX))
	$(Q)rm -f $(foreach row,$(INSTALLED),$(call target,$(row))) \
		$(foreach unit,$(UNITS),$(call unit_target,$(unit)))
	$(Q)find '$(DESTDIR)$(DOCDIR)/examples' -type d -empty -delete 2>/dev/null || :
	$(Q)rmdir '$(DESTDIR)$(DOCDIR)' 2>/dev/null || :

# ---- source tarball and Debian package

DIST := sshidle-$(VERSION)
# Without git it is an unpacked tarball, whose files have the time of the last commit.
ifneq ($(wildcard .git),)
DIST_FILES = git ls-files
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
else
DIST_FILES = find * .[!.]* -path build -prune -o ! -type d -print
SOURCE_DATE_EPOCH ?= $(shell stat -c %Y Makefile)
endif

dist: ## a source tarball: build/sshidle-VERSION.tar.xz
	$(call say,DIST,$(B)/$(DIST).tar.xz)
	@mkdir -p $(B)
	$(Q)$(DIST_FILES) > $(B)/dist.files
	$(Q)LC_ALL=C sort -o $(B)/dist.files $(B)/dist.files
	$(Q)tar --create --file=$(B)/$(DIST).tar --files-from=$(B)/dist.files --format=gnu \
		--transform='s,^,$(DIST)/,' --mtime=@$(SOURCE_DATE_EPOCH) --mode=u=rwX,go=rX \
		--owner=0 --group=0 --numeric-owner
	$(Q)xz --force --threads=1 $(B)/$(DIST).tar

# The package is made of the tarball, by a make of its own.
deb: ## install what is missing, then a Debian package: build/sshidle_VERSION_ARCH.deb
	$(Q)scripts/setup deb
	$(Q)$(MAKE) --no-print-directory dist
	$(call say,DEB,$(B)/deb)
	$(Q)rm -rf $(B)/deb $(B)/sshidle_*.deb && mkdir $(B)/deb
	$(Q)tar --extract --file=$(B)/$(DIST).tar.xz --directory=$(B)/deb
	$(Q)cp -r scripts/debian $(B)/deb/$(DIST)/debian
	$(Q)sed -e 's/@VERSION@/$(VERSION)/' \
		-e "s/@DATE@/$$(LC_ALL=C date -uRd @$(SOURCE_DATE_EPOCH))/" \
		scripts/debian/changelog.in > $(B)/deb/$(DIST)/debian/changelog
	$(Q)cd $(B)/deb/$(DIST) && env -u MAKEFLAGS -u MAKELEVEL -u B dpkg-buildpackage -us -uc -b
	$(Q)cp $(B)/deb/sshidle_*.deb $(B)

# ---- benchmarks

BENCH_SESSIONS ?= 1000 10000 99000

$(B)/bench/empty.bpf.o: tests/bench/empty.bpf.c
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/bench/%.o: tests/bench/%.c | $(SKELETONS) $(B)/bench/empty.skel.h
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(B)/bench/hold: $(B)/bench/hold.o $(B)/bench/lab.o
$(B)/bench/cost $(B)/bench/traffic: %: %.o $(B)/bench/lab.o $(B)/user/watch.o $(B)/user/prefix.o
$(B)/bench/hold $(B)/bench/cost $(B)/bench/traffic:
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) $^ $(LIBS) -o $@

bench: ## measure, as ratios in one run: BENCH_SESSIONS="1000 10000 99000"
	$(Q)scripts/setup bench
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all $(addprefix $(B)/bench/,hold cost traffic)
	$(Q)tests/bench/bench $(BENCH_SESSIONS)

clean: ## remove build/
	$(Q)rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^[a-z %-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: FORCE all bench bpf-flags clean deb demo dist flags fuzz help install man soak test \
	test-build test-kernels uninstall vmlinux-check

-include $(wildcard $(addprefix $(B)/,user/*.d bpf/*.d vmlinux/*.d coverage/*.d coverage/user/*.d \
	asan/user/*.d asan/unit/*.d fuzz/*.d fuzz/user/*.d bench/*.d))
