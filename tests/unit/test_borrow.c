// SPDX-License-Identifier: GPL-2.0-only
/* A socket is borrowed only if it is the right one, set as a whole or not at all, and given back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/borrow.h"
#include "../../user/cleanup.h"
#include "../../user/plan.h"

#define NOBODY 65534

static const struct keepalive_options OLD = {
	.idle_s = 7100, .interval_s = 70, .count = 8, .enabled = 1, .user_timeout_ms = 7000};
static const struct keepalive_options NEW = {
	.idle_s = 116, .interval_s = 117, .count = 67, .enabled = 1, .user_timeout_ms = 90000};

static int count_fds(void)
{
	CLEANUP_DIR DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n;
}

/* A loopback connection, and what was open before it. */
struct line {
	int fds;
	int near, far;
	uint64_t cookie; /* of near */
};

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
	return cookie;
}

static struct line connect_line(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	struct line line = {.fds = count_fds()};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	line.near = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(line.near, (struct sockaddr *)&address, sizeof(address)), 0);
	line.far = accept(listener, NULL, NULL);
	assert_true(line.far >= 0);
	close(listener);
	line.cookie = cookie_of(line.near);
	return line;
}

/* Gives everything back; whatever else is still open leaked. */
static void close_line(struct line *line)
{
	close(line->near);
	close(line->far);
	assert_int_equal(count_fds(), line->fds);
}

/* A child that holds what we hold, until it is ended. */
static pid_t start_holder(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* A test that fails does not come to its end. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() == 1)
			_exit(0);
		for (;;)
			pause();
	}
	return pid;
}

static void end_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct keepalive_options options_of(int fd)
{
	struct keepalive_options options = {};

	assert_int_equal(socket_keepalive_get(fd, &options), 0);
	return options;
}

static void assert_options(int fd, const struct keepalive_options *wanted)
{
	struct keepalive_options options = options_of(fd);
	char is[KEEPALIVE_TEXT_SIZE], should[KEEPALIVE_TEXT_SIZE];

	assert_string_equal(keepalive_format(&options, is, sizeof(is)),
			    keepalive_format(wanted, should, sizeof(should)));
	assert_true(keepalive_equal(&options, wanted));
}

static int set_options(int fd, const struct keepalive_options *options)
{
	struct keepalive_options old = options_of(fd);

	return socket_keepalive_set(fd, &old, options);
}

static void socket_of_a_child_is_borrowed(void **state)
{
	struct line line = connect_line();
	pid_t holder = start_holder();
	int near = line.near, copy;

	(void)state;
	close(line.near);
	copy = borrow_socket(holder, near, line.cookie);
	assert_true(copy >= 0);
	assert_int_equal(cookie_of(copy), line.cookie);
	assert_int_equal(set_options(copy, &NEW), 0);
	assert_options(copy, &NEW);
	close(copy);
	line.near = borrow_socket(holder, near, line.cookie);
	assert_options(line.near, &NEW); /* it was the child's socket, not ours alone */
	end_holder(holder);
	close_line(&line);
}

static void another_socket_is_stale(void **state)
{
	struct line line = connect_line();

	(void)state;
	assert_int_equal(borrow_socket(getpid(), line.near, line.cookie + 1), -ESTALE);
	assert_int_equal(borrow_socket(getpid(), line.near, 0), -ESTALE);
	assert_int_equal(borrow_socket(getpid(), line.far, line.cookie), -ESTALE);
	assert_string_equal(borrow_words(-ESTALE), "the owner's descriptor is another one by now");
	close_line(&line);
}

static void reused_descriptor_is_stale(void **state)
{
	struct line line = connect_line(), other = connect_line();
	struct keepalive_options before = options_of(other.near);

	(void)state;
	assert_int_equal(dup2(other.near, line.near), line.near);
	assert_int_equal(borrow_socket(getpid(), line.near, line.cookie), -ESTALE);
	assert_options(other.near, &before);
	close_line(&other);
	close_line(&line);
}

static void closed_or_no_socket_is_bad(void **state)
{
	struct line line = connect_line();
	int ends[2], near = line.near;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(borrow_socket(getpid(), ends[0], line.cookie), -EBADF);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(borrow_socket(getpid(), ends[0], line.cookie), -EBADF);
	assert_int_equal(borrow_socket(getpid(), -1, line.cookie), -EBADF);
	close(line.near);
	assert_int_equal(borrow_socket(getpid(), near, line.cookie), -EBADF);
	line.near = dup(line.far);
	close_line(&line);
}

static void gone_process_is_no_such_process(void **state)
{
	struct line line = connect_line();
	pid_t holder = start_holder();

	(void)state;
	end_holder(holder);
	assert_int_equal(borrow_socket(holder, line.near, line.cookie), -ESRCH);
	assert_string_equal(borrow_words(-ESRCH), "the owning process is gone");
	close_line(&line);
}

/* Somebody else's process: pid 1, or for root ourselves as seen by nobody. */
static int borrow_as_a_stranger(const struct line *line)
{
	pid_t owner = getpid(), stranger = fork();
	int status;

	if (!stranger) {
		if (geteuid())
			_exit(-borrow_socket(1, 0, line->cookie));
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
			_exit(EXIT_FAILURE);
		_exit(-borrow_socket(owner, line->near, line->cookie));
	}
	assert_int_equal(waitpid(stranger, &status, 0), stranger);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void stranger_has_no_right(void **state)
{
	struct line line = connect_line();

	(void)state;
	assert_int_equal(borrow_as_a_stranger(&line), -EPERM);
	close_line(&line);
}

/* Yama: where it forbids all, no capability helps. */
static void words_name_what_would_mend_it(void **state)
{
	CLEANUP_FILE FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	(void)state;
	if (file && fscanf(file, "%d", &scope) == 1 && scope >= 3)
		assert_non_null(strstr(borrow_words(-EPERM), "kernel.yama.ptrace_scope"));
	else
		assert_non_null(strstr(borrow_words(-EPERM), "CAP_SYS_PTRACE"));
	assert_string_equal(borrow_words(-EMFILE), strerror(EMFILE));
}

static void set_reads_back(void **state)
{
	static const struct keepalive_options OFF = {
		.idle_s = 7200, .interval_s = 75, .count = 9, .enabled = 0};
	struct line line = connect_line();

	(void)state;
	assert_int_equal(options_of(line.near).enabled, 0);
	assert_int_equal(set_options(line.near, &OLD), 0);
	assert_options(line.near, &OLD);
	assert_int_equal(set_options(line.near, &NEW), 0);
	assert_options(line.near, &NEW);
	assert_int_equal(set_options(line.near, &OFF), 0);
	assert_options(line.near, &OFF);
	close_line(&line);
}

static void set_reaches_the_kernels_limits(void **state)
{
	static const struct keepalive_options least = {
		.idle_s = 1, .interval_s = 1, .count = 1, .enabled = 1};
	static const struct keepalive_options most = {.idle_s = KEEPALIVE_SECONDS_MAX,
						      .interval_s = KEEPALIVE_SECONDS_MAX,
						      .count = KEEPALIVE_COUNT_MAX,
						      .user_timeout_ms = INT32_MAX,
						      .enabled = 1};
	struct line line = connect_line();

	(void)state;
	assert_int_equal(set_options(line.near, &least), 0);
	assert_options(line.near, &least);
	assert_int_equal(set_options(line.near, &most), 0);
	assert_options(line.near, &most);
	close_line(&line);
}

/* Each of these is refused by the kernel at another step, the idle time as the very last. */
static void failure_leaves_what_was_there(void **state)
{
	struct keepalive_options wrong[4] = {NEW, NEW, NEW, NEW};
	struct line line = connect_line();

	(void)state;
	wrong[0].idle_s = 40000;
	wrong[1].count = 128;
	wrong[2].interval_s = 40000;
	wrong[3].user_timeout_ms = 1U << 31;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(set_options(line.near, &OLD), 0);
		assert_int_equal(set_options(line.near, &wrong[i]), -EINVAL);
		assert_options(line.near, &OLD);
	}
	close_line(&line);
}

/* SO_KEEPALIVE reads back as 1 whatever was asked for, and that must be noticed. */
static void read_back_that_differs_is_a_failure(void **state)
{
	struct keepalive_options odd = NEW;
	struct line line = connect_line();

	(void)state;
	odd.enabled = 2;
	assert_int_equal(set_options(line.near, &OLD), 0);
	assert_int_equal(set_options(line.near, &odd), -EIO);
	assert_options(line.near, &OLD);
	close_line(&line);
}

/* The kernel arms the timer relative to the silence only if the idle time comes last. */
static void set_probes_at_once_what_was_silent_for_longer(void **state)
{
	static const struct keepalive_options fast = {
		.idle_s = 2, .interval_s = 2, .count = 9, .enabled = 1};
	struct line line = connect_line();
	struct tcp_info info;
	socklen_t size = sizeof(info);
	unsigned int acked_ms;

	(void)state;
	do {
		usleep(50 * 1000);
		assert_int_equal(getsockopt(line.near, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	} while (info.tcpi_last_ack_recv < 2500);
	assert_int_equal(set_options(line.near, &fast), 0);
	/* The peer answers the probe, in the time of a loopback and not two seconds later. */
	for (int i = 0; i < 30 && info.tcpi_last_ack_recv >= 2500; i++) {
		usleep(50 * 1000);
		assert_int_equal(getsockopt(line.near, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	}
	acked_ms = info.tcpi_last_ack_recv;
	assert_true(acked_ms < 2000);
	close_line(&line);
}

static void no_socket_has_no_options(void **state)
{
	struct keepalive_options options = OLD;
	struct socket_flight flight;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(socket_keepalive_get(ends[0], &options), -ENOTSOCK);
	assert_true(keepalive_equal(&options, &OLD));
	assert_int_equal(socket_keepalive_set(ends[0], &OLD, &NEW), -ENOTSOCK);
	assert_int_equal(socket_flight_get(ends[0], &flight), -ENOTSOCK);
	close(ends[0]);
	close(ends[1]);
}

static void nothing_is_in_flight_on_a_quiet_line(void **state)
{
	struct socket_flight flight = {.unacked = 9, .probes = 9};
	struct line line = connect_line();

	(void)state;
	assert_int_equal(socket_flight_get(line.near, &flight), 0);
	assert_int_equal(flight.unacked, 0);
	assert_int_equal(flight.probes, 0);
	close_line(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socket_of_a_child_is_borrowed),
		cmocka_unit_test(another_socket_is_stale),
		cmocka_unit_test(reused_descriptor_is_stale),
		cmocka_unit_test(closed_or_no_socket_is_bad),
		cmocka_unit_test(gone_process_is_no_such_process),
		cmocka_unit_test(stranger_has_no_right),
		cmocka_unit_test(words_name_what_would_mend_it),
		cmocka_unit_test(set_reads_back),
		cmocka_unit_test(set_reaches_the_kernels_limits),
		cmocka_unit_test(failure_leaves_what_was_there),
		cmocka_unit_test(read_back_that_differs_is_a_failure),
		cmocka_unit_test(set_probes_at_once_what_was_silent_for_longer),
		cmocka_unit_test(no_socket_has_no_options),
		cmocka_unit_test(nothing_is_in_flight_on_a_quiet_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
