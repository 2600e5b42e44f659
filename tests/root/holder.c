// SPDX-License-Identifier: GPL-2.0-only
/* holder PORT N: N loopback connections, both ends, which do what standard input says. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int checked(int result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
	return result;
}

static int get(int fd, int level, int name)
{
	int value = 0;
	socklen_t size = sizeof(value);

	checked(getsockopt(fd, level, name, &value, &size), "getsockopt");
	return value;
}

static void set(int fd, int level, int name, int value)
{
	checked(setsockopt(fd, level, name, &value, sizeof(value)), "setsockopt");
}

static unsigned long long cookie(int fd)
{
	unsigned long long value = 0;
	socklen_t size = sizeof(value);

	checked(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &size), "SO_COOKIE");
	return value;
}

/* "FD ID FD ID", the end that connected first. */
static void connect_line(int listener, const struct sockaddr_in *address)
{
	int near = checked(socket(AF_INET, SOCK_STREAM, 0), "socket"), far;

	checked(connect(near, (const struct sockaddr *)address, sizeof(*address)), "connect");
	far = checked(accept(listener, NULL, NULL), "accept");
	set(near, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(far, SOL_SOCKET, SO_KEEPALIVE, 1);
	printf("%d %llu %d %llu\n", near, cookie(near), far, cookie(far));
}

static void obey(const char *word, int a, int b)
{
	if (!strcmp(word, "get")) {
		printf("%d %d %d %d %d\n", get(a, SOL_SOCKET, SO_KEEPALIVE),
		       get(a, IPPROTO_TCP, TCP_KEEPIDLE), get(a, IPPROTO_TCP, TCP_KEEPINTVL),
		       get(a, IPPROTO_TCP, TCP_KEEPCNT), get(a, IPPROTO_TCP, TCP_USER_TIMEOUT));
	} else if (!strcmp(word, "off")) {
		set(a, SOL_SOCKET, SO_KEEPALIVE, 0);
		puts("done");
	} else if (!strcmp(word, "timeout")) {
		set(a, IPPROTO_TCP, TCP_USER_TIMEOUT, b);
		puts("done");
	} else if (!strcmp(word, "shut")) {
		checked(shutdown(a, SHUT_WR), "shutdown");
		puts("done");
	} else if (!strcmp(word, "swap")) {
		/* What was at a goes on at the fd that is printed, and b takes its place. */
		int kept = checked(dup(a), "dup");

		checked(dup2(b, a), "dup2");
		printf("%d\n", kept);
	} else if (!strcmp(word, "close")) {
		checked(close(a), "close");
		puts("done");
	} else {
		errx(2, "no such command: %s", word);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
	char line[80], word[16];

	if (argc != 3)
		errx(2, "usage: holder PORT N");
	setvbuf(stdout, NULL, _IOLBF, 0);
	set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	checked(bind(listener, (struct sockaddr *)&address, sizeof(address)), "bind");
	checked(listen(listener, 16), "listen");
	for (int i = 0; i < atoi(argv[2]); i++)
		connect_line(listener, &address);
	while (fgets(line, sizeof(line), stdin)) {
		int a = -1, b = -1;

		if (sscanf(line, "%15s %d %d", word, &a, &b) < 1)
			errx(2, "an empty command");
		obey(word, a, b);
	}
	return 0;
}
