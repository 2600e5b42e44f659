// SPDX-License-Identifier: GPL-2.0-only
/* The one table of fields that feeds every format: table, JSON, -o help, the man page. */
#include "field.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "duration.h"
#include "utf8.h"

#define BAR_CELLS 10

static bool has_history(const struct row *row)
{
	return row->record->flags & SESSION_HISTORY;
}

static void get_id(const struct row *row, struct value *value)
{
	value_set_id(value, row->record->cookie);
}

static void get_role(const struct row *row, struct value *value)
{
	value_set_text(value, role_name(row->facts.role));
}

static void get_family(const struct row *row, struct value *value)
{
	value_set_text(value, row->record->family == 4 ? "ipv4" : "ipv6");
}

static void get_state(const struct row *row, struct value *value)
{
	/* include/net/tcp_states.h */
	static const char *const states[] = {
		[1] = "established", [4] = "fin-wait-1", [5] = "fin-wait-2",
		[8] = "close-wait",  [9] = "last-ack",	 [11] = "closing",
	};
	unsigned int state = row->record->state;

	if (state < sizeof(states) / sizeof(*states) && states[state])
		value_set_text(value, states[state]);
}

static void get_local(const struct row *row, struct value *value)
{
	value_set_endpoint(value, row->record->local_addr, row->record->local_port);
}

static void get_peer(const struct row *row, struct value *value)
{
	value_set_endpoint(value, row->record->peer_addr, row->record->peer_port);
}

static void get_local_address(const struct row *row, struct value *value)
{
	value_set_address(value, row->record->local_addr);
}

static void get_local_port(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->local_port);
}

static void get_peer_address(const struct row *row, struct value *value)
{
	value_set_address(value, row->record->peer_addr);
}

static void get_peer_port(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->peer_port);
}

static void get_netns(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->netns);
}

static void get_uid(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->socket_uid);
}

static void get_history(const struct row *row, struct value *value)
{
	value_set_text(value, row->facts.idle.wire_seen ? "recorder" : "kernel");
}

static void get_age(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.age);
}

static void get_wire(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.wire);
}

static void get_data(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.data);
}

static void get_user_idle(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.user);
}

static void get_tty_idle(const struct row *row, struct value *value)
{
	const struct owner *owner = row_terminal(row);

	if (owner)
		value_set_ns(value, owner->tty_idle);
}

static void get_rx_data(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.rx_data);
}

static void get_tx_data(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.idle.tx_data);
}

static void get_received(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->bytes_received);
}

static void get_sent(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->bytes_sent);
}

static void get_tcp_enabled(const struct row *row, struct value *value)
{
	value_set_bool(value, row->facts.tcp.enabled);
}

static void get_tcp_idle(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->keepalive.idle_s);
}

static void get_tcp_interval(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->keepalive.interval_s);
}

static void get_tcp_count(const struct row *row, struct value *value)
{
	value_set_number(value, row->record->keepalive.count);
}

static void get_tcp_next(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.tcp.next_probe);
}

static void get_user_timeout(const struct row *row, struct value *value)
{
	if (!row->record->keepalive.user_timeout_ms)
		return;
	value->type = VALUE_SECONDS;
	value->seconds = row->record->keepalive.user_timeout_ms / 1e3;
}

static void get_tcp_set(const struct row *row, struct value *value)
{
	value_set_bool(value, row->record->flags & SESSION_CHANGED);
}

static void get_peer_tcp_seen(const struct row *row, struct value *value)
{
	value_set_bool(value, has_history(row) && row->record->history.rx_probe_ns > 0);
}

static void get_peer_tcp_period(const struct row *row, struct value *value)
{
	value_set_period(value, row->facts.peer_probe_period);
}

static void get_retransmits(const struct row *row, struct value *value)
{
	value_set_number(value, row->facts.retransmits);
}

static void get_probes(const struct row *row, struct value *value)
{
	value_set_number(value, row->facts.probes);
}

static void get_unanswered_since(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.unanswered);
}

static void get_path_timeout(const struct row *row, struct value *value)
{
	value_set_ns(value, row->path.timeout_ns);
}

static void get_path_source(const struct row *row, struct value *value)
{
	value_set_text(value, path_source_name(row->path.source));
}

static void get_path_name(const struct row *row, struct value *value)
{
	if (row->path.name)
		value_set_text(value, row->path.name);
}

static void get_let_pass(const struct row *row, struct value *value)
{
	if (row->path.let_pass_times)
		value_set_ns(value, row->path.let_pass_ns);
}

static void get_let_pass_times(const struct row *row, struct value *value)
{
	value_set_number(value, row->path.let_pass_times);
}

static void get_survived(const struct row *row, struct value *value)
{
	value_set_ns(value, row->facts.longest_survived);
}

static void get_verdict(const struct row *row, struct value *value)
{
	value_set_text(value, verdict_name(row->verdict.kind));
}

static void get_severity(const struct row *row, struct value *value)
{
	value_set_text(value, verdict_severity(row->verdict.kind));
}

static void get_cut_in(const struct row *row, struct value *value)
{
	value_set_ns(value, row->verdict.cut_in);
}

static void get_protected(const struct row *row, struct value *value)
{
	value_set_bool(value, row->verdict.keeper != KEEPER_NONE);
}

static void get_reason(const struct row *row, struct value *value)
{
	value->type = VALUE_TEXT;
	judge_reason(&row->facts, &row->path, &row->verdict, value->text, REASON_SIZE);
}

static void get_ssh_seen(const struct row *row, struct value *value)
{
	value_set_bool(value, row->facts.has_rhythm);
}

static void get_ssh_from(const struct row *row, struct value *value)
{
	if (row->facts.has_rhythm)
		value_set_text(value, row->facts.rhythm.from_us ? "us" : "peer");
}

static void get_ssh_period(const struct row *row, struct value *value)
{
	if (row->facts.has_rhythm)
		value_set_period(value, row->facts.rhythm.period_ns);
}

static void get_ssh_jitter(const struct row *row, struct value *value)
{
	if (row->facts.has_rhythm)
		value_set_decimal(value, ns_to_seconds(row->facts.rhythm.jitter_ns));
}

static void get_ssh_confidence(const struct row *row, struct value *value)
{
	if (row->facts.has_rhythm)
		value_set_decimal(value, row->facts.rhythm.confidence);
}

static void get_owner_user(const struct row *row, const struct record_session *owner,
			   struct value *value)
{
	const char *user = owners_user(row->owners, owner->owner_uid);

	value_set_foreign(value, user, strlen(user));
}

static void get_owner_tty(const struct row *row, const struct record_session *owner,
			  struct value *value)
{
	const struct owner *details = owners_lookup(row->owners, owner);

	value_set_foreign(value, details->tty, sizeof(details->tty));
}

static void get_owner_title(const struct row *row, const struct record_session *owner,
			    struct value *value)
{
	const struct owner *details = owners_lookup(row->owners, owner);

	value_set_foreign(value, details->title, sizeof(details->title));
}

static void get_owner_comm(const struct row *row, const struct record_session *owner,
			   struct value *value)
{
	(void)row;
	value_set_foreign(value, owner->comm, sizeof(owner->comm));
}

static void get_owner_pid(const struct row *row, const struct record_session *owner,
			  struct value *value)
{
	(void)row;
	value_set_number(value, owner->owner_pid);
}

static void get_owner_fd(const struct row *row, const struct record_session *owner,
			 struct value *value)
{
	(void)row;
	value_set_number(value, owner->owner_fd);
}

static void get_user(const struct row *row, struct value *value)
{
	get_owner_user(row, row_main_owner(row), value);
}

static void get_pid(const struct row *row, struct value *value)
{
	value_set_number(value, row_main_owner(row)->owner_pid);
}

static void get_comm(const struct row *row, struct value *value)
{
	get_owner_comm(row, row_main_owner(row), value);
}

static void get_title(const struct row *row, struct value *value)
{
	get_owner_title(row, row_main_owner(row), value);
}

static void get_tty(const struct row *row, struct value *value)
{
	const struct owner *owner = row_terminal(row);

	if (owner)
		value_set_foreign(value, owner->tty, sizeof(owner->tty));
}

/* How much of the path's timeout the silence has used up. */
static void get_bar(const struct row *row, struct value *value)
{
	double part = (double)row->facts.idle.wire / row->path.timeout_ns;
	int full = part >= 1 ? BAR_CELLS : part * BAR_CELLS;
	bool utf8 = MB_CUR_MAX > 1; /* of the locale */
	char *end = value->text;

	value->type = VALUE_TEXT;
	for (int i = 0; i < BAR_CELLS; i++)
		end = stpcpy(end, i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "."));
}

/* clang-format off */
static const struct field fields[] = {
	{ "SESSION", "id", "the session's id: the socket cookie", FIELD_RIGHT, get_id },
	{ "ROLE", "role", "which end of the connection this host is: server or client", 0,
	  get_role },
	{ "FAMILY", "family", "ipv4 or ipv6; IPv4-mapped addresses are ipv4", 0, get_family },
	{ "STATE", "state", "TCP state", 0, get_state },
	{ "LOCAL", NULL, "local address and port", 0, get_local },
	{ NULL, "local.address", NULL, 0, get_local_address },
	{ NULL, "local.port", NULL, 0, get_local_port },
	{ "PEER", NULL, "the peer's address and port", 0, get_peer },
	{ NULL, "peer.address", NULL, 0, get_peer_address },
	{ NULL, "peer.port", NULL, 0, get_peer_port },
	{ "NETNS", "netns", "inode of the network namespace", FIELD_RIGHT, get_netns },
	{ "UID", "uid", "user id that owns the socket", FIELD_RIGHT, get_uid },
	{ "USER", NULL, "user of the owning process; the first that is not root", 0, get_user },
	{ "PID", NULL, "process id of that owner", FIELD_RIGHT, get_pid },
	{ "COMM", NULL, "command name of that owner", 0, get_comm },
	{ "TITLE", NULL, "command line of that owner", FIELD_TRUNCATE, get_title },
	{ "TTY", NULL, "terminal of the session", 0, get_tty },
	{ "HISTORY", "history", "who saw the last segment: the recorder, or only the kernel", 0,
	  get_history },
	{ "AGE", "age_s", "since the connection was opened, if the recorder saw it", FIELD_RIGHT,
	  get_age },
	{ "SILENT", "idle.wire_s", "wire idle: since the last inbound segment", FIELD_RIGHT,
	  get_wire },
	{ "BAR", NULL, "silence against the path's timeout", FIELD_BAR, get_bar },
	{ "DATA", "idle.data_s", "data idle: since the last payload in either direction",
	  FIELD_RIGHT, get_data },
	{ "USERIDLE", "idle.user_s", "user idle: since the last payload that was no keepalive",
	  FIELD_RIGHT, get_user_idle },
	{ "TTYIDLE", "idle.tty_s", "since the session's terminal was last read from", FIELD_RIGHT,
	  get_tty_idle },
	{ "RXDATA", "idle.rx_data_s", "since the last payload received", FIELD_RIGHT,
	  get_rx_data },
	{ "TXDATA", "idle.tx_data_s", "since the last payload sent", FIELD_RIGHT, get_tx_data },
	{ "RX", "bytes.received", "payload bytes received", FIELD_RIGHT, get_received },
	{ "TX", "bytes.sent", "payload bytes sent", FIELD_RIGHT, get_sent },
	{ "KEEPALIVE", "keepalive.tcp.enabled", "whether SO_KEEPALIVE is on", 0,
	  get_tcp_enabled },
	{ "KAIDLE", "keepalive.tcp.idle_s", "TCP_KEEPIDLE in seconds", FIELD_RIGHT,
	  get_tcp_idle },
	{ "KAINTVL", "keepalive.tcp.interval_s", "TCP_KEEPINTVL in seconds", FIELD_RIGHT,
	  get_tcp_interval },
	{ "KACNT", "keepalive.tcp.count", "TCP_KEEPCNT", FIELD_RIGHT, get_tcp_count },
	{ "PROBE", "keepalive.tcp.next_probe_s", "until the kernel's timer sends a probe",
	  FIELD_RIGHT, get_tcp_next },
	{ "USERTIMEOUT", "keepalive.tcp.user_timeout_s", "TCP_USER_TIMEOUT", FIELD_RIGHT,
	  get_user_timeout },
	{ "SET", "keepalive.tcp.set_by_sshidle", "whether sshidle keepalive set it", 0,
	  get_tcp_set },
	{ NULL, "keepalive.ssh.seen", NULL, 0, get_ssh_seen },
	{ "SSHFROM", "keepalive.ssh.from", "which end sends an SSH-level keepalive: us or peer", 0,
	  get_ssh_from },
	{ "SSHPERIOD", "keepalive.ssh.period_s", "measured period of that keepalive", FIELD_RIGHT,
	  get_ssh_period },
	{ "SSHJITTER", "keepalive.ssh.jitter_s", "most that it came early or late, in seconds",
	  FIELD_RIGHT, get_ssh_jitter },
	{ "SSHSURE", "keepalive.ssh.confidence", "how sure it is that this is a keepalive: 0 to 1",
	  FIELD_RIGHT, get_ssh_confidence },
	{ NULL, "keepalive.peer_tcp.seen", NULL, 0, get_peer_tcp_seen },
	{ "PEERPROBE", "keepalive.peer_tcp.period_s", "between the peer's TCP keepalive probes",
	  FIELD_RIGHT, get_peer_tcp_period },
	{ "RETRANS", "unanswered.retransmits", "retransmissions without an answer", FIELD_RIGHT,
	  get_retransmits },
	{ "PROBES", "unanswered.probes", "keepalive probes without an answer", FIELD_RIGHT,
	  get_probes },
	{ "UNANSWERED", "unanswered.since_s", "since the first of these retransmissions",
	  FIELD_RIGHT, get_unanswered_since },
	{ "TIMEOUT", "path.timeout_s", "silence after which the path forgets", FIELD_RIGHT,
	  get_path_timeout },
	{ "SOURCE", "path.source", "where that comes from: option, config, learned, assumed", 0,
	  get_path_source },
	{ "PATH", "path.name", "name of the path's profile", 0, get_path_name },
	{ "SURVIVED", "path.longest_survived_s", "longest silence that this session survived",
	  FIELD_RIGHT, get_survived },
	{ "LETPASS", "path.let_pass_s", "longest silence beyond its timeout that the path let pass",
	  FIELD_RIGHT, get_let_pass },
	{ NULL, "path.let_pass_times", NULL, 0, get_let_pass_times },
	{ "VERDICT", "verdict", "active, kept, at-risk, overdue or dead", FIELD_VERDICT,
	  get_verdict },
	{ "SEVERITY", "severity", "ok, warning or critical", FIELD_VERDICT, get_severity },
	{ "CUT-IN", "cut_in_s", "until the path forgets the session if nothing speaks",
	  FIELD_RIGHT, get_cut_in },
	{ "PROTECTED", "protected", "whether something keeps the path open", 0, get_protected },
	{ "REASON", "reason", "why", FIELD_TRUNCATE, get_reason },
};
/* clang-format on */

static const struct owner_field owner_fields[] = {
	{"pid", get_owner_pid},	  {"fd", get_owner_fd},	  {"comm", get_owner_comm},
	{"user", get_owner_user}, {"tty", get_owner_tty}, {"title", get_owner_title},
};

const struct field *field_at(size_t i)
{
	return i < sizeof(fields) / sizeof(*fields) ? &fields[i] : NULL;
}

const struct field *field_find(const char *column, size_t length)
{
	const struct field *field;

	for (size_t i = 0; (field = field_at(i)); i++)
		if (field->column && strlen(field->column) == length &&
		    !strncasecmp(field->column, column, length))
			return field;
	return NULL;
}

const struct owner_field *owner_field_at(size_t i)
{
	return i < sizeof(owner_fields) / sizeof(*owner_fields) ? &owner_fields[i] : NULL;
}
