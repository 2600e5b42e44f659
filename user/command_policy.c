// SPDX-License-Identifier: GPL-2.0-only
/* What commands share: the policy made of config file and options, and durations. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "config.h"
#include "duration.h"
#include "log.h"

static int apply_options(const struct options *options, struct policy *policy)
{
	int err;

	if (options->ports) {
		err = ports_parse(options->ports, policy->ports, &policy->n_ports);
		if (err) {
			log_error("--port \"%s\" %s", options->ports, ports_words(err));
			return err;
		}
		policy->has_ports = true;
	}
	if (options->path_timeout) {
		err = policy_timeout_parse(options->path_timeout, &policy->option.timeout_ns,
					   &policy->option.name);
		if (err) {
			log_error("--path-timeout \"%s\" %s", options->path_timeout,
				  policy_timeout_words(err));
			return err;
		}
		policy->option.source = PATH_OPTION;
		policy->has_option = true;
	}
	return 0;
}

enum outcome command_policy(const struct options *options, struct policy *ret)
{
	const char *path = options->config ? options->config : CONFIG_PATH;
	char sentence[CONFIG_ERR_SIZE];
	int err;

	policy_init(ret);
	err = config_load(path, options->config != NULL, ret, sentence, sizeof(sentence));
	if (err) {
		log_error("%s", sentence);
		return err == -EINVAL ? OUTCOME_USAGE : OUTCOME_FAILED;
	}
	if (apply_options(options, ret)) {
		policy_free(ret);
		return OUTCOME_USAGE;
	}
	return OUTCOME_DONE;
}

int command_duration(const char *option, const char *text, uint64_t most_s, uint64_t *ret_s)
{
	uint64_t seconds;

	if (!text)
		return 0;
	if (duration_parse(text, &seconds) || !seconds || seconds > most_s) {
		log_error("%s \"%s\" is no such time; allowed are durations of 1 to %llu seconds, "
			  "such as 90 or 1m30s",
			  option, text, (unsigned long long)most_s);
		return -EINVAL;
	}
	*ret_s = seconds;
	return 0;
}

enum outcome command_outcome(int err)
{
	if (!err)
		return OUTCOME_DONE;
	return err == ERR_USAGE ? OUTCOME_USAGE : OUTCOME_FAILED;
}

enum outcome command_printed(int err)
{
	if (err && err != ERR_USAGE)
		log_error("cannot print: %s", strerror(-err));
	return command_outcome(err);
}
