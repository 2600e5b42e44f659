// SPDX-License-Identifier: GPL-2.0-only
/* What to do about a session, in one line. Pure. */
#include "mend.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "plan.h"
#include "rundir.h"
#include "utf8.h"

#define TIMEOUT_WORD_SIZE 64
#define COMMAND_SIZE (MEND_SIZE / 2)

/* As --path-timeout takes it. */
static const char *timeout_word(const struct path *path, char *buf, size_t size)
{
	if (path->name)
		snprintf(buf, size, "%s", path->name);
	else
		snprintf(buf, size, "%" PRIu64 "s", path->timeout_ns / (uint64_t)NSEC_PER_SEC);
	return buf;
}

/* The command that gives settings which keep such a path open from the next log-in on. */
static const char *advice(const struct row *row, char *buf, size_t size)
{
	const char *program = row->facts.role == ROLE_CLIENT ? "ssh" : "sshd";
	char timeout[TIMEOUT_WORD_SIZE];

	snprintf(buf, size, "sshidle advise --path-timeout %s --for %s",
		 timeout_word(&row->path, timeout, sizeof(timeout)), program);
	return buf;
}

/* Appends " OPTION WORD", as a shell reads it, where there is room for it. */
static void append(char *buf, size_t size, const char *option, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/.,:_+-";
	bool quoted = word[strspn(word, plain)] || !*word;
	char clean[COMMAND_SIZE], escaped[4 * COMMAND_SIZE];
	size_t used = strlen(buf), n = 0;

	utf8_clean(word, strlen(word), clean, sizeof(clean));
	for (const char *c = clean; *c; c++)
		n += sprintf(escaped + n, *c == '\'' ? "'\\''" : "%c", *c);
	escaped[n] = 0;
	if (used + strlen(option) + n + sizeof("  ''") <= size)
		snprintf(buf + used, size - used, quoted ? " %s '%s'" : " %s %s", option, escaped);
}

/* What a config file says here is found there again, but not on the host of a copy. */
static bool is_path_told(const struct row *row, const struct options *options)
{
	return row->path.source == PATH_OPTION ||
	       (row->path.source == PATH_CONFIG && options->from);
}

/* The command: what was told to find the session and its path it must be told too. Gives buf. */
static const char *rescue(const struct row *row, const struct options *options, const char *force,
			  char *buf, size_t size)
{
	char timeout[TIMEOUT_WORD_SIZE];
	size_t used;

	snprintf(buf, size, "sshidle keepalive%s", force);
	if (!options->from && strcmp(options->run_dir, RUNDIR_DEFAULT))
		append(buf, size, "--run-dir", options->run_dir);
	if (!options->from && options->config)
		append(buf, size, "--config", options->config);
	if (!options->from && options->ports)
		append(buf, size, "-p", options->ports);
	if (is_path_told(row, options))
		append(buf, size, "--path-timeout",
		       timeout_word(&row->path, timeout, sizeof(timeout)));
	used = strlen(buf);
	snprintf(buf + used, size - used, " %" PRIu64, (uint64_t)row->record->cookie);
	return buf;
}

/* Who has to type it, and where. */
static const char *who(const struct evidence *evidence)
{
	if (evidence->options->from)
		return "on its host, as root: ";
	return evidence->is_root ? "" : "as root: ";
}

static enum refusal refusal_of(const struct row *row, bool force)
{
	const struct keepalive_request request = {.force = force};
	struct plan plan;

	plan_set(row->record, &row->facts, &row->path, &row->verdict, &request, &plan);
	return plan.refusal;
}

static void mend_now(const struct row *row, const struct evidence *evidence, char *buf, size_t size)
{
	char lasting[COMMAND_SIZE], now[COMMAND_SIZE];
	enum refusal refusal = refusal_of(row, false);

	advice(row, lasting, sizeof(lasting));
	if (refusal)
		snprintf(buf, size, "sshidle keepalive would refuse now: %s; lasting: %s",
			 refusal_words(refusal), lasting);
	else
		snprintf(buf, size, "%s%s; lasting: %s", who(evidence),
			 rescue(row, evidence->options, "", now, sizeof(now)), lasting);
}

static void mend_overdue(const struct row *row, const struct evidence *evidence, char *buf,
			 size_t size)
{
	enum refusal refusal = refusal_of(row, true);
	char now[COMMAND_SIZE];

	if (refusal)
		snprintf(buf, size, "none: sshidle keepalive would refuse it: %s",
			 refusal_words(refusal));
	else
		snprintf(buf, size, "careful, a probe may draw the RST that ends it: %s%s",
			 who(evidence),
			 rescue(row, evidence->options, " --force", now, sizeof(now)));
}

const char *mend_format(const struct row *row, const struct evidence *evidence, char *buf,
			size_t size)
{
	switch (row->verdict.kind) {
	case VERDICT_DEAD:
		/* Who misses probes alone may be asleep; data that nobody takes is lost. */
		snprintf(buf, size, "%s (%skill %u)",
			 row->facts.timeouts >= DEAD_TIMEOUTS
				 ? "end it: the peer has gone"
				 : "wait, if the peer may be asleep; else end it",
			 who(evidence), row_main_owner(row)->owner_pid);
		break;
	case VERDICT_OVERDUE:
		mend_overdue(row, evidence, buf, size);
		break;
	default:
		if (row->verdict.keeper)
			snprintf(buf, size, "nothing: the path is kept open");
		else
			mend_now(row, evidence, buf, size);
	}
	return buf;
}
