// SPDX-License-Identifier: GPL-2.0-only
/* The version that an sshd tells, and what it does with ClientAliveInterval. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../user/sshd_version.h"

#define ARRAY_END(array) ((array) + sizeof(array) / sizeof(*(array)))

static void parse_reads_what_openssh_says(void **state)
{
	static const struct row {
		const char *text;
		struct sshd_version version;
	} rows[] = {
		{"OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15 3 Sep 2024\n", {9, 2}},
		{"OpenSSH_9.2, OpenSSL 3.0.19 27 Jan 2026\n", {9, 2}},
		{"OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2\r\n", {9, 5}},
		{"OpenSSH_10.0p2 Debian-7, OpenSSL 3.5.1 1 Jul 2025", {10, 0}},
		{"unknown option -- V\nOpenSSH_8.4p1 Debian-5, OpenSSL 1.1.1w\nusage: sshd [-46]\n",
		 {8, 4}},
		{"SSH-2.0-OpenSSH_7.9 FreeBSD-20200214", {7, 9}},
		{"OpenSSH_NG is not this; OpenSSH_9.10p1 is", {9, 10}},
		{"OpenSSH_9999.9999", {9999, 9999}},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++) {
		struct sshd_version version = {42, 42};

		print_message("%s\n", row->text);
		assert_int_equal(sshd_version_parse(row->text, &version), 0);
		assert_int_equal(version.major, row->version.major);
		assert_int_equal(version.minor, row->version.minor);
	}
}

static void parse_refuses_the_rest(void **state)
{
	static const char *const texts[] = {
		"",
		"9.2p1",
		"OpenSSH",
		"OpenSSH_",
		"OpenSSH_9",
		"OpenSSH_9.",
		"OpenSSH_.2",
		"OpenSSH_9p1",
		"OpenSSH_ 9.2",
		"OpenSSH_-9.2",
		"OpenSSH_9,2",
		"openssh_9.2",
		"OpenSSH_for_Windows_",
		"OpenSSH_for_Linux_9.2",
		"Dropbear v2022.83",
		"OpenSSH_10000.1",
		"OpenSSH_9.10000",
		"OpenSSH_18446744073709551625.2",
		"OpenSSH_9.18446744073709551618",
		"\xff\xfe\x1b[31m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct sshd_version version = {42, 42};

		print_message("%s\n", texts[i]);
		assert_int_equal(sshd_version_parse(texts[i], &version), -EBADMSG);
		assert_int_equal(version.major, 42);
		assert_int_equal(version.minor, 42);
	}
}

static void three_versions_double(void **state)
{
	static const struct row {
		struct sshd_version version;
		bool doubles;
	} rows[] = {
		{{7, 9}, false},  {{8, 2}, false},  {{8, 3}, false},  {{9, 0}, false},
		{{9, 1}, false},  {{9, 2}, true},   {{9, 3}, true},   {{9, 4}, true},
		{{9, 5}, false},  {{9, 9}, false},  {{9, 20}, false}, {{10, 2}, false},
		{{10, 3}, false}, {{92, 3}, false},
	};

	(void)state;
	for (const struct row *row = rows; row < ARRAY_END(rows); row++)
		assert_int_equal(sshd_doubles_client_alive(&row->version), row->doubles);
}

/* What is run in each test below: a script of this text. */
static int version_of_script(const char *script, struct sshd_version *ret)
{
	char path[] = "/tmp/test_sshd_version.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	dprintf(fd, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	err = sshd_version(path, ret);
	unlink(path);
	return err;
}

static void binary_tells_on_either_stream_and_with_any_status(void **state)
{
	static const char *const scripts[] = {
		"test \"$*\" = -V && echo OpenSSH_9.6p1, OpenSSL >&2",
		"test \"$*\" = -V && echo OpenSSH_9.6p1, OpenSSL",
		"printf '%s\\n' 'unknown option -- V' 'OpenSSH_9.6p1 Ubuntu' usage >&2; exit 1",
		"echo OpenSSH_9.6p1 >&2; kill -9 $$",
		/* Nothing of ours is handed over. */
		"test -z \"$SSHIDLE_TEST\" && ! read line && echo OpenSSH_9.6p1",
	};

	(void)state;
	setenv("SSHIDLE_TEST", "ours", 1);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct sshd_version version = {42, 42};

		print_message("%s\n", scripts[i]);
		assert_int_equal(version_of_script(scripts[i], &version), 0);
		assert_int_equal(version.major, 9);
		assert_int_equal(version.minor, 6);
	}
}

static void binary_that_tells_nothing_leaves_the_output(void **state)
{
	struct sshd_version version = {42, 42};

	(void)state;
	assert_int_equal(version_of_script("echo Dropbear v2022.83 >&2", &version), -EBADMSG);
	assert_int_equal(version_of_script("exit 0", &version), -EBADMSG);
	assert_int_equal(version_of_script("exec sleep 600", &version), -ETIMEDOUT);
	assert_int_equal(version_of_script("echo OpenSSH_9.6p1; cat /dev/zero", &version), -EFBIG);
	assert_int_equal(sshd_version("/nonexistent/sshd", &version), -ENOENT);
	assert_int_equal(sshd_version("/etc/passwd", &version), -EACCES);
	assert_int_equal(version.major, 42);
	assert_int_equal(version.minor, 42);
}

/* The child's child lives on until we close the FIFO, which is open before that child starts. */
static void heir_of_the_pipe_is_not_waited_for(void **state)
{
	char fifo[] = "/tmp/test_sshd_fifo.XXXXXX", script[80];
	struct sshd_version version;
	int fd;

	(void)state;
	close(mkstemp(fifo));
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fd = open(fifo, O_RDWR);
	snprintf(script, sizeof(script), "exec 9<%s; cat <&9 & exit 0", fifo);
	alarm(30);
	assert_int_equal(version_of_script(script, &version), -EBADMSG);
	alarm(0);
	close(fd);
	unlink(fifo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_reads_what_openssh_says),
		cmocka_unit_test(parse_refuses_the_rest),
		cmocka_unit_test(three_versions_double),
		cmocka_unit_test(binary_tells_on_either_stream_and_with_any_status),
		cmocka_unit_test(binary_that_tells_nothing_leaves_the_output),
		cmocka_unit_test(heir_of_the_pipe_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
