// SPDX-License-Identifier: GPL-2.0-only
/* What to do about a session, in one line. Pure. */
#include "mend.h"

#include <inttypes.h>
#include <stdio.h>

#include "duration.h"
#include "plan.h"

#define ADVICE_SIZE 96

/* The command that gives settings which keep such a path open from the next log-in on. */
static const char *advice(const struct row *row, char *buf, size_t size)
{
	const char *program = row->facts.role == ROLE_CLIENT ? "ssh" : "sshd";

	if (row->path.name)
		snprintf(buf, size, "sshidle advise --path-timeout %s --for %s", row->path.name,
			 program);
	else
		snprintf(buf, size, "sshidle advise --path-timeout %" PRIu64 "s --for %s",
			 row->path.timeout_ns / (uint64_t)NSEC_PER_SEC, program);
	return buf;
}

/* Who has to type it, and where. */
static const char *who(const struct evidence *evidence)
{
	if (!evidence->live)
		return "on its host, as root: ";
	return evidence->is_root ? "" : "as root: ";
}

static void mend_now(const struct row *row, const struct evidence *evidence, char *buf, size_t size)
{
	const struct keepalive_request request = {};
	char lasting[ADVICE_SIZE];
	struct plan plan;

	plan_set(row->record, &row->facts, &row->path, &row->verdict, &request, &plan);
	advice(row, lasting, sizeof(lasting));
	if (plan.refusal)
		snprintf(buf, size, "sshidle keepalive would refuse now: %s; lasting: %s",
			 refusal_words(plan.refusal), lasting);
	else
		snprintf(buf, size, "%ssshidle keepalive %" PRIu64 "; lasting: %s", who(evidence),
			 (uint64_t)row->record->cookie, lasting);
}

const char *mend_format(const struct row *row, const struct evidence *evidence, char *buf,
			size_t size)
{
	switch (row->verdict.kind) {
	case VERDICT_DEAD:
		snprintf(buf, size, "end it: the peer has gone (%skill %u)", who(evidence),
			 row_main_owner(row)->owner_pid);
		break;
	case VERDICT_OVERDUE:
		snprintf(
			buf, size,
			"careful, a probe may draw the RST that ends it: sshidle keepalive --force "
			"%" PRIu64,
			(uint64_t)row->record->cookie);
		break;
	default:
		if (row->verdict.keeper)
			snprintf(buf, size, "nothing: the path is kept open");
		else
			mend_now(row, evidence, buf, size);
	}
	return buf;
}
