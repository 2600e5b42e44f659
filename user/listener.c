// SPDX-License-Identifier: GPL-2.0-only
/* The sshd that listens for a session, and what it was started with. */
#include "listener.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"

#define WORDS_MAX 128
#define ANCESTORS_MAX 16
#define TCP_LISTEN 0x0a
#define SOCKETS_MAX 8 /* that listen on one address and port, with SO_REUSEPORT */

/* sshd.c, with what other versions had or have. */
static const char sshd_letters[] = "+C:E:b:c:f:g:h:k:o:p:u:46DGQRTdeiqrtV";
static const char title_start[] = "sshd: ", title_end[] = " [listener]";

static bool takes_next(const char *word)
{
	const char *letter = word[0] == '-' && word[1] && !word[2] ? strchr(sshd_letters, word[1])
								   : NULL;

	return letter && letter[1] == ':';
}

/* What is a blank in the title was one between arguments, or one within them. */
static int split_title(char *title, char **words, int *n)
{
	char *word = title + strlen(title_start), *next;

	for (; word; word = next) {
		next = strchr(word, ' ');
		if (next)
			*next++ = 0;
		if (*n && *word != '-' && !takes_next(words[*n - 1])) {
			word[-1] = ' ';
			continue;
		}
		if (*n == WORDS_MAX)
			return -E2BIG;
		words[(*n)++] = word;
	}
	return 0;
}

static int split_arguments(char *text, size_t length, char **words, int *n)
{
	for (size_t i = 0; i < length; i += strlen(text + i) + 1) {
		if (*n == WORDS_MAX)
			return -E2BIG;
		words[(*n)++] = text + i;
	}
	return 0;
}

static int split(struct listener_options *options, size_t length, char **words, int *n)
{
	char *end;

	if (strncmp(options->text, title_start, strlen(title_start)))
		return split_arguments(options->text, length, words, n);
	end = strstr(options->text, title_end);
	if (!end)
		return -EINVAL;
	*end = 0;
	return split_title(options->text, words, n);
}

static int take_word(struct listener_options *options, int letter)
{
	const char *option = letter == 'f'   ? "-f"
			     : letter == 'h' ? "-h"
			     : letter == 'o' ? "-o"
					     : NULL;

	if (!option)
		return 0;
	if (options->n_words + 2 > LISTENER_WORDS_MAX)
		return -E2BIG;
	options->words[options->n_words++] = option;
	options->words[options->n_words++] = optarg;
	return 0;
}

int listener_options_parse(const char *cmdline, size_t length, struct listener_options *ret)
{
	char *words[WORDS_MAX + 1] = {};
	int n = 0, letter, err;

	*ret = (struct listener_options){};
	if (length >= sizeof(ret->text) - 1) /* as much as is ever read: there may be more */
		return -E2BIG;
	memcpy(ret->text, cmdline, length);
	err = split(ret, length, words, &n);
	if (!err && !n)
		err = -EINVAL;
	if (err)
		return err;
	optind = 0;
	opterr = 0;
	while ((letter = getopt(n, words, sshd_letters)) != -1)
		if (take_word(ret, letter))
			return -E2BIG;
	return 0;
}

static pid_t find_ancestor(const struct row *row)
{
	struct process process;
	pid_t pid;

	if (process_read_owner(row->record, &process))
		return 0;
	for (int i = 0; i < ANCESTORS_MAX && process.parent > 1; i++) {
		pid = process.parent;
		if (process_read(pid, &process))
			return 0;
		if (!row_is_owner(row, pid))
			return strcmp(process.comm, "sshd") ? 0 : pid;
	}
	return 0;
}

/* How well a listening socket fits a session: on its address, or on any. */
enum fit {
	FIT_NONE,
	FIT_ANY_FAMILY, /* ::, which may take IPv4 too */
	FIT_ANY,
	FIT_ADDRESS,
};

struct candidates {
	enum fit fit; /* of all that are kept */
	unsigned long inodes[SOCKETS_MAX];
	size_t n;
};

/* As /proc/net/tcp and tcp6 write it: words of 4 bytes in the order of this machine. */
static bool read_address(const char *text, uint8_t ret[16])
{
	size_t n_words = strlen(text) / 8;
	uint32_t words[4];

	if (n_words != 1 && n_words != 4)
		return false;
	for (size_t i = 0; i < n_words; i++)
		if (sscanf(text + 8 * i, "%8x", &words[i]) != 1)
			return false;
	memset(ret, 0, 10);
	memset(ret + 10, 0xff, 2);
	memcpy(n_words == 4 ? ret : ret + 12, words, n_words * sizeof(*words));
	return true;
}

static enum fit fit_of(const uint8_t listens[16], const uint8_t session[16])
{
	static const uint8_t any4[16] = {[10] = 0xff, 0xff}, any6[16];
	bool ipv4 = !memcmp(session, any4, 12);

	if (!memcmp(listens, session, 16))
		return FIT_ADDRESS;
	if (!memcmp(listens, ipv4 ? any4 : any6, 16))
		return FIT_ANY;
	return memcmp(listens, any6, 16) ? FIT_NONE : FIT_ANY_FAMILY;
}

static void offer(struct candidates *candidates, enum fit fit, unsigned long inode)
{
	if (fit > candidates->fit) {
		candidates->fit = fit;
		candidates->n = 0;
	}
	if (fit && fit == candidates->fit && candidates->n < SOCKETS_MAX)
		candidates->inodes[candidates->n++] = inode;
}

/* The sockets that listen on the session's address and port, in its network namespace. */
static void find_sockets(const struct row *row, const char *table, struct candidates *candidates)
{
	CLEANUP_FILE FILE *file = NULL;
	char path[64], line[512], address[33];

	snprintf(path, sizeof(path), "/proc/%u/net/%s", row->record->owner_pid, table);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		unsigned int port, state;
		unsigned long inode;
		uint8_t listens[16];

		if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*d %*d %lu",
			   address, &port, &state, &inode) != 4)
			continue;
		if (state != TCP_LISTEN) /* those that listen come first */
			break;
		if (port == row->record->local_port && read_address(address, listens))
			offer(candidates, fit_of(listens, row->record->local_addr), inode);
	}
}

static bool holds_one(pid_t pid, const unsigned long *inodes, size_t n, bool *ret_refused)
{
	char path[64];
	CLEANUP_DIR DIR *fds = NULL;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	if (!fds)
		*ret_refused |= errno == EACCES;
	while (fds && (entry = readdir(fds))) {
		char link[64] = "";
		unsigned long inode;

		if (readlinkat(dirfd(fds), entry->d_name, link, sizeof(link) - 1) < 0 ||
		    sscanf(link, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < n; i++)
			if (inodes[i] == inode)
				return true;
	}
	return false;
}

/* The process that holds one of the sockets; of several an sshd, as systemd may have passed it. */
static pid_t find_holder(const unsigned long *inodes, size_t n, char comm[COMM_LEN],
			 bool *ret_refused)
{
	CLEANUP_DIR DIR *proc = opendir("/proc");
	struct process process;
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || !holds_one(pid, inodes, n, ret_refused) ||
		    process_read(pid, &process))
			continue;
		memcpy(comm, process.comm, COMM_LEN);
		if (!strcmp(process.comm, "sshd"))
			return pid;
	}
	return 0;
}

static pid_t find_by_port(const struct row *row, struct reading *reading)
{
	unsigned int port = row->record->local_port;
	struct candidates candidates = {};
	char comm[COMM_LEN] = "";
	bool refused = false;
	pid_t pid = 0;

	find_sockets(row, "tcp", &candidates);
	find_sockets(row, "tcp6", &candidates);
	if (candidates.n)
		pid = find_holder(candidates.inodes, candidates.n, comm, &refused);
	if (pid)
		return pid;
	if (!candidates.n)
		reading_set(reading, READING_FAILED,
			    "no sshd listens on its address and port %u any more", port);
	else if (comm[0] && !strncmp(row_main_owner(row)->comm, "sshd", strlen("sshd")))
		reading_set(reading, READING_FAILED,
			    "'%s' listens on port %u and starts sshd when somebody connects: "
			    "none is there to be asked",
			    comm, port);
	else if (comm[0])
		reading_set(reading, READING_FAILED,
			    "'%s' listens on port %u: it is not sshd, and how others are set up "
			    "is not known",
			    comm, port);
	else if (refused)
		reading_set(reading, READING_FAILED,
			    "its listener has gone; root can find who listens on port %u now",
			    port);
	else
		reading_set(reading, READING_FAILED,
			    "who listens on port %u cannot be seen from "
			    "this pid namespace",
			    port);
	return 0;
}

pid_t listener_find(const struct row *row, bool *ret_restarted, struct reading *reading)
{
	pid_t pid = find_ancestor(row);

	*ret_restarted = !pid;
	return pid ? pid : find_by_port(row, reading);
}
