# SPDX-License-Identifier: GPL-2.0-only
# Who and where: address families, both ends' roles, network namespaces, owners, ids.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154 # inner shells; what run and helper set

load helper

readonly MAPPED_PORT=2201

setup_file()
{
	start_lab
	sshidle attach -p "22,$MAPPED_PORT"
}

# shown server|client PORT: family and both addresses of that end
shown()
{
	end_of "$1" "$2" \
		'"\(.family) \(.local.address) \(.local.port) \(.peer.address) \(.peer.port)"'
}

# in_table server|client PORT: the same as the table has it
in_table()
{
	local id

	id=$(end_of "$1" "$2" .id) || return
	sshidle list --no-header -o FAMILY,LOCAL,PEER "$id" | tr -s ' '
}

@test "an IPv4 session is shown as such" {
	local port

	open_session four lab4 'sleep 600'
	port=${PORT[four]}
	equals "$(shown server "$port")" "ipv4 $LAB_SERVER4 22 $LAB_ROUTER4 $port" server
	equals "$(shown client "$port")" "ipv4 $LAB_CLIENT4 $port $LAB_SERVER4 22" client
	equals "$(in_table server "$port")" "ipv4 $LAB_SERVER4:22 $LAB_ROUTER4:$port" "the table"
}

@test "an IPv6 session is shown as such" {
	local port client router

	open_session six lab6 'sleep 600'
	port=${PORT[six]}
	client=$(canonical "$LAB_CLIENT6")
	router=$(canonical "$LAB_ROUTER6")
	LAB_SERVER6=$(canonical "$LAB_SERVER6")
	equals "$(shown server "$port")" "ipv6 $LAB_SERVER6 22 $router $port" "the server's end"
	equals "$(shown client "$port")" "ipv6 $client $port $LAB_SERVER6 22" "the client's end"
	equals "$(in_table server "$port")" "ipv6 [$LAB_SERVER6]:22 [$router]:$port" "the table"
}

# As RFC 5952 writes it
canonical()
{
	/usr/bin/python3 -c 'import ipaddress, sys; print(ipaddress.ip_address(sys.argv[1]))' "$1"
}

# sshd makes its own listeners IPv6 only, so a mapped address comes from whoever listens for it:
# inetd, or the ssh.socket of systemd.
listen_mapped()
{
	nsenter --target "$LAB_SSHD_PID" --mount --net --root -- socat \
		"TCP6-LISTEN:$MAPPED_PORT,ipv6-v6only=0,reuseaddr,fork" \
		"EXEC:/usr/sbin/sshd -i -f $LAB_SSHD_CONFIG -E $LAB_SSHD_LOG,nofork" </dev/null \
		>"$BATS_TEST_TMPDIR/socat" 2>&1 3>&- &
	wait_until 10 is_listening
}

is_listening()
{
	[[ -n $(lab exec server ss -tlnH "sport = :$MAPPED_PORT") ]]
}

@test "an IPv4 client of a dual-stack listener is shown as IPv4" {
	local port

	listen_mapped
	open_session mapped lab4 'sleep 600' -p "$MAPPED_PORT"
	port=${PORT[mapped]}
	has "$(lab exec server ss -tnH "sport = :$MAPPED_PORT")" "[::ffff:$LAB_SERVER4]"
	equals "$(shown server "$port")" "ipv4 $LAB_SERVER4 $MAPPED_PORT $LAB_ROUTER4 $port" \
		"the server's end"
	equals "$(in_table server "$port")" "ipv4 $LAB_SERVER4:$MAPPED_PORT $LAB_ROUTER4:$port" \
		"the table"
}

# netns_of END PORT: its inode as the owning process has it
netns_of()
{
	stat -L -c %i "/proc/$(end_of "$1" "$2" '.owners[0].pid')/ns/net"
}

@test "both ends are shown, each with its role and its own network namespace" {
	local port server client

	open_session both lab4 'sleep 600'
	port=${PORT[both]}
	holds server "$port" '.role == "server"'
	holds client "$port" '.role == "client"'
	server=$(netns_of server "$port")
	client=$(netns_of client "$port")
	[[ $server != "$client" ]] || fail "both ends in namespace $server"
	equals "$server" "$(stat -c %i "/run/netns/$LAB_SERVER_NS")" "the server's owner's netns"
	equals "$(end_of server "$port" .netns)" "$server" "the server's netns"
	equals "$(end_of client "$port" .netns)" "$client" "the client's netns"
	equals "$(end_of client "$port" '.owners[] | "\(.pid) \(.comm)"')" "${PID[both]} ssh" \
		"the client's owner"
}

@test "roles and namespaces are the same without a recorder" {
	local json

	open_session plain lab4 'sleep 600'
	json=$(sshidle list --json --run-dir "$WORK/none")
	equals "$(pick server "${PORT[plain]}" '"\(.role) \(.netns) \(.history)"' <<<"$json")" \
		"server $(stat -c %i "/run/netns/$LAB_SERVER_NS") kernel" "the server's end"
	equals "$(pick client "${PORT[plain]}" '"\(.role) \(.netns) \(.history)"' <<<"$json")" \
		"client $(stat -c %i "/run/netns/$LAB_CLIENT_NS") kernel" "the client's end"
}

@test "a socket with two owners is one session with two owners" {
	local port id json

	open_session two alice4 'sleep 600'
	port=${PORT[two]}
	# sshd's monitor, root's, and the process of alice.
	wait_until 20 holds server "$port" '.owners | length == 2'
	holds server "$port" '([.owners[].pid] | unique | length == 2) and
		[.owners[].comm] == ["'"$SSHD_COMM"'", "'"$SSHD_COMM"'"]'
	json=$(sshidle list --json)
	id=$(pick server "$port" .id <<<"$json")
	equals "$(jq --arg id "$id" '[.sessions[] | select(.id == $id)] | length' <<<"$json")" 1 \
		"sessions with this id"
	ids_are_unique <<<"$json"
	equals "$(jq '.summary.sessions - (.sessions | length)' <<<"$json")" 0 \
		"sessions that the summary counts more than once"
	# The one that a person would name is alice's.
	run -0 --separate-stderr sshidle list --no-header -o SESSION,UID,PID "$id"
	equals "${#lines[@]}" 1 "lines of the table"
	has "$(ps -o uid= -p "${output##* }")" "$LAB_ALICE_UID"
	# By either owner's pid it is the same session.
	while read -r pid; do
		has "$(sshidle list --no-header -o SESSION "pid:$pid")" "$id"
	done < <(pick server "$port" '.owners[].pid' <<<"$json")
}
