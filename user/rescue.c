// SPDX-License-Identifier: GPL-2.0-only
/* Sets TCP keepalive on one session, after a question. */
#include "rescue.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "duration.h"
#include "privilege.h"

#define ID_SIZE 24

static bool lends(const struct change *change)
{
	return change->owner->owner_uid == geteuid() || privilege_has(CAPABILITY(CAP_SYS_PTRACE));
}

struct rescue {
	struct change change;
	bool undo_possible;
};

/* What the owner's process would not lend its socket for is refused before it is tried. */
static void refuse_unlent(struct change *change)
{
	if (change->result != CHANGE_PLANNED || lends(change))
		return;
	change->result = CHANGE_REFUSED;
	snprintf(change->why, sizeof(change->why),
		 "another user's keepalive takes root or CAP_SYS_PTRACE");
}

static int work_on(const struct options *options, const struct policy *policy, uint64_t id,
		   bool dry_run, struct rescue *ret)
{
	const struct keepalive_request request = {};
	struct options chosen = *options;
	struct keepalive_work work;
	char word[ID_SIZE], *words[] = {word};
	int err;

	snprintf(word, sizeof(word), "%" PRIu64, id);
	chosen.operands = words;
	chosen.n_operands = 1;
	chosen.sort = NULL;
	chosen.at_risk = false;
	chosen.dry_run = dry_run;
	err = keepalive_do(&chosen, policy, &request, &work);
	if (!err) {
		*ret = (struct rescue){work.list.changes[0], work.list.undo_possible};
		refuse_unlent(&ret->change);
	}
	keepalive_work_free(&work);
	return err;
}

/* The price belongs to the question: a session may outlive a sleeping peer for a shorter time. */
static void format_question(const struct rescue *rescue, uint64_t id, char *buf, size_t size)
{
	char new[KEEPALIVE_TEXT_SIZE], after[DURATION_TEXT_SIZE], before[DURATION_TEXT_SIZE];
	const struct plan *plan = &rescue->change.plan;
	bool shorter = plan->budget_s < plan->budget_before_s;

	snprintf(buf, size,
		 "Set keepalive %s on %" PRIu64 "%s, y/n? It survives %s without an answer%s%s",
		 keepalive_format(&plan->new, new, sizeof(new)), id,
		 rescue->undo_possible ? "" : ", without undo",
		 budget_format(plan->budget_s, after, sizeof(after)), shorter ? ", now " : "",
		 shorter ? budget_format(plan->budget_before_s, before, sizeof(before)) : "");
}

static void format_result(const struct change *change, uint64_t id, char *buf, size_t size)
{
	snprintf(buf, size, "keepalive of %" PRIu64 ": %s%s%s", id, change_word(change),
		 change->why[0] ? ": " : "", change->why);
}

bool rescue_ask(const struct options *options, const struct policy *policy, uint64_t id, char *buf,
		size_t size)
{
	struct rescue rescue;

	if (work_on(options, policy, id, true, &rescue))
		return false;
	if (rescue.change.result != CHANGE_PLANNED) {
		format_result(&rescue.change, id, buf, size);
		return false;
	}
	format_question(&rescue, id, buf, size);
	return true;
}

void rescue_do(const struct options *options, const struct policy *policy, uint64_t id, char *buf,
	       size_t size)
{
	struct rescue rescue;

	if (!work_on(options, policy, id, false, &rescue))
		format_result(&rescue.change, id, buf, size);
}
