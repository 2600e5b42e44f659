// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmarks share: a network namespace of their own, and connections in it. */
#include "lab.h"

#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A source address has fewer ephemeral ports than some benchmarks have connections. */
#define CONNECTIONS_PER_ADDRESS 20000
#define FDS_SPARE 64

static int checked(int result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
	return result;
}

void lab_enter(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	checked(unshare(CLONE_NEWNET), "unshare");
	fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	checked(ioctl(fd, SIOCSIFFLAGS, &loopback), "lo up");
	close(fd);
}

unsigned int lab_connections_allowed(void)
{
	struct rlimit limit;

	checked(getrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	limit.rlim_cur = limit.rlim_max;
	checked(setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	return (limit.rlim_cur - FDS_SPARE) / 2;
}

static struct sockaddr_in loopback_address(uint32_t host, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host)};
}

int lab_listen(unsigned int server, uint16_t port)
{
	struct sockaddr_in address = loopback_address(INADDR_LOOPBACK + server, port);
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	checked(listen(fd, 128), "listen");
	return fd;
}

int lab_connect(unsigned int server, uint16_t port, unsigned int i)
{
	struct sockaddr_in here = loopback_address(0x7f010001 + i / CONNECTIONS_PER_ADDRESS, 0);
	struct sockaddr_in there = loopback_address(INADDR_LOOPBACK + server, port);
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	int on = 1;

	checked(setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)), "bind later");
	checked(setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
	checked(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)), "SO_KEEPALIVE");
	checked(bind(fd, (struct sockaddr *)&here, sizeof(here)), "bind");
	checked(connect(fd, (struct sockaddr *)&there, sizeof(there)), "connect");
	return fd;
}

int lab_accept(int listener)
{
	int fd = checked(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	int on = 1;

	checked(setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
	checked(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)), "SO_KEEPALIVE");
	return fd;
}

void lab_ping_pong(int client, int server, unsigned int n)
{
	char byte = 'x';

	for (unsigned int i = 0; i < n; i++)
		if (write(client, &byte, 1) != 1 || read(server, &byte, 1) != 1 ||
		    write(server, &byte, 1) != 1 || read(client, &byte, 1) != 1)
			err(EXIT_FAILURE, "ping-pong");
}
