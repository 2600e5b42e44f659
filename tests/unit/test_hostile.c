// SPDX-License-Identifier: GPL-2.0-only
/* Records that no recorder wrote: every command refuses them in one sentence, or shows them clean.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../fuzz/everything.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))
#define SIZE sizeof(union record)
#define EACH_MAX (SIZE + 1)

static union record models[RECORD_END + 1]; /* a recorded one of each kind, by kind */

static void take_models(const char *path)
{
	FILE *file = fopen(path, "r");
	union record record;

	assert_non_null(file);
	while (fread(&record, SIZE, 1, file) == 1)
		models[record.head.kind] = record;
	fclose(file);
}

static int load_models(void **state)
{
	(void)state;
	take_models("tests/golden/history.rec");
	take_models("tests/golden/learned.rec");
	return 0;
}

/* Makes records that are one kind's model apart from each other. */
static void tell_apart(union record *record, unsigned int i)
{
	switch (record->head.kind) {
	case RECORD_SESSION:
		record->session.cookie = i;
		break;
	case RECORD_DEATH:
		record->death.death.number = i;
		record->death.number_after = i;
		break;
	case RECORD_PATH:
		record->path.key.addr[14] = i >> 8;
		record->path.key.addr[15] = i;
		break;
	}
}

static void cut_at_every_byte(void **state)
{
	const char *bytes = (const char *)&models[RECORD_START];
	size_t size = 2 * SIZE;

	(void)state;
	for (size_t cut = 0; cut <= size; cut++)
		assert_int_equal(show_everything(bytes, cut), cut && cut % SIZE == 0);
}

/* Bytes of width at a place in a record, all of them one of: 0, 1, the most, anything. */
static void put(union record *record, size_t at, size_t width, unsigned int value)
{
	uint8_t *byte = (uint8_t *)record + at;
	uint64_t number = value == 1;

	for (size_t i = 0; value == 3 && i < width; i++)
		number = number << 8 | (rand() & UINT8_MAX);
	if (value == 2)
		number = UINT64_MAX;
	memcpy(byte, &number, width);
}

static bool is_sound(const union record *record)
{
	union record records[] = {models[RECORD_START], *record};
	struct stream stream;
	unsigned int abi;
	int pipes[2];
	bool sound;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], records, sizeof(records)), sizeof(records));
	close(pipes[1]);
	sound = !stream_read(pipes[0], &stream, &abi);
	if (sound)
		stream_free(&stream);
	close(pipes[0]);
	return sound;
}

/* Each sound record that differs from the model in one place, and all of them in one stream. */
static void spoil_records(enum record_kind kind, size_t width, unsigned int value)
{
	static union record records[EACH_MAX];
	size_t n = 1;

	records[0] = models[RECORD_START];
	for (size_t at = 0; at + width <= SIZE; at += width) {
		records[n] = models[kind];
		tell_apart(&records[n], n);
		put(&records[n], at, width, value);
		n += is_sound(&records[n]);
	}
	assert_true(n > SIZE / width / 2);
	assert_true(show_everything(records, n * SIZE));
}

static void spoil_start(size_t width, unsigned int value)
{
	union record records[RECORD_PATH];

	for (size_t at = 0; at + width <= sizeof(struct record_start); at += width) {
		memcpy(records, &models[RECORD_START], sizeof(records));
		put(records, at, width, value);
		show_everything(records, sizeof(records));
	}
}

static void every_place_of_every_kind(void **state)
{
	static const size_t widths[] = {1, 2, 4, 8};

	(void)state;
	srand(1);
	for (const size_t *width = widths; width < ARRAY_END(widths); width++) {
		for (unsigned int value = 0; value < 4; value++) {
			spoil_start(*width, value);
			spoil_records(RECORD_SESSION, *width, value);
			spoil_records(RECORD_DEATH, *width, value);
			spoil_records(RECORD_PATH, *width, value);
		}
	}
}

/* In the order of their values, which is no UTF-8 but for ASCII; then with lead bytes between. */
static void every_byte_in_names(void **state)
{
	static union record records[2 * UINT8_MAX + 3];
	struct record_start *start = &records[0].start;
	size_t n = 1;

	(void)state;
	records[0] = models[RECORD_START];
	for (int lead = 0; lead <= UINT8_MAX; lead++) {
		for (int half = 0; half < 2; half++, n++) {
			char *comm = records[n].session.comm;

			records[n] = models[RECORD_SESSION];
			tell_apart(&records[n], n);
			for (int i = 0; i < COMM_LEN - 1; i++)
				comm[i] = half && i % 2 ? lead : (lead + i) % UINT8_MAX + 1;
		}
	}
	for (int i = 0; i < UTS_LEN - 1; i++) {
		start->host[i] = i * 4 + 3;
		start->kernel[i] = i + 0x80;
	}
	assert_true(show_everything(records, n * SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_place_of_every_kind),
		cmocka_unit_test(every_byte_in_names),
	};

	return cmocka_run_group_tests(tests, load_models, NULL);
}
