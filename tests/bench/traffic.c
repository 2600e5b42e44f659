// SPDX-License-Identifier: GPL-2.0-only
/* traffic: round trips and throughput over loopback, with the recorder and without, by turns. */
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"
#include "../../user/watch.h"

#include "bpf/recorder.skel.h"

#define WATCHED_PORT 22
#define UNRELATED_PORT 40022
#define TURNS 30
#define ROUND_TRIPS 5000
#define CHUNK 65536
#define CHUNKS 2000

struct connection {
	int listener;
	int client;
	int server;
};

static void exchange_bytes(const struct connection *connection)
{
	lab_ping_pong(connection->client, connection->server, ROUND_TRIPS);
}

/* The buffers of both ends hold a chunk, so one thread can send and receive. */
static void send_chunks(const struct connection *connection)
{
	static char chunk[CHUNK];

	for (int i = 0; i < CHUNKS; i++) {
		if (write(connection->client, chunk, CHUNK) != CHUNK)
			err(EXIT_FAILURE, "send");
		for (ssize_t got, left = CHUNK; left; left -= got) {
			got = read(connection->server, chunk, left);
			if (got <= 0)
				err(EXIT_FAILURE, "receive");
		}
	}
}

static double seconds(void (*run)(const struct connection *), const struct connection *connection)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	run(connection);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9;
}

static struct connection connect_to(uint16_t port)
{
	struct connection connection = {.listener = lab_listen(0, port)};

	connection.client = lab_connect(0, port, 0);
	connection.server = lab_accept(connection.listener);
	return connection;
}

/* The least of all turns: what disturbs a run only ever makes it longer. */
static void measure(const char *name, uint16_t port, void (*run)(const struct connection *),
		    struct recorder_bpf *recorder)
{
	struct connection connection = connect_to(port);
	double least[2] = {1e9, 1e9};

	run(&connection);
	for (int turn = 0; turn < 2 * TURNS; turn++) {
		bool with = turn % 2;
		double took;

		if (with && recorder_bpf__attach(recorder))
			err(EXIT_FAILURE, "attach");
		took = seconds(run, &connection);
		if (with)
			recorder_bpf__detach(recorder);
		least[with] = took < least[with] ? took : least[with];
	}
	printf("| %s | %.1f ms | %.1f ms | %.3f |\n", name, least[1] * 1e3, least[0] * 1e3,
	       least[1] / least[0]);
	close(connection.client);
	close(connection.server);
	close(connection.listener);
}

int main(void)
{
	const uint16_t port = WATCHED_PORT;
	struct recorder_bpf *recorder = recorder_bpf__open();
	struct watch_config config;

	watch_config_init(&port, 1, &config);
	if (!recorder)
		err(EXIT_FAILURE, "set up");
	recorder->rodata->watch = config;
	if (recorder_bpf__load(recorder))
		err(EXIT_FAILURE, "load");
	lab_enter();
	printf("| over loopback | with the recorder | without | ratio |\n|---|---|---|---|\n");
	measure("5,000 round trips, unrelated", UNRELATED_PORT, exchange_bytes, recorder);
	measure("5,000 round trips, watched", WATCHED_PORT, exchange_bytes, recorder);
	measure("125 MiB, unrelated", UNRELATED_PORT, send_chunks, recorder);
	measure("125 MiB, watched", WATCHED_PORT, send_chunks, recorder);
	recorder_bpf__destroy(recorder);
	return 0;
}
