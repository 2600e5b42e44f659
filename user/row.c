// SPDX-License-Identifier: GPL-2.0-only
/* One session, judged: everything that any format may show of it. */
#include "row.h"

#include <math.h>

void row_fill(const struct sessions *sessions, const struct session *session,
	      const struct policy *policy, const struct paths *paths, struct owners *owners,
	      struct row *ret)
{
	const struct record_session *record = session->record;
	uint64_t survived_ns = 0;

	ret->sessions = sessions;
	ret->session = session;
	ret->record = record;
	ret->owners = owners;
	facts_from_record(record, &ret->facts);
	if (ret->facts.longest_survived != UNKNOWN_NS)
		survived_ns = ret->facts.longest_survived;
	ret->path = policy_path(policy, record->peer_addr, survived_ns,
				paths_find(paths, record->peer_addr));
	ret->verdict = judge(&ret->facts, &ret->path, policy->warn);
}

const struct record_session *row_main_owner(const struct row *row)
{
	for (uint32_t i = 0; i < row->session->n_owners; i++) {
		const struct record_session *owner = session_owner(row->sessions, row->session, i);

		if (owner->owner_uid)
			return owner;
	}
	return row->record;
}

bool row_is_owner(const struct row *row, pid_t pid)
{
	for (uint32_t i = 0; i < row->session->n_owners; i++)
		if (session_owner(row->sessions, row->session, i)->owner_pid == (uint32_t)pid)
			return true;
	return false;
}

const struct owner *row_terminal(const struct row *row)
{
	for (uint32_t i = 0; i < row->session->n_owners; i++) {
		const struct owner *owner =
			owners_lookup(row->owners, session_owner(row->sessions, row->session, i));

		if (owner->tty[0])
			return owner;
	}
	return NULL;
}

double row_urgency(const struct row *row)
{
	if (row->verdict.kind == VERDICT_DEAD)
		return -1;
	return row->verdict.cut_in == UNKNOWN_NS ? INFINITY : ns_to_seconds(row->verdict.cut_in);
}
