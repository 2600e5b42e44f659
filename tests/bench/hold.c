// SPDX-License-Identifier: GPL-2.0-only
/* hold N [PORT]: N connections, both ends, in a network namespace; prints its pid, ends with stdin.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"

static void connect_all(unsigned int server, uint16_t port, unsigned int n)
{
	int listener = lab_listen(server, port);
	char byte = 'x';

	for (unsigned int i = 0; i < n; i++) {
		int client_end = lab_connect(server, port, i);
		int server_end = lab_accept(listener);

		if (write(client_end, &byte, 1) != 1 || read(server_end, &byte, 1) != 1)
			err(EXIT_FAILURE, "first byte");
	}
}

/* One process may hold fewer files than a benchmark has connections, so each child holds a share.
 */
static void hold_share(unsigned int server, uint16_t port, unsigned int n, int ready)
{
	char byte = 'x';

	connect_all(server, port, n);
	if (write(ready, &byte, 1) != 1)
		err(EXIT_FAILURE, "ready");
	close(ready);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	exit(EXIT_SUCCESS);
}

static void start_share(unsigned int server, uint16_t port, unsigned int n)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		err(EXIT_FAILURE, "pipe");
	pid = fork();
	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (!pid) {
		close(ready[0]);
		hold_share(server, port, n, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(EXIT_FAILURE, "a child could not hold its share");
	close(ready[0]);
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	uint16_t port = argc > 2 ? strtoul(argv[2], NULL, 10) : 22;
	unsigned int share = lab_connections_allowed();

	if (!n || !port)
		errx(2, "usage: hold N [PORT]");
	lab_enter();
	for (unsigned int server = 0; n; server++) {
		unsigned int part = n < share ? n : share;

		start_share(server, port, part);
		n -= part;
	}
	printf("%d\n", getpid());
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return 0;
}
