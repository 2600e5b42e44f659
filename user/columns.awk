# SPDX-License-Identifier: GPL-2.0-only
# Puts the columns that `sshidle -o help` prints (first file) in place of .\" COLUMNS (second file).
FNR == NR {
	column = $1
	sub(/^[^ ]+ +/, "")
	list = list ".It Cm " column "\n" $0 "\n"
	next
}
/^\.\\" COLUMNS$/ {
	printf ".Bl -tag -width USERTIMEOUT -compact\n%s.El\n", list
	next
}
{ print }
