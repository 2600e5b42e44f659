# SPDX-License-Identifier: GPL-2.0-only
# What a Prometheus makes of three hosts: their sessions, the rules and alerts, the dashboard.
# shellcheck disable=SC2016,SC2030,SC2031 # inner shells
# shellcheck disable=SC2034,SC2153,SC2154 # what fleet reads and sets

load fleet

readonly PATH_TIMEOUT_S=40
readonly PATH_A=10.92.0.0/16 PATH_B=10.93.0.0/16

setup_file()
{
	((EUID == 0)) || fail "this ring needs root" || return
	remove_monitor && sweep || return
	mkdir -m 0755 "$WORK"
	# One prefix for all the labs' routers. Most of the timeout counts as silence.
	printf '[sshidle]\nwarn=10%%\nprefix4=16\n[path default]\ntimeout=%ss\n' "$PATH_TIMEOUT_S" \
		>"$WORK/conf"
	start_host 1 --timeout 3600 --second-timeout 3600
	start_host 2 --timeout 3600
	start_host 3 --timeout 3600
	start_prometheus
}

teardown_file()
{
	local n
	local -i status=0

	remove_monitor || status=1
	for n in "${HOSTS[@]}"; do
		host "$n"
		[[ ! -d $RUN_DIR ]] || sshidle detach || status=1
		lab down || status=1
	done
	sweep || status=1
	return "$status"
}

setup()
{
	host 1
	eval "$(lab facts)"
}

teardown()
{
	end_jobs
	end_servers
	wait_until 30 says 'sum(sshidle_sessions)' 0
}

# The end of a session here does not hear of the client's where the router has forgotten both.
end_servers()
{
	local n pid

	for n in "${HOSTS[@]}"; do
		host "$n"
		for pid in $(sshidle list --json | jq '.sessions[].owners[].pid'); do
			kill "$pid" 2>/dev/null || true
		done
	done
}

# open_on HOST NAME COMMAND: a session whose client sends nothing by itself
open_on()
{
	host "$1"
	open_session "$2" lab4 "$3" -p "$FRONT_PORT" -o TCPKeepAlive=no -o ServerAliveInterval=0
}

instance()
{
	(host "$1" && echo "$INSTANCE")
}

# open_on_second NAME COMMAND: on host 1, from a client that comes by another path
open_on_second()
{
	host 1
	start_client "$1" ssh2 -p "$FRONT_PORT" -o TCPKeepAlive=no -o ServerAliveInterval=0 lab4 \
		"$TELL_PORT$2"
	found_session "$1"
}

# firing: "NAME INSTANCE" or "NAME PREFIX" lines
firing()
{
	ask 'ALERTS{alertstate="firing"}' |
		jq -r '.[].metric | "\(.alertname) \(.instance // .prefix)"' | sort
}

# fires ["NAME INSTANCE" | "NAME PREFIX"]...: these alerts and no others
fires()
{
	write_textfiles &&
		equals "$(firing)" "$(printf '%s\n' "$@" | sort | sed '/^$/d')" alerts
}

# annotation ALERT NAME: of the one that fires
annotation()
{
	monitor curl -sSf http://127.0.0.1:9090/api/v1/alerts |
		jq -r --arg alert "$1" --arg name "$2" '.data.alerts[] |
			select(.labels.alertname == $alert and .state == "firing") |
			.annotations[$name]'
}

# What list counts on each host, as Prometheus has it: "INSTANCE VERDICT N".
listed()
{
	local n

	for n in "${HOSTS[@]}"; do
		host "$n"
		sshidle list --json | jq -r --arg instance "$INSTANCE" '.summary | to_entries[] |
			select(.key != "sessions" and .value > 0) |
			"\($instance) \(.key | sub("_"; "-")) \(.value)"'
	done | sort
}

agrees()
{
	local wanted

	write_textfiles && wanted=$(listed) &&
		equals "$(answer 'sum by (instance, verdict) (sshidle_sessions) > 0')" "$wanted" \
			"sessions by instance and verdict"
}

@test "every host tells its own sessions and no other's" {
	open_on 1 one "$(waits_for go)"
	open_on 2 two "$(waits_for go)"
	open_on 2 another "$(waits_for go)"
	open_on 3 three 'while date; do sleep 0.5; done'
	wait_until 60 says 'sum by (instance) (sshidle_sessions)' \
		"$(instance 1) 1" "$(instance 2) 2" "$(instance 3) 1"
	wait_until 60 agrees
	wait_until 60 says 'sum by (instance) (sshidle_sessions{role="client"})' \
		"$(instance 1) 0" "$(instance 2) 0" "$(instance 3) 0"
	equals "$(answer 'min by (instance) (sshidle_recorder_attached)')" \
		"$(printf '%s 1\n' "$(instance 1)" "$(instance 2)" "$(instance 3)")" "recorders"
	equals "$(answer 'sum(node_textfile_scrape_error)')" 0 "textfiles that are wrong"
}

is_annotated()
{
	has "$(annotation "$1" "$2")" "$3"
}

# age_textfile: as if nobody had written it for ten minutes
age_textfile()
{
	sed -Ei "s/^(sshidle_last_run_timestamp_seconds) .*/\1 $((EPOCHSECONDS - 600))/" \
		"$TEXTFILES/sshidle.prom"
}

@test "a host that falls silent is told, and what it said counts no more" {
	local SILENT

	open_on 3 three 'sleep 600'
	wait_until 60 fires "SshidleSessionAtRisk $(instance 3)"
	wait_until 60 says 'verdict:sshidle_sessions:sum > 0' "at-risk 1"

	host 3
	SILENT=3
	age_textfile
	wait_until 60 fires "SshidleTextfileStale $INSTANCE"
	equals "$(answer 'sum(sshidle_sessions)')" 1 "sessions in textfiles"
	wait_until 60 says 'verdict:sshidle_sessions:sum > 0' ""

	rm "$TEXTFILES/sshidle.prom"
	wait_until 60 fires "SshidleMetricsGone $INSTANCE"
	is_annotated SshidleMetricsGone description "is the textfile still written"
	ip -n "$MONITOR" link set host3 down
	wait_until 60 is_annotated SshidleMetricsGone description "does not answer"
	ip -n "$MONITOR" link set host3 up
	SILENT=
	wait_until 60 fires "SshidleSessionAtRisk $INSTANCE"
}

# expressions [TITLE]: of the dashboard, or of one panel, as Grafana would send them
expressions()
{
	jq -r --arg title "${1-}" \
		'.panels[] | select($title == "" or .title == $title).targets[].expr' \
		"$TOP/scripts/grafana/sshidle.json" |
		sed 's/\$instance/.*/g; s/\$__rate_interval/1m/g; s/\$__range/1h/g'
}

has_data()
{
	local n

	n=$(ask "$1" | jq '[.[] | select(.value[1] != "NaN")] | length') || return
	((n > 0)) || fail "no data: $1"
}

@test "every panel of the dashboard and every recorded series has data" {
	local expression
	local -i n=0

	open_on 1 one 'sleep 600'
	open_on 2 two 'sleep 600'
	wait_until 60 says 'sum(sshidle_sessions)' 2
	while read -r expression; do
		wait_until 30 has_data "$expression"
		n+=1
	done < <(expressions; sed -n 's/^ *- record: //p' \
		"$TOP/scripts/prometheus/sshidle.rules.yml")
	((n >= 20))
	run ! has_data 'sum(sshidle_no_such_thing)'
	run ! ask 'sum('
}

# The rows that Grafana makes of them, by the instance and session that they have in common.
session_table()
{
	local expression

	while read -r expression; do
		ask "$expression"
	done < <(expressions "The most urgent sessions") | jq -s '
		[.[0][].metric, .[1][].metric,
		 (.[2:] | to_entries[] | .key as $i | .value[] |
		  .metric + {(["silent", "typed", "left"][$i]): (.value[1] | tonumber)})] |
		group_by([.instance, .session]) | map(add | {instance, session, user, peer, role,
		comm, verdict: .sshidle_session_verdict, silent, typed, left})'
}

listed_sessions()
{
	local n

	for n in "${HOSTS[@]}"; do
		host "$n"
		sshidle list --json --from "$WORK/copy$n" | jq --arg instance "$INSTANCE" '
			.sessions[] | {$instance, session: .id, user: .owners[0].user,
			peer: "\(.peer.address):\(.peer.port)", role, comm: .owners[0].comm,
			verdict, silent: .idle.wire_s, typed: .idle.user_s, left: .cut_in_s}'
	done | jq -s 'sort_by([.instance, .session])'
}

# Then it is known that nobody types, although there are segments with payload.
keepalive_is_seen()
{
	sshidle list --json | jq -e '.sessions[0].idle | .user_s > .wire_s + 2' >/dev/null
}

# shows_sessions JSON: whose times are tenths of a second
shows_sessions()
{
	local table

	table=$(session_table) || return
	jq -en --argjson table "$table" --argjson listed "$1" '
		def near($a; $b): if ($a | type) == "number" and ($b | type) == "number"
			then $a - $b | fabs < 0.051 else $a == $b end;
		($table | length) == ($listed | length) and
		([$table, $listed] | transpose | all(. as [$a, $b] |
		 $a | keys | all(. as $key | near($a[$key]; $b[$key]))))' >/dev/null ||
		fail "table of sessions: is $table, should be $1"
}

@test "the table of sessions is what the JSON of each host says" {
	local n listed

	open_on 1 one 'sleep 600'
	open_on 2 two 'sleep 600'
	open_on 2 another 'while date; do sleep 0.5; done'
	host 3
	open_session three lab4 'sleep 600' -p "$FRONT_PORT" -o ServerAliveInterval=2
	wait_until 60 keepalive_is_seen
	wait_until 60 says 'sum by (verdict) (sshidle_sessions) > 0' "active 2" "at-risk 2"
	for n in "${HOSTS[@]}"; do
		host "$n"
		cp "$RUN_DIR/sessions" "$WORK/copy$n"
		write_textfile "$n" --from "$WORK/copy$n"
	done
	listed=$(listed_sessions)
	equals "$(jq length <<<"$listed")" 4 "sessions that are listed"
	wait_until 60 shows_sessions "$listed"
}

@test "no rule failed, and each was evaluated" {
	local rules

	rules=$(monitor curl -sSf http://127.0.0.1:9090/api/v1/rules)
	equals "$(jq -r '[.data.groups[].rules[] | select(.health != "ok").name] | join(" ")' \
		<<<"$rules")" "" "rules that are not well"
	equals "$(jq '[.data.groups[].rules[]] | length' <<<"$rules")" \
		"$(cat "$TOP"/scripts/prometheus/*.{rules,alerts}.yml |
		grep -cE '^ *- (record|alert):')" \
		rules
}

# An increase is an estimate, and never less than what was seen.
is_cut_in_rules()
{
	equals "$(answer 'instance_prefix:sshidle_path_fatal_silences:increase1h > 2.5' |
		cut -d ' ' -f 1-3)" "$(instance 2) node $PATH_A" "which path cuts whom" &&
		equals "$(ask \
			'prefix_cause:sshidle_path_deaths:increase1h{cause="rst-received"} > 2.5' |
			jq -r '.[].metric.prefix')" "$PATH_A" "paths that cut" &&
		equals "$(ask 'cause:sshidle_deaths:increase1h{cause="rst-received"} > 2.5' |
			jq length)" 1 "causes"
}

# nat_forgets HOST: as soon as its path is said to
nat_forgets()
{
	(host "$1" && lab exec router sysctl -qw \
		net.netfilter.nf_conntrack_tcp_timeout_established="$PATH_TIMEOUT_S")
}

# The last, because it is told for an hour that a path cuts.
@test "a session at risk raises an alert until it is saved; those that are not saved are cut" {
	local n

	wait_until 60 fires
	nat_forgets 1
	nat_forgets 2
	open_on 1 saved 'sleep 600'
	for n in 1 2 3; do
		open_on 2 "cut$n" "$(waits_for go); echo late; sleep 600"
	done
	open_on 3 busy 'while date; do sleep 0.5; done'
	open_on_second path 'while date; do sleep 0.5; done'
	wait_until 60 fires "SshidleSessionAtRisk $(instance 1)" \
		"SshidleSessionAtRisk $(instance 2)"
	wait_until 60 says 'verdict:sshidle_sessions:sum > 0' "active 2" "at-risk 4"
	wait_until 60 says 'prefix_verdict:sshidle_path_sessions:sum > 0' "$PATH_A active 1" \
		"$PATH_A at-risk 4" "$PATH_B active 1"

	host 1
	"$SSHIDLE" keepalive --run-dir "$RUN_DIR" --config "$WORK/conf" --at-risk 3>&-
	wait_until 60 fires "SshidleSessionOverdue $(instance 2)"
	wait_until 60 says 'verdict:sshidle_sessions:sum > 0' "active 2" "kept 1" "overdue 3"
	equals "$(answer 'sum(sshidle_keepalives_set)')" 1 "sessions that were saved"
	equals "$(answer 'sum(sshidle_path_fatal_silences_total)')" 0 "cuts so far"

	# The router has forgotten them: who speaks now is cut.
	go_on go
	wait_until 60 fires "SshidlePathCuts $PATH_A"
	has "$(annotation SshidlePathCuts description)" "On $(instance 2). "
	wait_until 60 is_cut_in_rules
	equals "$(answer 'sshidle_path_fatal_silences_total > 0' | wc -l)" 1 "paths that cut"
	kill -0 "${PID[saved]}" || fail "the session that was saved has ended"
}
