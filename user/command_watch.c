// SPDX-License-Identifier: GPL-2.0-only
/* sshidle watch: a live screen of the sessions, or a stream of what happens to them. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "event_show.h"
#include "follow.h"
#include "log.h"
#include "privilege.h"
#include "screen.h"
#include "table.h"

#define INTERVAL_S 1
#define INTERVAL_MAX_S (24 * 60 * 60)

static char told[LOG_SENTENCE_SIZE];
static bool has_told;

/* What is wrong look after look is told once. */
static void tell_once(const char *sentence)
{
	has_told = true;
	if (!strcmp(sentence, told))
		return;
	snprintf(told, sizeof(told), "%s", sentence);
	fprintf(stderr, "sshidle: %s\n", sentence);
}

static volatile sig_atomic_t told_to_end;

static void note_signal(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
#define N_ENDING (sizeof(ending) / sizeof(*ending))

/* By whoever started this, as nohup(1) does. */
static bool is_ignored(int signal)
{
	struct sigaction action;

	return !sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN;
}

static void ending_signals(sigset_t *ret)
{
	sigemptyset(ret);
	for (size_t i = 0; i < N_ENDING; i++)
		if (!is_ignored(ending[i]))
			sigaddset(ret, ending[i]);
}

/* While something is written signals come at once: a reader may read no more, yet stay there. */
static void let_signals_in(bool in)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(in ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

static void print_event(const struct event *event, void *data)
{
	int *err = data;

	if (*err || told_to_end)
		return;
	let_signals_in(true);
	*err = event_print_json(event);
	let_signals_in(false);
}

static int flush(void)
{
	int err;

	let_signals_in(true);
	err = fflush(stdout);
	let_signals_in(false);
	return err;
}

/* What nobody reads is not written on exit either, which would wait for it again. */
static void forget_unread(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (!ferror(stdout) && poll(&out, 1, 0) == 1 && out.revents & POLLOUT)
		return;
	__fpurge(stdout);
	clearerr(stdout);
}

static void catch_signals(void)
{
	/* Without SA_RESTART: write(2) is to end. */
	const struct sigaction action = {.sa_handler = note_signal};

	for (size_t i = 0; i < N_ENDING; i++)
		if (!is_ignored(ending[i]))
			sigaction(ending[i], &action, NULL);
}

/* Whether there is no next look: told to end, or nobody reads any more. */
static bool pause_ends(const struct follower *follower, int signal_fd)
{
	struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};

	return poll(fds, 2, follower_pause_ms(follower)) > 0;
}

/* A later look may fail and the next succeed: the recorder is being replaced. */
static enum outcome stream(struct follower *follower, int signal_fd)
{
	bool is_first = true;

	catch_signals();
	do {
		int print_err = 0;
		struct report report;
		int err;

		has_told = false;
		err = follower_look(follower, print_event, &print_err, &report);
		if (!has_told)
			told[0] = 0;
		if (!err)
			report_free(&report);
		else if (is_first)
			return command_outcome(err);
		if (print_err)
			return command_printed(print_err);
		if (flush() && !told_to_end)
			return OUTCOME_FAILED; /* told when it is closed */
		if (told_to_end) {
			forget_unread();
			break;
		}
		is_first = false;
		log_set_sink(tell_once);
	} while (!pause_ends(follower, signal_fd));
	return OUTCOME_DONE;
}

static int open_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int check_options(const struct options *options)
{
	if (!options->json && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))) {
		log_error("watch needs a terminal; 'sshidle watch --json' writes what happens, one "
			  "object a line");
		return -EINVAL;
	}
	if (options->json && (options->columns || options->sort || options->at_risk)) {
		log_error("-o, --sort and --at-risk choose what the screen shows; --json tells "
			  "everything of all sessions");
		return -EINVAL;
	}
	return 0;
}

static enum outcome watch(const struct options *options, struct follower *follower)
{
	CLEANUP_CLOSE int signal_fd = open_signals();

	if (signal_fd < 0) {
		log_error("cannot wait for signals: %s", strerror(errno));
		return OUTCOME_FAILED;
	}
	return options->json ? stream(follower, signal_fd)
			     : command_outcome(screen_run(follower, signal_fd));
}

enum outcome command_watch(const struct options *options)
{
	uint64_t interval_s = INTERVAL_S;
	enum outcome outcome;
	struct policy policy;

	if (table_tells_columns(options->columns))
		return OUTCOME_DONE;
	if (command_duration("--interval", options->interval, INTERVAL_MAX_S, &interval_s) ||
	    check_options(options))
		return OUTCOME_USAGE;
	/* Only the screen explains sessions and sets their keepalive. */
	if (options->json && privilege_keep(PRIVILEGE_LOAD | PRIVILEGE_LOOK))
		return OUTCOME_FAILED;
	outcome = command_policy(options, &policy);
	if (outcome == OUTCOME_DONE) {
		struct follower follower = {
			.options = options, .policy = &policy, .interval_ms = interval_s * 1000};

		outcome = watch(options, &follower);
		follower_free(&follower);
		policy_free(&policy);
	}
	return outcome;
}
