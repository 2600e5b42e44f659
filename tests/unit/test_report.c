// SPDX-License-Identifier: GPL-2.0-only
/* Which sessions a report shows, in which order, and what it counts. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/report.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define IDS_SIZE 64
#define SAID_SIZE 512

/* Behind a path of 100 s. Silent for 0 s and 60 s: in front, and behind, the part that warns. */
static const struct of_session {
	uint64_t cookie;
	uint32_t silent_s, pid, sent;
	uint16_t local_port, peer_port;
	uint8_t retransmits;
	uint32_t next_probe_s; /* 0: keepalive is off */
	uint8_t beats;	       /* of an SSH keepalive every 2 s, long ago */
	const char *comm;
} scene[] = {
	{30, 60, 300, 5, 22, 41000, 0, 0, 0, "ssh-c"},	 /* at-risk, 40 s left */
	{9, 20, 301, 7, 22, 41001, 0, 0, 8, "ssh-b"},	 /* active, 80 s */
	{100, 70, 302, 0, 22, 41002, 0, 20, 0, "ssh-a"}, /* kept */
	{7, 10, 303, 0, 2222, 41003, 9, 0, 0, "ssh-e"},	 /* dead */
	{8, 200, 304, 9, 40000, 2222, 0, 0, 3, "ssh-d"}, /* overdue */
	{9, 20, 305, 7, 22, 41001, 0, 0, 8, "ssh-b"},	 /* the second owner of 9 */
	{31, 60, 300, 5, 22, 41004, 0, 0, 0, "ssh-c"},	 /* as 30, of the same process */
};

static void fill_head(union record *record, enum record_kind kind)
{
	memset(record, 0, sizeof(*record));
	record->head = (struct record_head){
		.magic = RECORD_MAGIC, .abi = RECORD_ABI, .kind = kind, .size = sizeof(*record)};
}

static void fill_session(union record *record, const struct of_session *of)
{
	struct record_session *session = &record->session;

	fill_head(record, RECORD_SESSION);
	session->cookie = of->cookie;
	session->owner_pid = of->pid;
	session->local_port = of->local_port;
	session->peer_port = of->peer_port;
	session->rx_ack_age_ms = session->rx_data_age_ms = session->tx_data_age_ms =
		of->silent_s * 1000;
	session->bytes_sent = of->sent;
	session->retransmits = of->retransmits;
	session->keepalive = (struct keepalive_options){.idle_s = 90, .interval_s = 75};
	session->timer_left_ms = of->next_probe_s * 1000;
	session->family = 4;
	session->state = 1;
	session->flags = SESSION_LOCAL_WATCHED;
	if (of->next_probe_s) {
		session->keepalive.enabled = 1;
		session->flags |= SESSION_TIMER_ARMED;
	}
	if (of->beats) {
		session->flags |= SESSION_HISTORY;
		session->history.burst_count = of->beats;
	}
	for (unsigned int i = 0; i < BURSTS_MAX; i++)
		session->history.bursts[i] = (struct burst){2000, 52, 28};
	session->history.burst_next = of->beats % BURSTS_MAX;
	strcpy(session->comm, of->comm);
}

/* The scene as a file; gives its fd. */
static int write_scene(void)
{
	union record records[1 + sizeof(scene) / sizeof(*scene)];
	int fd = memfd_create("records", MFD_CLOEXEC);

	fill_head(records, RECORD_START);
	records->start.n_ports = 2;
	records->start.ports[0] = 22;
	records->start.ports[1] = 2222;
	for (size_t i = 0; i < sizeof(scene) / sizeof(*scene); i++)
		fill_session(&records[i + 1], &scene[i]);
	assert_int_equal(write(fd, records, sizeof(records)), sizeof(records));
	return fd;
}

/* What came of one call: the ids in their order, the counts, the words on standard error. */
struct outcome_of {
	int err;
	char ids[IDS_SIZE];
	char said[SAID_SIZE];
	size_t counts[VERDICT_KINDS], total;
};

static void note(const struct report *report, struct outcome_of *of)
{
	size_t length = 0;

	for (size_t i = 0; i < report->sessions.n; i++)
		length += snprintf(of->ids + length, sizeof(of->ids) - length, "%s%llu",
				   i ? " " : "",
				   (unsigned long long)report->sessions.list[i].record->cookie);
	memcpy(of->counts, report->counts, sizeof(of->counts));
	of->total = report->total;
}

static struct outcome_of made(struct options options)
{
	struct outcome_of of = {};
	struct report report;
	struct policy policy;
	char path[32];
	int fd = write_scene(), said = memfd_create("said", MFD_CLOEXEC), saved;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.from = path;
	policy_init(&policy);
	if (options.ports)
		assert_int_equal(ports_parse(options.ports, policy.ports, &policy.n_ports), 0);
	policy.has_option = true;
	policy.option = (struct path){.timeout_ns = 100 * 1000000000ULL, .source = PATH_OPTION};
	saved = dup(STDERR_FILENO);
	dup2(said, STDERR_FILENO);
	of.err = report_make(&options, &policy, &report);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(pread(said, of.said, sizeof(of.said) - 1, 0) >= 0);
	if (!of.err) {
		note(&report, &of);
		report_free(&report);
	}
	policy_free(&policy);
	close(said);
	close(fd);
	return of;
}

static void assert_ids(struct options options, const char *ids)
{
	struct outcome_of of = made(options);

	assert_string_equal(of.said, "");
	assert_int_equal(of.err, 0);
	assert_string_equal(of.ids, ids);
}

static void assert_told(struct options options, int err, const char *sentence)
{
	struct outcome_of of = made(options);

	assert_int_equal(of.err, err);
	assert_string_equal(of.said, sentence);
}

static void most_urgent_come_first(void **state)
{
	(void)state;
	assert_ids((struct options){}, "7 8 30 31 9 100");
}

static void sorted_by_a_column(void **state)
{
	static const char *const rows[][2] = {
		{"silent", "7 9 30 31 100 8"},
		{"-silent", "8 100 30 31 9 7"},
		{"comm", "100 9 30 31 8 7"},
		{"-comm", "7 8 30 31 9 100"},
		{"tx", "7 100 30 31 9 8"},
		{"pid", "30 31 9 100 7 8"},
		/* what is unknown comes last, either way */
		{"cut-in", "8 30 31 9 7 100"},
		{"-cut-in", "9 30 31 8 7 100"},
		{"txdata", "9 30 31 8 7 100"},
		{"tty", "7 8 9 30 31 100"},
		{"KEEPALIVE", "7 8 9 30 31 100"},
		{"sshsure", "8 9 7 30 31 100"},
		{"-sshsure", "9 8 7 30 31 100"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("--sort %s\n", rows[i][0]);
		assert_ids((struct options){.sort = rows[i][0]}, rows[i][1]);
	}
	assert_told((struct options){.sort = "idle"}, ERR_USAGE,
		    "sshidle: --sort idle: no such column; 'sshidle -o help' lists them\n");
	assert_told((struct options){.sort = "-"}, ERR_USAGE,
		    "sshidle: --sort : no such column; 'sshidle -o help' lists them\n");
}

/* Ids are numbers, although JSON has them as text. */
static void sorted_by_id(void **state)
{
	(void)state;
	assert_ids((struct options){.sort = "session"}, "7 8 9 30 31 100");
	assert_ids((struct options){.sort = "-session"}, "100 31 30 9 8 7");
}

static void at_risk_leaves_who_needs_a_person(void **state)
{
	(void)state;
	assert_ids((struct options){.at_risk = true}, "7 8 30 31");
}

static void all_are_counted_shown_or_not(void **state)
{
	static const size_t counts[VERDICT_KINDS] = {1, 1, 2, 1, 1};
	char *operands[] = {"30"};
	struct outcome_of whole = made((struct options){});
	struct outcome_of part =
		made((struct options){.at_risk = true, .operands = operands, .n_operands = 1});

	(void)state;
	assert_string_equal(part.ids, "30");
	assert_memory_equal(whole.counts, counts, sizeof(counts));
	assert_memory_equal(part.counts, counts, sizeof(counts));
	assert_int_equal(whole.total, 6);
	assert_int_equal(part.total, 6);
}

static void sessions_named_by_words(void **state)
{
	static const struct row {
		char *words[4];
		const char *ids;
	} rows[] = {
		{{"30"}, "30"},		 {{"30", "7"}, "7 30"},
		{{"30", "30"}, "30"},	 {{"0030"}, "30"},
		{{"pid:300"}, "30 31"},	 {{"pid:305"}, "9"}, /* the second owner */
		{{"pid:301", "9"}, "9"}, {{"100", "pid:304"}, "8 100"},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct options options = {.operands = (char **)row->words};

		while (row->words[options.n_operands])
			options.n_operands++;
		assert_ids(options, row->ids);
	}
}

static void words_that_name_none(void **state)
{
	static const struct row {
		char *words[3];
		int err;
		const char *sentence;
	} rows[] = {
		{{"1"}, -ENOENT, "no session '1'; 'sshidle list' shows those there are"},
		{{"30", "1"}, -ENOENT, "no session '1'; 'sshidle list' shows those there are"},
		{{"300"}, -ENOENT, "no session '300'; 'sshidle list' shows those there are"},
		{{"pid:30"}, -ENOENT, "no session 'pid:30'; 'sshidle list' shows those there are"},
		{{"alice"},
		 ERR_USAGE,
		 "'alice' is no session: give an id from the first column, or pid:N"},
		{{"pid:"},
		 ERR_USAGE,
		 "'pid:' is no session: give an id from the first column, or pid:N"},
		{{"pid:x"},
		 ERR_USAGE,
		 "'pid:x' is no session: give an id from the first column, or pid:N"},
		{{"-30"},
		 ERR_USAGE,
		 "'-30' is no session: give an id from the first column, or pid:N"},
		{{"30x"},
		 ERR_USAGE,
		 "'30x' is no session: give an id from the first column, or pid:N"},
		{{""}, ERR_USAGE, "'' is no session: give an id from the first column, or pid:N"},
	};
	const struct row *row;
	char sentence[SAID_SIZE];

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		struct options options = {.operands = (char **)row->words};

		while (row->words[options.n_operands])
			options.n_operands++;
		snprintf(sentence, sizeof(sentence), "sshidle: %s\n", row->sentence);
		assert_told(options, row->err, sentence);
	}
}

static void ports_are_of_either_end(void **state)
{
	struct outcome_of of = made((struct options){.ports = "2222"});

	(void)state;
	assert_string_equal(of.ids, "7 8");
	assert_int_equal(of.total, 2);
	assert_ids((struct options){.ports = "22"}, "30 31 9 100");
	assert_ids((struct options){.ports = "22,2222"}, "7 8 30 31 9 100");
	assert_told((struct options){.ports = "22,41000"}, -ENOENT,
		    "sshidle: port 41000 is not among those recorded, 22,2222\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(most_urgent_come_first),
		cmocka_unit_test(sorted_by_a_column),
		cmocka_unit_test(sorted_by_id),
		cmocka_unit_test(at_risk_leaves_who_needs_a_person),
		cmocka_unit_test(all_are_counted_shown_or_not),
		cmocka_unit_test(sessions_named_by_words),
		cmocka_unit_test(words_that_name_none),
		cmocka_unit_test(ports_are_of_either_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
