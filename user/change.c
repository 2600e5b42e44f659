// SPDX-License-Identifier: GPL-2.0-only
/* One session's keepalive to be set or put back: carried out, verified. */
#include "change.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "address.h"
#include "borrow.h"
#include "cleanup.h"
#include "utf8.h"

#define TIMER_TOLERANCE_MS 1000 /* jiffies are rounded, and time goes on */

static void fail(struct change *change, const char *what)
{
	change->result = CHANGE_FAILED;
	snprintf(change->why, sizeof(change->why), "%s", what);
}

static void refuse(struct change *change, enum refusal refusal)
{
	change->result = CHANGE_REFUSED;
	snprintf(change->why, sizeof(change->why), "%s", refusal_words(refusal));
}

#define UID_UNSET ((unsigned int)-1)

/* The login uid (who came in through PAM), which sudo does not change; proc(5). Read once. */
static unsigned int login_uid(void)
{
	static unsigned int uid = UID_UNSET;
	CLEANUP_FILE FILE *file = NULL;

	if (uid != UID_UNSET)
		return uid;
	file = fopen("/proc/self/loginuid", "re");
	if (!file || fscanf(file, "%u", &uid) != 1 || uid == UID_UNSET)
		uid = getuid();
	return uid;
}

static void write_journal(const struct change *change, const struct keepalive_options *old)
{
	const struct record_session *record = change->owner;
	char peer[ENDPOINT_TEXT_SIZE], comm[3 * COMM_LEN + 1];
	char before[KEEPALIVE_TEXT_SIZE], after[KEEPALIVE_TEXT_SIZE];

	endpoint_format(record->peer_addr, record->peer_port, peer, sizeof(peer));
	utf8_clean(record->comm, sizeof(record->comm), comm, sizeof(comm));
	openlog("sshidle", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE,
	       "keepalive %s: session %llu peer %s owner %s[%u] fd %u: %s -> %s, by uid %u",
	       change->undo ? "restored" : "set", (unsigned long long)record->cookie, peer, comm,
	       record->owner_pid, record->owner_fd, keepalive_format(old, before, sizeof(before)),
	       keepalive_format(&change->plan.new, after, sizeof(after)), login_uid());
}

/* The first owner that lends the socket; the last error is told if none does. */
static int borrow(const struct sessions *sessions, struct change *change)
{
	int fd = -ESRCH;

	for (uint32_t i = 0; i < change->session->n_owners && fd < 0; i++) {
		const struct record_session *owner = session_owner(sessions, change->session, i);

		fd = borrow_socket(owner->owner_pid, owner->owner_fd, owner->cookie);
		if (fd >= 0)
			change->owner = owner;
	}
	change->ended = fd == -ESRCH;
	if (fd < 0)
		fail(change, stream_has_own_pids(stream_start(&sessions->stream))
				     ? borrow_words(fd)
				     : "inside a container the host's pids mean nothing: run it on "
				       "the host");
	return fd;
}

/* Since the records were read something may have been sent. */
static bool is_in_flight(int fd, struct change *change)
{
	struct socket_flight flight;
	int err = socket_flight_get(fd, &flight);

	if (err)
		fail(change, strerror(-err));
	else if (flight.probes)
		refuse(change, REFUSAL_PROBES);
	else if (flight.unacked || flight.unsent_bytes)
		refuse(change, REFUSAL_UNACKED);
	else
		return false;
	return true;
}

/* What was there first stays the truth, however often sshidle sets anew. 1: it is ours to forget.
 */
static int remember(int before_map, int fd, const struct keepalive_options *old)
{
	if (before_map < 0)
		return 0;
	if (!bpf_map_update_elem(before_map, &fd, old, BPF_NOEXIST))
		return 1;
	return errno == EEXIST ? 0 : -errno;
}

static void forget(int before_map, int fd)
{
	if (before_map >= 0)
		bpf_map_delete_elem(before_map, &fd);
}

static int set(int fd, int before_map, struct change *change)
{
	struct keepalive_options old;
	int remembered = 0, err = socket_keepalive_get(fd, &old);

	if (!err && !change->undo) {
		old.late_min = change->plan.old.late_min;
		remembered = remember(before_map, fd, &old);
		if (remembered < 0) {
			fail(change,
			     "what was there could not be kept for --undo, so nothing was set");
			return remembered;
		}
	}
	if (!err)
		err = socket_keepalive_set(fd, &old, &change->plan.new);
	if (err) {
		fail(change, strerror(-err));
		if (remembered)
			forget(before_map, fd);
		return err;
	}
	if (change->undo)
		forget(before_map, fd);
	write_journal(change, &old);
	return 0;
}

void change_apply(const struct sessions *sessions, int before_map, bool force,
		  struct change *change)
{
	CLEANUP_CLOSE int fd = borrow(sessions, change);

	if (fd < 0 || (!force && is_in_flight(fd, change)))
		return;
	if (!set(fd, before_map, change))
		change->result = CHANGE_SET;
}

/* Nothing promises that the probe is in time but the timer, seen from outside. */
static const char *find_fault(const struct record_session *record, const struct change *change)
{
	const struct keepalive_options *set = &change->plan.new;
	struct facts facts;

	if (!record)
		return "the session ended meanwhile";
	if (!keepalive_equal(&record->keepalive, set))
		return "the options did not stay as they were set";
	if (change->undo || !set->enabled)
		return NULL;
	facts_from_record(record, &facts);
	if (facts.tcp.next_probe == UNKNOWN_NS)
		return "the kernel's keepalive timer is not armed";
	if (record->timer_left_ms > set->idle_s * 1000ULL + TIMER_TOLERANCE_MS)
		return "the kernel's keepalive timer is due too late";
	/* With a probe out already, the timer waits for the next one. */
	if (!record->probes_out && facts.idle.wire < (int64_t)change->timeout_ns &&
	    facts.idle.wire + facts.tcp.next_probe >= (int64_t)change->timeout_ns)
		return "the first probe is due after the path's cut";
	return NULL;
}

void change_verify(const struct sessions *after, struct change *change)
{
	const struct record_session *record = sessions_find(after, change->session->record->cookie);
	const char *fault;

	change->ended &= !record;
	if (change->result != CHANGE_SET)
		return;
	fault = find_fault(record, change);
	if (fault)
		fail(change, fault);
}

bool change_is_good(const struct change *change)
{
	return change->result < CHANGE_REFUSED;
}

const char *change_word(const struct change *change)
{
	switch (change->result) {
	case CHANGE_PLANNED:
		return change->undo ? "would restore" : "would set";
	case CHANGE_SET:
		return change->undo ? "restored" : "set";
	case CHANGE_KEPT:
		return "unchanged";
	case CHANGE_REFUSED:
		return "refused";
	default:
		return "failed";
	}
}
