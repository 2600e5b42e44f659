# SPDX-License-Identifier: GPL-2.0-only
# Each target of libFuzzer takes its corpus, and some seconds of what comes of it. `make fuzz` goes on
# for longer.

TOP=${SSHIDLE_TOP:-$(realpath "$BATS_TEST_DIRNAME/../..")}
readonly SECONDS_EACH=5

# takes TARGET
takes()
{
	"$TOP/build/fuzz/$1" -max_total_time="$SECONDS_EACH" -artifact_prefix="$BATS_TEST_TMPDIR/" \
		"$BATS_TEST_TMPDIR" "$BATS_TEST_DIRNAME/corpus/$1" 2>&1
}

@test "the configuration" {
	takes config
}

@test "durations, ranges, timeouts and lists of ports" {
	takes duration
}

@test "the command line" {
	takes options
}

@test "prefixes" {
	takes prefix
}

@test "records, and all that is printed of them" {
	takes records
}

@test "the rhythm of a flow" {
	takes rhythm
}

@test "every target is here" {
	local target

	for target in "$BATS_TEST_DIRNAME"/*.c; do
		grep -q "takes $(basename "$target" .c)\$" "$BATS_TEST_FILENAME"
	done
}
