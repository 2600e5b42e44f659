// SPDX-License-Identifier: GPL-2.0-only
/* Only whole, sound records of this version are ever taken from a stream. */
#include <linux/types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/stream.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define SIZE sizeof(union record)
#define WRITER_LIMIT_S 60

static void make_head(union record *record, enum record_kind kind)
{
	memset(record, 0, sizeof(*record));
	record->head = (struct record_head){
		.magic = RECORD_MAGIC, .abi = RECORD_ABI, .kind = kind, .size = SIZE};
}

/* A start record and n - 1 sessions, each with another cookie. */
static void make_stream(union record *records, size_t n)
{
	make_head(records, RECORD_START);
	records->start.n_ports = 1;
	records->start.ports[0] = 22;
	strcpy(records->start.host, "bastion1");
	strcpy(records->start.kernel, "6.1.0");
	for (size_t i = 1; i < n; i++) {
		make_head(&records[i], RECORD_SESSION);
		records[i].session.cookie = i;
		records[i].session.family = i % 2 ? 4 : 6;
		strcpy(records[i].session.comm, "sshd");
	}
}

static int memory_of(const void *bytes, size_t size)
{
	int fd = memfd_create("records", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Reads size bytes; on failure nothing may have been given. */
static int read_bytes(const void *bytes, size_t size, unsigned int *ret_abi)
{
	struct stream untouched = {(union record **)1, 42, 42}, stream = untouched;
	int fd = memory_of(bytes, size);
	int err = stream_read(fd, &stream, ret_abi);

	close(fd);
	if (err)
		assert_memory_equal(&stream, &untouched, sizeof(stream));
	else
		stream_free(&stream);
	return err;
}

static void assert_reads_as(int fd, const union record *records, size_t n)
{
	struct stream stream = {};
	unsigned int abi = 42;

	assert_int_equal(stream_read(fd, &stream, &abi), 0);
	assert_int_equal(abi, 42);
	assert_int_equal(stream.n, n);
	for (size_t i = 0; i < n; i++)
		assert_memory_equal(stream_record(&stream, i), &records[i], SIZE);
	assert_ptr_equal(stream_start(&stream), stream_record(&stream, 0));
	stream_free(&stream);
	assert_null(stream.blocks);
	assert_int_equal(stream.n, 0);
	stream_free(&stream);
}

static void good_stream_of_any_length(void **state)
{
	static const size_t lengths[] = {1,
					 2,
					 3,
					 100,
					 BLOCK_RECORDS - 1,
					 BLOCK_RECORDS,
					 BLOCK_RECORDS + 1,
					 2 * BLOCK_RECORDS,
					 2 * BLOCK_RECORDS + 1,
					 5 * BLOCK_RECORDS};

	(void)state;
	for (const size_t *n = lengths; n < ARRAY_END(lengths); n++) {
		union record *records = calloc(*n, SIZE);
		int fd;

		print_message("%zu records\n", *n);
		assert_non_null(records);
		make_stream(records, *n);
		fd = memory_of(records, *n * SIZE);
		assert_reads_as(fd, records, *n);
		close(fd);
		free(records);
	}
}

/* Each chunk is read before the next is written. */
static void write_in_chunks(int fd, const char *bytes, size_t size, size_t chunk)
{
	alarm(WRITER_LIMIT_S);
	while (size) {
		size_t part = chunk < size ? chunk : size;
		int unread;

		if (write(fd, bytes, part) != (ssize_t)part)
			_exit(1);
		while (!ioctl(fd, FIONREAD, &unread) && unread)
			sched_yield();
		bytes += part;
		size -= part;
	}
	_exit(0);
}

/* A pipe gives what is there: records come in pieces that do not end where they end. */
static void short_reads_make_whole_records(void **state)
{
	static const size_t chunks[] = {1, 3, 16, 327, 328, 329, 4095, 65536};
	union record records[40];

	(void)state;
	make_stream(records, 40);
	for (const size_t *chunk = chunks; chunk < ARRAY_END(chunks); chunk++) {
		int ends[2], status;
		pid_t writer;

		print_message("chunks of %zu\n", *chunk);
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		writer = fork();
		assert_true(writer >= 0);
		if (!writer)
			write_in_chunks(ends[1], (char *)records, sizeof(records), *chunk);
		close(ends[1]);
		assert_reads_as(ends[0], records, 40);
		close(ends[0]);
		assert_int_equal(waitpid(writer, &status, 0), writer);
		assert_int_equal(status, 0);
	}
}

static void nothing_is_no_stream(void **state)
{
	unsigned int abi = 42;

	(void)state;
	assert_int_equal(read_bytes("", 0, &abi), -EBADMSG);
	assert_int_equal(abi, 42);
}

static void unreadable_is_told_apart(void **state)
{
	struct stream stream = {};
	unsigned int abi = 42;
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(stream_read(dir, &stream, &abi), -EISDIR);
	close(dir);
	assert_int_equal(stream_read(dir, &stream, &abi), -EBADF);
	assert_null(stream.blocks);
}

/* Cut behind a record the rest is still a stream; anywhere else it is not. */
static void cut_at_every_byte(void **state)
{
	union record records[3];
	unsigned int abi = 42;

	(void)state;
	make_stream(records, 3);
	for (size_t size = 0; size <= sizeof(records); size++) {
		int expected = size && size % SIZE == 0 ? 0 : -EBADMSG;

		assert_int_equal(read_bytes(records, size, &abi), expected);
	}
	assert_int_equal(abi, 42);
}

static void other_versions_tell_their_number(void **state)
{
	static const struct row {
		uint16_t abi;
		uint32_t size;
		size_t bytes;
	} rows[] = {
		{RECORD_ABI + 1, SIZE, 2 * SIZE},
		{0, SIZE, 2 * SIZE},
		{UINT16_MAX, SIZE, 2 * SIZE},
		{RECORD_ABI + 1, SIZE + 8, 2 * SIZE},
		/* its records may be of any size, and the head is all that counts */
		{RECORD_ABI + 1, 16, sizeof(struct record_head)},
		{RECORD_ABI + 1, 100, 100},
		{RECORD_ABI + 1, 0, SIZE + 1},
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		union record records[2];
		unsigned int abi = 42;

		print_message("row %td\n", row - rows);
		make_stream(records, 2);
		records[0].head.abi = row->abi;
		records[0].head.size = row->size;
		assert_int_equal(read_bytes(records, row->bytes, &abi), -EPROTO);
		assert_int_equal(abi, row->abi);
	}
}

/* The number is ours, the layout is not: two equal numbers would explain nothing. */
static void another_size_of_this_version_is_no_record(void **state)
{
	static const uint32_t sizes[] = {SIZE - 8, SIZE + 8, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		union record records[2];
		unsigned int abi = 42;

		make_stream(records, 2);
		records[0].head.size = sizes[i];
		assert_int_equal(read_bytes(records, sizeof(records), &abi), -EBADMSG);
		assert_int_equal(abi, 42);
	}
}

static void wrong_magic(union record *records)
{
	records[0].head.magic++;
}

static void swapped_magic(union record *records)
{
	records[0].head.magic = __builtin_bswap32(RECORD_MAGIC);
}

static void session_first(union record *records)
{
	records[0].head.kind = RECORD_SESSION;
}

static void no_kind_first(union record *records)
{
	records[0].head.kind = 0;
}

static void ports_too_many(union record *records)
{
	records[0].start.n_ports = WATCHED_PORTS_MAX + 1;
}

static void ports_by_far_too_many(union record *records)
{
	records[0].start.n_ports = UINT16_MAX;
}

static void host_without_end(union record *records)
{
	memset(records[0].start.host, 'h', sizeof(records[0].start.host));
}

static void kernel_without_end(union record *records)
{
	memset(records[0].start.kernel, 'k', sizeof(records[0].start.kernel));
}

static void later_magic(union record *records)
{
	records[2].head.magic = 0;
}

static void later_abi(union record *records)
{
	records[2].head.abi++;
}

static void later_size(union record *records)
{
	records[2].head.size--;
}

static void later_start_of_too_many_ports(union record *records)
{
	make_head(&records[2], RECORD_START);
	records[2].start.n_ports = WATCHED_PORTS_MAX + 1;
}

static void later_kind(union record *records)
{
	records[2].head.kind = RECORD_END + 1;
}

static void counter_beyond_json(union record *records)
{
	records[0].start.counters[COUNTERS - 1] = INT64_MAX + 1ULL;
}

static void prefix_too_long(union record *records)
{
	records[0].start.prefix4 = 129;
}

static struct death *make_death(union record *record)
{
	make_head(record, RECORD_DEATH);
	record->death.death.family = 4;
	return &record->death.death;
}

static void death_of_no_cause(union record *records)
{
	make_death(&records[2])->cause = END_CAUSES;
}

static void death_before_birth(union record *records)
{
	make_death(&records[2])->opened_ns = 1;
}

static void death_of_no_family(union record *records)
{
	make_death(&records[2])->family = 0;
}

static void death_of_no_speaker(union record *records)
{
	make_death(&records[2])->speaker = SPEAKER_US + 1;
}

static void path_longer_than_an_address(union record *records)
{
	make_head(&records[2], RECORD_PATH);
	records[2].path.key.length = 129;
}

static void path_with_a_strange_end(union record *records)
{
	make_head(&records[2], RECORD_PATH);
	records[2].path.lesson.fatals[PATH_FATALS - 1].expiry = EXPIRIES;
}

static void comm_without_end(union record *records)
{
	memset(records[2].session.comm, 'c', sizeof(records[2].session.comm));
}

static void no_family(union record *records)
{
	records[2].session.family = 0;
}

static void family_of_the_kernel(union record *records)
{
	records[2].session.family = 10; /* AF_INET6 */
}

static void bursts_too_many(union record *records)
{
	records[2].session.history.burst_count = BURSTS_MAX + 1;
}

static void burst_beyond_the_last(union record *records)
{
	records[2].session.history.burst_next = BURSTS_MAX;
}

static void unsound_records_are_refused(void **state)
{
	static const struct row {
		const char *what;
		void (*spoil)(union record *records);
	} rows[] = {
#define ROW(spoil) {#spoil, spoil}
		ROW(wrong_magic),
		ROW(swapped_magic),
		ROW(session_first),
		ROW(no_kind_first),
		ROW(ports_too_many),
		ROW(ports_by_far_too_many),
		ROW(host_without_end),
		ROW(kernel_without_end),
		ROW(later_magic),
		ROW(later_abi),
		ROW(later_size),
		ROW(later_start_of_too_many_ports),
		ROW(later_kind),
		ROW(comm_without_end),
		ROW(counter_beyond_json),
		ROW(prefix_too_long),
		ROW(death_of_no_cause),
		ROW(death_before_birth),
		ROW(death_of_no_family),
		ROW(death_of_no_speaker),
		ROW(path_longer_than_an_address),
		ROW(path_with_a_strange_end),
		ROW(no_family),
		ROW(family_of_the_kernel),
		ROW(bursts_too_many),
		ROW(burst_beyond_the_last),
#undef ROW
	};
	const struct row *row;

	(void)state;
	for (row = rows; row < ARRAY_END(rows); row++) {
		union record records[3];
		unsigned int abi = 42;

		print_message("%s\n", row->what);
		make_stream(records, 3);
		assert_int_equal(read_bytes(records, sizeof(records), &abi), 0);
		row->spoil(records);
		assert_int_equal(read_bytes(records, sizeof(records), &abi), -EBADMSG);
		assert_int_equal(abi, 42);
	}
}

/* Copies of several of the recorder's files behind each other are one stream. */
static void all_kinds_stand_in_one_stream(void **state)
{
	union record records[6];
	unsigned int abi = 42;

	(void)state;
	make_stream(records, 2);
	make_stream(records + 2, 1);
	make_death(&records[3]);
	make_head(&records[4], RECORD_PATH);
	make_head(&records[5], RECORD_END);
	assert_int_equal(read_bytes(records, sizeof(records), &abi), 0);
}

/* Of a view no more is read than its end; of a copy of several, all is. */
static void the_end_of_a_view_is_the_end(void **state)
{
	union record records[3];
	struct stream stream = {};
	unsigned int abi = 42;
	int pipes[2];

	(void)state;
	make_stream(records, 1);
	make_head(&records[1], RECORD_END);
	make_stream(records + 2, 1);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], records, 2 * SIZE), 2 * SIZE);
	assert_int_equal(stream_read_view(pipes[0], &stream, &abi), 0); /* or waits for ever */
	assert_int_equal(stream.n, 2);
	stream_free(&stream);
	assert_int_equal(read_bytes(records, sizeof(records), &abi), 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* Full to the last place that the checks allow. */
static void extremes_are_sound(void **state)
{
	union record records[2];
	unsigned int abi = 42;

	(void)state;
	make_stream(records, 2);
	records[0].start.n_ports = WATCHED_PORTS_MAX;
	memset(records[0].start.host, 'h', sizeof(records[0].start.host) - 1);
	memset(records[0].start.kernel, 'k', sizeof(records[0].start.kernel) - 1);
	memset(records[1].session.comm, 0xff, sizeof(records[1].session.comm) - 1);
	records[1].session.history.burst_count = BURSTS_MAX;
	records[1].session.history.burst_next = BURSTS_MAX - 1;
	assert_int_equal(read_bytes(records, sizeof(records), &abi), 0);
	records[0].start.n_ports = 0;
	records[0].start.host[0] = 0;
	records[0].start.kernel[0] = 0;
	records[1].session.comm[0] = 0;
	assert_int_equal(read_bytes(records, sizeof(records), &abi), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_stream_of_any_length),
		cmocka_unit_test(short_reads_make_whole_records),
		cmocka_unit_test(nothing_is_no_stream),
		cmocka_unit_test(unreadable_is_told_apart),
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(other_versions_tell_their_number),
		cmocka_unit_test(another_size_of_this_version_is_no_record),
		cmocka_unit_test(unsound_records_are_refused),
		cmocka_unit_test(all_kinds_stand_in_one_stream),
		cmocka_unit_test(the_end_of_a_view_is_the_end),
		cmocka_unit_test(extremes_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
