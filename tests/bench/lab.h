/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks share: a network namespace of their own, and connections in it. */
#ifndef SSHIDLE_BENCH_LAB_H
#define SSHIDLE_BENCH_LAB_H

#include <stdint.h>

/* Moves the process into a new network namespace whose loopback is up. Ends the program if not. */
void lab_enter(void);

/* How many connections, both ends, the limit of open files leaves to one process. */
unsigned int lab_connections_allowed(void);

/* A listener on port of 127.0.0.(1 + server). */
int lab_listen(unsigned int server, uint16_t port);

/* Connects to that listener, from 127.1.0.x, which the number i chooses. */
int lab_connect(unsigned int server, uint16_t port, unsigned int i);

int lab_accept(int listener);

/* A byte there and back, n times. */
void lab_ping_pong(int client, int server, unsigned int n);

#endif
