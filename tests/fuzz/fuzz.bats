# SPDX-License-Identifier: GPL-2.0-only
# Each target of libFuzzer takes its corpus, and the same runs of what comes of it. `make fuzz`
# looks for what is new.

TOP=${SSHIDLE_TOP:-$(realpath "$BATS_TEST_DIRNAME/../..")}
readonly LIMIT_S=300

# takes TARGET RUNS
takes()
{
	timeout "$LIMIT_S" "$TOP/build/fuzz/$1" -seed=1 -runs="$2" \
		-artifact_prefix="$BATS_TEST_TMPDIR/" "$BATS_TEST_TMPDIR" \
		"$BATS_TEST_DIRNAME/corpus/$1" 2>&1
}

@test "the configuration" {
	takes config 100000
}

@test "durations, ranges, timeouts and lists of ports" {
	takes duration 100000
}

@test "the command line" {
	takes options 100000
}

@test "prefixes" {
	takes prefix 300000
}

@test "records, and all that is printed of them" {
	takes records 300
}

@test "the rhythm of a flow" {
	takes rhythm 200000
}

@test "every target is here" {
	local target

	for target in "$BATS_TEST_DIRNAME"/*.c; do
		grep -q "takes $(basename "$target" .c) " "$BATS_TEST_FILENAME"
	done
}
