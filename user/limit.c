// SPDX-License-Identifier: GPL-2.0-only
/* Every limit that can end a session, the soonest first. Pure. */
#include "limit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "plan.h"

#define RTO_MIN_MS 200	 /* include/net/tcp.h TCP_RTO_MIN */
#define RETRIES2_MAX 255 /* net/ipv4/sysctl_net_ipv4.c: a byte */

static const char if_silent[] = "if nothing is sent";
static const char if_unanswered[] = "if nothing is answered";
static const char after_answer[] = "after the last answer";

static int64_t seconds_ns(uint64_t seconds)
{
	return seconds > INT64_MAX / NSEC_PER_SEC ? INT64_MAX : (int64_t)(seconds * NSEC_PER_SEC);
}

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static void __attribute__((format(printf, 2, 3))) note(struct limit *limit, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(limit->note, sizeof(limit->note), format, args);
	va_end(args);
}

static struct limit *add(struct limits *limits, const char *name, const char *source)
{
	struct limit *limit = &limits->list[limits->n++];

	*limit = (struct limit){
		.name = name, .value = UNKNOWN_NS, .fires_in = UNKNOWN_NS, .after = UNKNOWN_NS};
	snprintf(limit->source, sizeof(limit->source), "%s", source);
	return limit;
}

/* In force only if it could be read; else the reading's text tells why not. */
static struct limit *add_read(struct limits *limits, const char *name,
			      const struct reading *reading)
{
	bool done = reading->state == READING_DONE;
	struct limit *limit = add(limits, name, done ? reading->text : "");

	if (!done) {
		limit->state = reading->state == READING_NONE ? LIMIT_OFF : LIMIT_UNREADABLE;
		note(limit, "%s", reading->text);
	}
	return limit;
}

static void turn_off(struct limit *limit, const char *why)
{
	limit->state = LIMIT_OFF;
	note(limit, "%s", why);
}

/* One whose time runs since the last of something, idle ago. */
static void runs(struct limit *limit, int64_t idle, const char *condition)
{
	limit->condition = condition;
	if (idle != UNKNOWN_NS && idle < limit->value)
		limit->fires_in = limit->value - idle;
	else
		limit->after = limit->value;
}

/* One that fires so long after an event which has yet to come. */
static void waits(struct limit *limit, int64_t after, const char *event)
{
	limit->after = after;
	limit->condition = event;
}

static void add_path(const struct row *row, struct limits *limits)
{
	const struct path *path = &row->path;
	struct limit *limit = add(limits, "path timeout", path_source_name(path->source));

	if (path->source == PATH_OPTION)
		snprintf(limit->source, sizeof(limit->source), "--path-timeout");
	if (path->name)
		snprintf(limit->source + strlen(limit->source),
			 sizeof(limit->source) - strlen(limit->source), ", %s", path->name);
	limit->value = path->timeout_ns;
	if (row->verdict.kind == VERDICT_OVERDUE) {
		limit->fires_in = 0;
		limit->condition = "with its next packet";
	} else if (row->verdict.kind == VERDICT_DEAD) {
		waits(limit, limit->value, "after its last packet");
	} else if (row->verdict.keeper) {
		waits(limit, limit->value, "after its keepalive stops");
	} else {
		runs(limit, row->facts.idle.wire, if_silent);
	}
}

static void read_entry(const struct netns_limits *netns, struct limit *limit)
{
	const struct conntrack_entry *entry = &netns->entry;

	snprintf(limit->source, sizeof(limit->source), "conntrack entry");
	if (!entry->has_timeout) {
		turn_off(limit, "its entry is in a flowtable and has no time-out there");
		return;
	}
	limit->fires_in = seconds_ns(entry->left_s);
	limit->condition = if_silent;
	if (entry->established && netns->established_s)
		limit->value = seconds_ns(netns->established_s);
	note(limit, "%s",
	     netns->loose
		     ? "then the next packet makes a new entry (nf_conntrack_tcp_loose 1), which "
		       "ends it only where a rule wants 'established'"
		     : "then its packets are invalid (nf_conntrack_tcp_loose 0)");
}

static void add_conntrack(const struct evidence *evidence, struct limits *limits)
{
	const struct netns_limits *netns = &evidence->netns.limits;
	struct limit *limit = add_read(limits, "local conntrack", &evidence->netns.reading);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!netns->conntrack_err) {
		read_entry(netns, limit);
		return;
	}
	limit->source[0] = 0;
	if (netns->conntrack_err == -ENOENT) {
		turn_off(limit, "this host does not track it");
		return;
	}
	limit->state = LIMIT_UNREADABLE;
	if (netns->conntrack_err == -EPERM)
		note(limit, "conntrack is for root (CAP_NET_ADMIN)");
	else
		note(limit, "conntrack: %s", strerror(-netns->conntrack_err));
}

uint64_t client_alive_period_s(const struct sshd_reading *sshd)
{
	bool doubles = sshd->has_version && sshd_doubles_client_alive(&sshd->version);

	return doubles ? 2 * sshd->settings.client_alive_s : sshd->settings.client_alive_s;
}

/*
 * How long after the peer's last answer ClientAlive ends a session.
 * client_alive_check() in serverloop.c ends it when one more than the count would go out, so a
 * period later than sshd_config(5) has it; measured with 9.2: 2 s and 2 end it after 12 s.
 */
static int64_t client_alive_limit_ns(const struct sshd_reading *sshd)
{
	return seconds_ns(
		times(client_alive_period_s(sshd), sshd->settings.client_alive_count + 1));
}

/* Of sshd's settings those that begin with a login. */
static struct limit *add_of_sshd(struct limits *limits, const char *name,
				 const struct sshd_reading *sshd)
{
	struct limit *limit = add_read(limits, name, &sshd->reading);

	if (limit->state == LIMIT_IN_FORCE && !sshd->logged_in)
		turn_off(limit, "nobody has logged in");
	return limit;
}

static void add_client_alive(const struct row *row, const struct sshd_reading *sshd,
			     struct limits *limits)
{
	const struct sshd_settings *settings = &sshd->settings;
	struct limit *limit = add_of_sshd(limits, "ClientAliveInterval", sshd);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!settings->client_alive_s) {
		turn_off(limit, "0");
		return;
	}
	if (!settings->client_alive_count && sshd->has_version &&
	    sshd_logs_out_at_zero(&sshd->version)) {
		limit->value = seconds_ns(settings->client_alive_s);
		runs(limit, row->facts.idle.data, if_silent);
		note(limit, "ClientAliveCountMax 0: before OpenSSH 8.2 that is a log-out");
		return;
	}
	if (!settings->client_alive_count) {
		turn_off(limit, "ClientAliveCountMax 0 ends no session");
		return;
	}
	limit->value = seconds_ns(times(settings->client_alive_s, settings->client_alive_count));
	waits(limit, client_alive_limit_ns(sshd), after_answer);
	note(limit,
	     "interval %" PRIu64 " s, count %" PRIu64 ": sshd sends every %" PRIu64
	     " s, and ends it a period after the last of these",
	     settings->client_alive_s, settings->client_alive_count, client_alive_period_s(sshd));
}

static void add_channel_timeout(const struct row *row, const struct sshd_reading *sshd,
				struct limits *limits)
{
	struct limit *limit = add_of_sshd(limits, "ChannelTimeout", sshd);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!sshd->settings.channel_s) {
		turn_off(limit, sshd->settings.channel_timeout[0]
					? "it is for other channels than a session's"
					: "none");
		return;
	}
	limit->value = seconds_ns(sshd->settings.channel_s);
	runs(limit, row->facts.idle.user, "without user data");
	note(limit, "%s", sshd->settings.channel_timeout);
}

/* sshd_config(5): it starts at the log-in, before the client could open any channel. */
static void add_unused(const struct evidence *evidence, struct limits *limits)
{
	const struct sshd_reading *sshd = &evidence->sshd;
	struct limit *limit = add_of_sshd(limits, "UnusedConnectionTimeout", sshd);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!sshd->settings.unused_s) {
		turn_off(limit, "none");
		return;
	}
	limit->value = seconds_ns(sshd->settings.unused_s);
	waits(limit, limit->value, "after its last channel");
	if (evidence->shell.none)
		note(limit, "nothing was started for this session: unless a forwarded connection "
			    "is open, its time runs already");
}

/* For whoever is connected and has not logged in. */
static void add_login_grace(const struct row *row, const struct sshd_reading *sshd,
			    struct limits *limits)
{
	struct limit *limit = add_read(limits, "LoginGraceTime", &sshd->reading);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (sshd->logged_in || !sshd->settings.login_s) {
		turn_off(limit, sshd->logged_in ? "logged in" : "0");
		return;
	}
	limit->value = seconds_ns(sshd->settings.login_s);
	runs(limit, row->facts.idle.age, "if nobody logs in");
}

static void add_server_alive(const struct ssh_reading *ssh, struct limits *limits)
{
	const struct ssh_options *options = &ssh->options;
	uint64_t count = options->has_count ? options->server_alive_count : 3; /* ssh_config(5) */
	struct limit *limit = add_read(limits, "ServerAliveInterval", &ssh->reading);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!options->server_alive_s) {
		turn_off(limit, "0");
		return;
	}
	limit->value = seconds_ns(times(options->server_alive_s, count ? count : 1));
	waits(limit, seconds_ns(times(options->server_alive_s, count + 1)), after_answer);
	note(limit, "interval %" PRIu64 " s, count %" PRIu64 "%s", options->server_alive_s, count,
	     options->has_count ? "" : " unless ssh_config says otherwise");
}

/* The other end decides too, but only its own host can tell. */
static void add_server_side(struct limits *limits)
{
	struct limit *limit = add(limits, "the server's own limits", "");

	limit->state = LIMIT_UNREADABLE;
	note(limit, "they are on its host: run sshidle explain there");
}

/* tcp_keepalive_timer(): with N of COUNT probes out, COUNT - N more intervals have to pass. */
static int64_t probes_end_in(const struct row *row)
{
	const struct keepalive_options *options = &row->record->keepalive;
	uint64_t more = options->count > row->facts.probes ? options->count - row->facts.probes : 0;
	int64_t sum;

	return __builtin_add_overflow(row->facts.tcp.next_probe,
				      seconds_ns(options->interval_s * more), &sum)
		       ? INT64_MAX
		       : sum;
}

static void add_keepalive(const struct row *row, struct limits *limits)
{
	const struct keepalive_options *options = &row->record->keepalive;
	const struct keepalive_options present = keepalive_of(row->record);
	struct limit *limit = add(limits, "TCP keepalive", "the socket");
	char text[KEEPALIVE_TEXT_SIZE];

	if (!options->enabled) {
		turn_off(limit, "not set");
		return;
	}
	limit->value = seconds_ns(keepalive_budget_s(&present));
	if (row->facts.probes && row->facts.tcp.next_probe != UNKNOWN_NS &&
	    !options->user_timeout_ms) {
		limit->fires_in = probes_end_in(row);
		limit->condition = if_unanswered;
	} else {
		waits(limit, limit->value, after_answer);
	}
	snprintf(limit->source, sizeof(limit->source), "the socket, %s",
		 keepalive_format(options, text, sizeof(text)));
}

/* How long something has gone unanswered shortens what is left. */
static void wait_for_answer(const struct row *row, struct limit *limit)
{
	if (row->facts.retransmits && row->facts.unanswered != UNKNOWN_NS)
		runs(limit, row->facts.unanswered, if_unanswered);
	else
		waits(limit, limit->value, "after unanswered data");
}

static void add_user_timeout(const struct row *row, struct limits *limits)
{
	uint32_t timeout_ms = row->record->keepalive.user_timeout_ms;
	struct limit *limit = add(limits, "TCP_USER_TIMEOUT", "the socket");

	if (!timeout_ms) {
		turn_off(limit, "not set");
		return;
	}
	limit->value = timeout_ms * NSEC_PER_MSEC;
	wait_for_answer(row, limit);
}

int64_t retransmission_limit_ns(uint64_t retries2, uint64_t rto_max_ms)
{
	uint64_t boundary = retries2 > RETRIES2_MAX ? RETRIES2_MAX : retries2;
	uint64_t doublings = 0, limit_ms;

	while (rto_max_ms / RTO_MIN_MS >> (doublings + 1))
		doublings++;
	if (boundary <= doublings)
		limit_ms = ((2ULL << boundary) - 1) * RTO_MIN_MS;
	else
		limit_ms = ((2ULL << doublings) - 1) * RTO_MIN_MS +
			   times(boundary - doublings, rto_max_ms);
	return limit_ms > INT64_MAX / NSEC_PER_MSEC ? INT64_MAX : (int64_t)limit_ms * NSEC_PER_MSEC;
}

static void add_retransmission(const struct row *row, const struct evidence *evidence,
			       struct limits *limits)
{
	const struct netns_limits *netns = &evidence->netns.limits;
	struct limit *limit = add_read(limits, "TCP retransmission", &evidence->netns.reading);

	if (row->record->keepalive.user_timeout_ms)
		turn_off(limit, "TCP_USER_TIMEOUT decides instead");
	if (limit->state != LIMIT_IN_FORCE)
		return;
	snprintf(limit->source, sizeof(limit->source), "tcp_retries2 = %" PRIu64, netns->retries2);
	limit->value = retransmission_limit_ns(netns->retries2, netns->rto_max_ms);
	wait_for_answer(row, limit);
}

static void add_tmout(const struct row *row, const struct shell_reading *shell,
		      struct limits *limits)
{
	struct limit *limit = add_read(limits, "TMOUT", &shell->reading);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!shell->tmout_s) {
		turn_off(limit, "0");
		return;
	}
	limit->value = seconds_ns(shell->tmout_s);
	if (shell->waits)
		runs(limit, row->facts.idle.user, "if nobody types");
	else
		waits(limit, limit->value, "after its next prompt");
	note(limit, "as the shell was started; it may have set another since");
}

static void add_logind(const struct evidence *evidence, struct limits *limits)
{
	struct limit *limit = add_read(limits, "StopIdleSessionSec", &evidence->logind.reading);

	if (limit->state != LIMIT_IN_FORCE)
		return;
	if (!evidence->logind.stop_idle_s || evidence->tty_idle == UNKNOWN_NS) {
		turn_off(limit, evidence->logind.stop_idle_s ? "logind sees no terminal of it"
							     : "infinity");
		return;
	}
	limit->value = seconds_ns(evidence->logind.stop_idle_s);
	runs(limit, evidence->tty_idle, "if nobody types");
}

static int rank(const struct limit *limit)
{
	if (limit->state == LIMIT_IN_FORCE)
		return limit->fires_in == UNKNOWN_NS;
	return limit->state == LIMIT_OFF ? 2 : 3;
}

static int64_t when(const struct limit *limit)
{
	return limit->fires_in == UNKNOWN_NS ? limit->after : limit->fires_in;
}

static bool comes_before(const struct limit *a, const struct limit *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	return a->state == LIMIT_IN_FORCE && when(a) < when(b);
}

/* Stable: of two that fire at once, that which was listed first. */
static void sort(struct limits *limits)
{
	for (size_t i = 1; i < limits->n; i++) {
		struct limit limit = limits->list[i];
		size_t place = i;

		for (; place && comes_before(&limit, &limits->list[place - 1]); place--)
			limits->list[place] = limits->list[place - 1];
		limits->list[place] = limit;
	}
}

void limits_find(const struct row *row, const struct evidence *evidence, struct limits *ret)
{
	ret->n = 0;
	add_path(row, ret);
	add_conntrack(evidence, ret);
	if (row->facts.role == ROLE_SERVER) {
		add_client_alive(row, &evidence->sshd, ret);
		add_channel_timeout(row, &evidence->sshd, ret);
		add_unused(evidence, ret);
		add_login_grace(row, &evidence->sshd, ret);
		add_tmout(row, &evidence->shell, ret);
	} else {
		add_server_alive(&evidence->ssh, ret);
		add_server_side(ret);
	}
	add_keepalive(row, ret);
	add_user_timeout(row, ret);
	add_retransmission(row, evidence, ret);
	add_logind(evidence, ret);
	sort(ret);
}
