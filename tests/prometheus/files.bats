# SPDX-License-Identifier: GPL-2.0-only
# The files for Prometheus and Grafana by themselves: valid, tested, and of metrics that exist.
# shellcheck disable=SC2154 # what run sets

bats_require_minimum_version 1.5.0

setup()
{
	TOP=${SSHIDLE_TOP:-$(realpath "$BATS_TEST_DIRNAME/../..")}
	cp -r "$TOP/scripts/prometheus" "$BATS_TEST_TMPDIR/prometheus"
	cd "$BATS_TEST_TMPDIR/prometheus" || return
}

@test "promtool takes the configuration, the rules and the alerts" {
	promtool check config prometheus.yml
	promtool check rules sshidle.rules.yml sshidle.alerts.yml
	sed -i 's/sum by (verdict)/sum by verdict/' sshidle.rules.yml
	run ! promtool check config prometheus.yml
}

# breaks FILE SED-SCRIPT: the tests of the rules see that
breaks()
{
	cp "$1" kept
	sed -i "$2" "$1"
	! cmp -s "$1" kept || { echo "'$2' changes nothing in $1" >&2; return 1; }
	run ! promtool test rules sshidle.test.yml
	mv kept "$1"
}

@test "the tests of the rules pass, and fail where a rule is wrong" {
	promtool test rules sshidle.test.yml
	breaks sshidle.alerts.yml 's/verdict="overdue"/verdict="dead"/'
	breaks sshidle.alerts.yml 's/for: [25]m/for: 0m/'
	breaks sshidle.alerts.yml 's/> 2.5/> 0/'
	breaks sshidle.alerts.yml 's/^ *and on (job, instance)$/or/'
	breaks sshidle.alerts.yml 's/lost_total\[15m\]) > 0/lost_total[15m]) > 9/'
	breaks sshidle.rules.yml 's/<= 300/<= 3000/'
	breaks sshidle.rules.yml 's/without (role)/without (role, instance)/'
	breaks sshidle.rules.yml 's/by (prefix, cause)/by (prefix)/'
	breaks sshidle.rules.yml 's/by (prefix) (inst/by (job) (inst/'
}

metrics_that_exist()
{
	"$TOP/build/sshidle" metrics --config /dev/null --per-session 1 \
		--from "$TOP/tests/golden/at-risk.rec" |
		awk '/^# TYPE/ { print $3; if ($4 == "histogram") print $3 "_bucket" }' | sort
}

# Series of rules are made of two colons, and are none of sshidle's own.
metrics_asked_for()
{
	{
		sed '/record:/d' sshidle.rules.yml sshidle.alerts.yml
		jq -r '.panels[].targets[].expr, .templating.list[].query.query?' \
			"$TOP/scripts/grafana/sshidle.json"
	} | grep -oE '[a-z_:]*sshidle_[a-z_:0-9]+' | grep -v : | sort -u
}

@test "every metric that is asked for exists" {
	(($(metrics_asked_for | wc -l) >= 10))
	run -0 comm -23 <(metrics_asked_for) <(metrics_that_exist)
	[[ -z $output ]]
}

@test "every rule has a test" {
	local name

	while read -r name; do
		grep -qF "$name" sshidle.test.yml || { echo "no test of $name" >&2; return 1; }
	done < <(sed -nE 's/^ *- (record|alert): //p' sshidle.rules.yml sshidle.alerts.yml)
}

@test "the dashboard is whole" {
	jq -e '(.panels | map(.id) | length == (unique | length)) and
		all(.panels[]; .title != "" and .description != "" and (.targets | length > 0)) and
		all(.panels[], .panels[].targets[]; .datasource.uid == "${datasource}") and
		.templating.list[0].type == "datasource"' "$TOP/scripts/grafana/sshidle.json"
}
