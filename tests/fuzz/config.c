// SPDX-License-Identifier: GPL-2.0-only
/* Fuzzes the file sshidle.conf(5). */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../user/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char sentence[CONFIG_ERR_SIZE] = "";
	struct policy policy;
	int err;

	policy_init(&policy);
	err = config_parse("fuzz", (const char *)data, size, &policy, sentence, sizeof(sentence));
	assert(!err == !*sentence && !strpbrk(sentence, "\n\r\x1b"));
	assert(policy.warn > 0 && policy.warn < 1);
	assert(policy.n_ports > 0 && policy.n_ports <= PORTS_MAX);
	for (size_t i = 0; i < policy.n_rules; i++)
		assert(policy.rules[i].timeout_ns && policy.rules[i].prefix.len <= 128);
	policy_free(&policy);
	return 0;
}
