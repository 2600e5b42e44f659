// SPDX-License-Identifier: GPL-2.0-only
/* cost: nanoseconds that the recorder takes for a segment, beside an empty program, in one run. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"
#include "../../user/watch.h"

#include "bpf/recorder.skel.h"
#include "bench/empty.skel.h"

#define WATCHED_PORT 22
#define UNRELATED_PORT 40022
#define ROUND_TRIPS 50000
#define ROUNDS 5

/* Both programs see the same segments of the same moment: only their difference is quoted. */
struct counters {
	unsigned long long runs;
	unsigned long long ns;
};

static struct counters read_counters(const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		err(EXIT_FAILURE, "program info");
	return (struct counters){.runs = info.run_cnt, .ns = info.run_time_ns};
}

static double per_run(struct counters before, struct counters after)
{
	return (double)(after.ns - before.ns) / (after.runs - before.runs);
}

/* The least of some rounds: what disturbs a run only ever makes it longer. */
static void measure(const char *name, uint16_t port, double bar, const struct empty_bpf *empty,
		    const struct recorder_bpf *recorder)
{
	double least_empty = 1e9, least_recorder = 1e9, cost;
	int listener = lab_listen(0, port);
	int client = lab_connect(0, port, 0);
	int server = lab_accept(listener);

	for (int round = 0; round < ROUNDS; round++) {
		struct counters empty_before = read_counters(empty->progs.empty);
		struct counters recorder_before = read_counters(recorder->progs.on_segment);
		double value;

		lab_ping_pong(client, server, ROUND_TRIPS);
		value = per_run(empty_before, read_counters(empty->progs.empty));
		least_empty = value < least_empty ? value : least_empty;
		value = per_run(recorder_before, read_counters(recorder->progs.on_segment));
		least_recorder = value < least_recorder ? value : least_recorder;
	}
	cost = least_recorder - least_empty;
	printf("| %s | %.1f ns | %.1f ns | %+.1f ns | <= %.0f ns | %s |\n", name, least_recorder,
	       least_empty, cost, bar, cost <= bar ? "met" : "MISSED");
	close(client);
	close(server);
	close(listener);
}

int main(void)
{
	const uint16_t port = WATCHED_PORT;
	struct recorder_bpf *recorder = recorder_bpf__open();
	struct empty_bpf *empty = empty_bpf__open_and_load();
	struct watch_config config;
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME); /* off again when the fd closes */

	watch_config_init(&port, 1, &config);
	if (!recorder || !empty || stats < 0)
		err(EXIT_FAILURE, "set up");
	recorder->rodata->watch = config;
	if (recorder_bpf__load(recorder) || empty_bpf__attach(empty) ||
	    recorder_bpf__attach(recorder))
		err(EXIT_FAILURE, "load and attach");
	lab_enter();
	printf("| a segment of | recorder | empty program | difference | bar | |\n"
	       "|---|---|---|---|---|---|\n");
	measure("an unrelated connection", UNRELATED_PORT, 10, empty, recorder);
	measure("a watched flow", WATCHED_PORT, 100, empty, recorder);
	recorder_bpf__destroy(recorder);
	empty_bpf__destroy(empty);
	close(stats);
	return 0;
}
