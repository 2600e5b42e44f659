// SPDX-License-Identifier: GPL-2.0-only
/* Advice as each program's own configuration file, the arithmetic in its comments. */
#include "advice_show.h"

#include <stdarg.h>
#include <string.h>

#include "pace.h"

/* How a kind of file writes its comments and ends its lines. */
struct sheet {
	FILE *out;
	const char *comment;
	const char *newline;
};

__attribute__((format(printf, 2, 3))) static void say(const struct sheet *sheet, const char *format,
						      ...)
{
	va_list args;

	fputs(sheet->comment, sheet->out);
	va_start(args, format);
	vfprintf(sheet->out, format, args);
	va_end(args);
	fputs(sheet->newline, sheet->out);
}

__attribute__((format(printf, 2, 3))) static void set(const struct sheet *sheet, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(sheet->out, format, args);
	va_end(args);
	fputs(sheet->newline, sheet->out);
}

static void say_path(const struct sheet *sheet, const struct advice *advice)
{
	static const char *const sources[] = {
		[PATH_OPTION] = "--path-timeout",
		[PATH_CONFIG] = "the config file",
		[PATH_LEARNED] = "learned from earlier sessions",
		[PATH_ASSUMED] = "assumed, since nothing is known",
	};
	const struct path *path = &advice->path;

	say(sheet, "sshidle advise: the path%s%s forgets after %llu s of silence (%s%s%s).",
	    advice->peer ? " to " : "", advice->peer ? advice->peer : "",
	    (unsigned long long)advice->timeout_s, path->name ? path->name : "",
	    path->name ? ", by " : "", sources[path->source]);
}

/* How pace_period_s() came to it. */
static void say_period(const struct sheet *sheet, const struct advice *advice, const char *what)
{
	uint64_t third = advice->timeout_s / 3;
	bool is_half = advice->period_s > third && advice->period_s == advice->timeout_s / 2;
	char but[32] = "";

	if (advice->period_s > third && !is_half)
		snprintf(but, sizeof(but), ", but not below %d s", KEEPALIVE_PERIOD_MIN_S);
	if (advice->period_s < third)
		snprintf(but, sizeof(but), ", but not above %d s", KEEPALIVE_SECONDS_MAX);
	say(sheet, "A %s at least every %u s keeps it open: %llu s / %d%s.", what, advice->period_s,
	    (unsigned long long)advice->timeout_s, is_half ? 2 : 3, but);
}

/* What the count means, which is often taken for an idle time. */
static void say_count(const struct sheet *sheet, const char *peer, uint32_t period_s,
		      uint32_t count, const char *more)
{
	say(sheet, "Interval x count is not how long a session may be idle: an idle %s answers",
	    peer);
	say(sheet, "each message. It is how long an unresponsive %s is tolerated:", peer);
	say(sheet, "%u s x %u = %u s%s, no less than by the kernel's own TCP keepalive", period_s,
	    count, period_s * count, more);
	say(sheet, "(%d + %d x %d = %d s). When the %s's host is gone TCP ends the session sooner:",
	    TCP_DEFAULT_IDLE_S, TCP_DEFAULT_INTERVAL_S, TCP_DEFAULT_COUNT, TCP_DEFAULT_BUDGET_S,
	    peer);
	say(sheet, "it retransmits a message for about 15 minutes (sysctl net.ipv4.tcp_retries2).");
}

static void say_sshd_version(const struct sheet *sheet, const struct advice_sshd *sshd)
{
	if (!sshd->known) {
		say(sheet,
		    "The version of sshd is unknown, and OpenSSH 9.2 to 9.4 send at twice the");
		say(sheet,
		    "interval. With %u s it is right for all: a message every %u s, or every %u s.",
		    sshd->interval_s, sshd->interval_s, sshd->period_s);
	} else if (sshd->halved) {
		say(sheet,
		    "OpenSSH %u.%u sends at twice the interval, as 9.2 to 9.4 do: with %u s a",
		    sshd->version.major, sshd->version.minor, sshd->interval_s);
		say(sheet, "message goes out every %u s.", sshd->period_s);
	} else {
		say(sheet, "OpenSSH %u.%u sends at the interval.", sshd->version.major,
		    sshd->version.minor);
	}
}

/* OpenSSH knows Include since 7.3 in ssh_config and 8.2 in sshd_config; not every file has one. */
static void say_include(const struct sheet *sheet, const char *config)
{
	say(sheet, "Files of /etc/ssh/%s.d are read only where /etc/ssh/%s has a line", config,
	    config);
	say(sheet, "'Include /etc/ssh/%s.d/*.conf'; else these lines go to its top.", config);
}

static void print_sshd(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "# ", .newline = "\n"};
	const struct advice_sshd *sshd = &advice->sshd;

	say_path(&sheet, advice);
	say_period(&sheet, advice, "message");
	say_sshd_version(&sheet, sshd);
	say_count(&sheet, "client", sshd->known ? sshd->period_s : sshd->interval_s, sshd->count,
		  sshd->known ? "" : " or twice that");
	say(&sheet, "TCPKeepAlive, the default, lets the kernel find out that a host is gone.");
	say(&sheet, "ClientAliveCountMax 0 is no idle logout: since OpenSSH 8.2 it means never.");
	say(&sheet,
	    "sshd takes the first value that it reads ('sshd -T' shows what holds), and for");
	say(&sheet, "connections that are made after it was reloaded.");
	say_include(&sheet, "sshd_config");
	set(&sheet, "ClientAliveInterval %u", sshd->interval_s);
	set(&sheet, "ClientAliveCountMax %u", sshd->count);
	set(&sheet, "TCPKeepAlive yes");
}

static void print_ssh(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "# ", .newline = "\n"};

	say_path(&sheet, advice);
	say_period(&sheet, advice, "message");
	say_count(&sheet, "server", advice->period_s, advice->count, "");
	say_include(&sheet, "ssh_config");
	set(&sheet, "Host *");
	set(&sheet, "\tServerAliveInterval %u", advice->period_s);
	set(&sheet, "\tServerAliveCountMax %u", advice->count);
}

/*
 * PuTTY reads PingInterval * 60 + PingIntervalSecs, and writes minutes to the one and the rest to
 * the other (its settings.c), so that the first must not be left as it is.
 */
static void say_putty(const struct sheet *sheet, const struct advice *advice)
{
	say_path(sheet, advice);
	say_period(sheet, advice, "message");
	say(sheet, "PingInterval counts minutes, PingIntervalSecs seconds; PuTTY adds them up.");
	say(sheet,
	    "It counts no answers: how long an unresponsive server is tolerated is decided by");
	say(sheet, "TCP, which retransmits a message (on Linux for about 15 minutes).");
}

/* A comment is a key to PuTTY which it does not know, or no key at all (its unix/storage.c). */
static void print_putty(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "# ", .newline = "\n"};

	say_putty(&sheet, advice);
	say(&sheet,
	    "In a session that exists they go first: of two lines of a key the first counts.");
	set(&sheet, "PingInterval=0");
	set(&sheet, "PingIntervalSecs=%u", advice->period_s);
}

static void print_putty_reg(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "; ", .newline = "\r\n"};

	set(&sheet, "Windows Registry Editor Version 5.00\r\n");
	say_putty(&sheet, advice);
	say(&sheet, "For a saved session its name takes the place of Default%%20Settings.");
	set(&sheet,
	    "[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\Default%%20Settings]");
	set(&sheet, "\"PingInterval\"=dword:%08x", 0);
	set(&sheet, "\"PingIntervalSecs\"=dword:%08x", advice->period_s);
}

/*
 * Menu and keys as published session files and how-tos of SecureCRT have them; it could not be
 * tried with the program itself. That such a file may hold comments is nowhere said.
 */
static void print_securecrt(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "# ", .newline = "\n"};

	say_path(&sheet, advice);
	say_period(&sheet, advice, "message");
	say(&sheet, "Options > Session Options > Terminal > Anti-idle:");
	say(&sheet, "    [x] Send protocol NO-OP  every %u seconds", advice->period_s);
	say(&sheet,
	    "or, while SecureCRT is closed, in the session's .ini in place of the lines of");
	say(&sheet, "these names (the numbers are hexadecimal), without these comments:");
	set(&sheet, "D:\"Idle NO-OP Check\"=%08x", 1);
	set(&sheet, "D:\"Idle NO-OP Timeout\"=%08x", advice->period_s);
}

static void say_tcp_budget(const struct sheet *sheet, const struct advice_tcp *tcp)
{
	say(sheet,
	    "time + intvl x probes is not how long a connection may be idle: the kernel of an");
	say(sheet,
	    "idle peer answers each probe. It is how long one that answers none is tolerated:");
	say(sheet, "%u + %u x %u = %u s. The kernel's defaults tolerate %d + %d x %d = %d s.",
	    tcp->idle_s, tcp->interval_s, tcp->count, tcp->budget_s, TCP_DEFAULT_IDLE_S,
	    TCP_DEFAULT_INTERVAL_S, TCP_DEFAULT_COUNT, TCP_DEFAULT_BUDGET_S);
	if (tcp->budget_s < TCP_DEFAULT_BUDGET_S)
		say(sheet,
		    "More probes than %u no socket takes; 'sshidle keepalive --survive' can more.",
		    tcp->count);
}

static void print_sysctl(const struct advice *advice, FILE *out)
{
	const struct sheet sheet = {.out = out, .comment = "# ", .newline = "\n"};
	const struct advice_tcp *tcp = &advice->tcp;

	say_path(&sheet, advice);
	if (tcp->idle_s == advice->period_s)
		say_period(&sheet, advice, "probe");
	else
		say(&sheet, "A probe every %u s keeps it open: the kernel's defaults.",
		    tcp->idle_s);
	say(&sheet,
	    "sshd and ssh turn TCP keepalive on (TCPKeepAlive yes) and leave the values to the");
	say(&sheet, "kernel, whose real period is the larger of time and intvl.");
	say_tcp_budget(&sheet, tcp);
	say(&sheet,
	    "An open connection keeps the timer that is armed, although it reads new values:");
	say(&sheet,
	    "only 'sshidle keepalive' changes that. These values are for every TCP socket with");
	say(&sheet, "SO_KEEPALIVE in this network namespace, not for SSH alone.");
	set(&sheet, "net.ipv4.tcp_keepalive_time = %u", tcp->idle_s);
	set(&sheet, "net.ipv4.tcp_keepalive_intvl = %u", tcp->interval_s);
	set(&sheet, "net.ipv4.tcp_keepalive_probes = %u", tcp->count);
}

static const struct advice_program programs[] = {
	{"sshd", "/etc/ssh/sshd_config.d/50-sshidle.conf", print_sshd},
	{"ssh", "/etc/ssh/ssh_config.d/50-sshidle.conf, or the end of ~/.ssh/config", print_ssh},
	{"putty", "~/.putty/sessions/NAME, or ~/.config/putty/sessions/NAME", print_putty},
	{"putty-reg", "any name that ends in .reg, to be opened on Windows", print_putty_reg},
	{"securecrt", "NAME.ini in Config\\Sessions", print_securecrt},
	{"sysctl", "/etc/sysctl.d/50-sshidle.conf", print_sysctl},
};

#define N_PROGRAMS (sizeof(programs) / sizeof(*programs))

const struct advice_program *advice_program_at(size_t i)
{
	return i < N_PROGRAMS ? &programs[i] : NULL;
}

const struct advice_program *advice_program_find(const char *name)
{
	for (size_t i = 0; i < N_PROGRAMS; i++)
		if (!strcmp(programs[i].name, name))
			return &programs[i];
	return NULL;
}

const char *advice_program_list(char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < N_PROGRAMS && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i == 0		      ? ""
					 : i + 1 < N_PROGRAMS ? ", "
							      : " and ",
					 programs[i].name);
	return buf;
}

const char *advice_obstacle(const struct advice *advice, const struct advice_program *program)
{
	if (program->print != print_sshd || advice->sshd.interval_s)
		return NULL;
	return advice->sshd.known
		       ? "OpenSSH 9.2 to 9.4 send every 2 s at best"
		       : "its version is unknown, and OpenSSH 9.2 to 9.4 send every 2 s at best";
}
