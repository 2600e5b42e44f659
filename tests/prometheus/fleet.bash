# SPDX-License-Identifier: GPL-2.0-only
# Three hosts behind three NATs, each with sshd, a recorder and node_exporter, and one Prometheus.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # what the helper of the root ring sets and reads

load ../root/helper

readonly HOSTS=(1 2 3)
# What a lab tells of itself is another name.
readonly FLEET=$LAB_NAME
readonly MONITOR=$FLEET-mon
# The clients ask for this port, and the NAT hands them on: so no host watches the clients' ends.
readonly FRONT_PORT=2222

declare -i WRITTEN_S=0

# host N: what lab(), sshidle() and open_session() mean from now on
host()
{
	LAB=("$TOP/scripts/nat-lab" --name "$FLEET-$1")
	RUN_DIR=$WORK/run$1
	TEXTFILES=$WORK/textfiles$1
	INSTANCE=10.94.$1.2:9100
	HOST_PORT=$((MARK_PORT + $1))
}

monitor()
{
	nsenter --net="/run/netns/$MONITOR" -- "$@" 3>&-
}

# --- to build it ---

# forward_front_port ROUTER
forward_front_port()
{
	lab exec "$1" nft -f - <<-RULES
	table inet lab {
		chain front {
			type nat hook prerouting priority dstnat;
			iifname client tcp dport $FRONT_PORT dnat ip to $LAB_SERVER4:$HOST_PORT
		}
	}
	RULES
}

# The labs come first, and go last: they keep the books of what "ip netns" mounts.
make_monitor()
{
	[[ ! -e /run/netns/$MONITOR ]] || return 0
	ip netns add "$MONITOR"
	ip -n "$MONITOR" link set lo up
}

# wire_monitor N
wire_monitor()
{
	make_monitor
	ip -n "$MONITOR" link add "host$1" type veth peer name mon netns "$LAB_SERVER_NS"
	ip -n "$MONITOR" addr add "10.94.$1.1/24" dev "host$1"
	ip -n "$LAB_SERVER_NS" addr add "10.94.$1.2/24" dev mon
	ip -n "$MONITOR" link set "host$1" up
	ip -n "$LAB_SERVER_NS" link set mon up
}

# start NAME NETNS COMMAND...: in the background, as nobody, until the namespace is taken down
start()
{
	setsid nsenter --net="/run/netns/$2" -- setpriv --reuid nobody --regid nogroup \
		--clear-groups -- "${@:3}" </dev/null >"$WORK/$1.log" 2>&1 3>&- &
}

start_exporter()
{
	start "exporter$1" "$LAB_SERVER_NS" prometheus-node-exporter \
		--web.listen-address="$INSTANCE" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$TEXTFILES"
}

# start_host N [NAT-LAB-UP-ARGS...]
start_host()
{
	host "$1"
	lab up --port "$HOST_PORT" "${@:2}" || return
	eval "$(lab facts)"
	mkdir "$TEXTFILES"
	forward_front_port router && wire_monitor "$1" || return
	[[ -z $LAB_SECOND_TIMEOUT ]] || forward_front_port router2 || return
	sshidle attach -p "$HOST_PORT" || return
	start_exporter "$1"
}

# The files as they are, but for whom they ask, and that they do not take minutes.
configure_prometheus()
{
	local n

	cp -r "$TOP/scripts/prometheus" "$WORK/prometheus"
	sed -Ei 's/(interval|for): [0-9]+[sm]$/\1: 1s/' \
		"$WORK/prometheus"/{prometheus,sshidle.alerts}.yml
	{
		echo "- targets:"
		for n in "${HOSTS[@]}"; do
			host "$n"
			echo "    - $INSTANCE"
		done
	} >"$WORK/prometheus/targets/hosts.yml"
	install -d -o nobody "$WORK/tsdb"
}

start_prometheus()
{
	configure_prometheus
	start prometheus "$MONITOR" prometheus --config.file="$WORK/prometheus/prometheus.yml" \
		--storage.tsdb.path="$WORK/tsdb" --web.listen-address=127.0.0.1:9090
	wait_until 60 serves || fail "$(tail -n 5 "$WORK/prometheus.log")"
}

serves()
{
	monitor curl -sf http://127.0.0.1:9090/-/ready >/dev/null
}

# Every process in a namespace of ours is ours.
remove_monitor()
{
	local pid

	[[ -e /run/netns/$MONITOR ]] || return 0
	for pid in $(ip netns pids "$MONITOR"); do
		kill "$pid" 2>/dev/null || true
	done
	wait_until 20 monitor_is_idle || return
	ip netns delete "$MONITOR"
}

monitor_is_idle()
{
	[[ -z $(ip netns pids "$MONITOR") ]]
}

# --- to ask it ---

# What cron runs on each host once a minute, but not on the one that fell silent. Prometheus asks
# once a second.
write_textfiles()
{
	local n

	((EPOCHSECONDS > WRITTEN_S)) || return 0
	WRITTEN_S=$EPOCHSECONDS
	for n in "${HOSTS[@]}"; do
		[[ $n != "${SILENT-}" ]] || continue
		write_textfile "$n" || return
	done
}

# write_textfile HOST [ARGS...]
write_textfile()
{
	(host "$1" && sshidle metrics --per-session 20 --textfile "$TEXTFILES/sshidle.prom" \
		"${@:2}")
}

# ask EXPRESSION: what Prometheus answers to it now, as JSON: [{metric, value}...]
ask()
{
	monitor curl -sSG http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" |
		jq -ce 'if .status == "success" then .data.result else error(.error) end'
}

# answer EXPRESSION: "LABELS VALUE" lines, in an order that does not change; whole numbers
answer()
{
	ask "$1" | jq -r '.[] | (.metric | del(.__name__) | to_entries | map(.value) | join(" ")) +
		" " + (.value[1] | tonumber | round | tostring) | ltrimstr(" ")' | sort
}

# says EXPRESSION LINE...: the answer is these lines, of what the hosts write now
says()
{
	write_textfiles && equals "$(answer "$1")" "$(printf '%s\n' "${@:2}" | sort)" "$1"
}
