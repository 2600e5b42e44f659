# SPDX-License-Identifier: GPL-2.0-only
# Turns path-timeouts.tsv into rows of struct profile; a malformed row is fatal.

function fail(line, why)
{
	printf "%s:%d: %s\n", FILENAME, line, why > "/dev/stderr"
	failed = 1
	exit 1
}

function quoted(text)
{
	gsub(/["\\]/, "\\\\&", text)
	return "\"" text "\""
}

BEGIN { FS = "\t" }

/^#/ { next }

NF != 6 { fail(NR, NF " columns instead of 6") }
/[\001-\010\013-\037]/ { fail(NR, "control character") }
$1 !~ /^[a-z][a-z0-9-]*$/ { fail(NR, "name \"" $1 "\" is not of a-z, 0-9 and -") }
$1 in seen { fail(NR, "name \"" $1 "\" was used in line " seen[$1]) }
$2 !~ /^[1-9][0-9]*$/ { fail(NR, "seconds \"" $2 "\" are not a number above 0") }
$2 > 315360000 { fail(NR, "seconds \"" $2 "\" are more than 3650 days") }
$3 !~ /^([0-9]+-[0-9]+|fixed)?$/ { fail(NR, "range \"" $3 "\" is not empty, fixed or MIN-MAX") }
$4 !~ /^(silent|silent-rst|rst|close)$/ { fail(NR, "unknown at_expiry \"" $4 "\"") }
$5 == "" { fail(NR, "nothing says what it is") }
$6 !~ /^(documented|reported|recalled)$/ { fail(NR, "unknown confidence \"" $6 "\"") }

{
	seen[$1] = NR
	rows++
	printf "\t{%s, %s, %s, ", quoted($1), $2, quoted($3)
	printf "%s, %s, %s},\n", quoted($4), quoted($5), quoted($6)
}

END {
	if (!failed && !rows)
		fail(NR, "no rows")
}
