# SPDX-License-Identifier: GPL-2.0-only
# Of all that gcov says: how many of a file's lines ran in any build, and which ran in none.

def percent: "\(.ran * 1000 / .lines | floor / 10) % of \(.lines) lines";

def function_at($line; $functions):
	first($functions[] | select(.start_line <= $line and $line <= .end_line).name) // "";

# [{line, ran}] in order: "function first-last" for each stretch of lines that never ran
def stretches($functions):
	reduce .[] as $at ({list: [], open: null};
		function_at($at.line; $functions) as $function
		| if $at.ran then .open = null
		  elif .open == $function then .list[-1].last = $at.line
		  else .open = $function | .list += [{$function, first: $at.line, last: $at.line}]
		  end)
	| .list
	| map("\(.function) \(.first)\(if .last > .first then "-\(.last)" else "" end)");

reduce (inputs.files[] | select(.file | startswith("user/"))) as $file ({};
	.[$file.file].functions += $file.functions
	| reduce $file.lines[] as $line (.;
		.[$file.file].lines[$line.line_number | tostring] |= {
			line: $line.line_number,
			ran: (.ran or $line.count > 0),
		}))
| map_values(.functions as $functions | [.lines[]] | sort_by(.line) | {
	lines: length, ran: map(select(.ran)) | length, left: stretches($functions),
})
| (to_entries | sort_by(.key)[] |
	"\(.key): \(.value | percent)"
	+ (.value.left | if . == [] then "" else ", not " + join(", ") end)),
  ("user/: " + ({lines: map(.lines) | add, ran: map(.ran) | add} | percent))
