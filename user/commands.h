/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands. Each parses, reads, judges, shows, and tells its own failures. */
#ifndef SSHIDLE_COMMANDS_H
#define SSHIDLE_COMMANDS_H

#include "options.h"
#include "policy.h"

enum outcome command_list(const struct options *options);
enum outcome command_explain(const struct options *options);
enum outcome command_history(const struct options *options);
enum outcome command_advise(const struct options *options);
enum outcome command_attach(const struct options *options);
enum outcome command_detach(const struct options *options);
enum outcome command_status(const struct options *options);
enum outcome command_keepalive(const struct options *options);
enum outcome command_check(const struct options *options);
enum outcome command_metrics(const struct options *options);
enum outcome command_profiles(const struct options *options);
enum outcome command_watch(const struct options *options);

/*
 * The policy of the config file and, over it, of the options. OUTCOME_DONE, else it was told and
 * there is nothing to free.
 */
enum outcome command_policy(const struct options *options, struct policy *ret);

/*
 * Reads the argument of an option, a duration of 1 to most_s seconds. NULL leaves *ret_s as it is.
 * 0, or -EINVAL, which was told.
 */
int command_duration(const char *option, const char *text, uint64_t most_s, uint64_t *ret_s);

/* The outcome that a told -errno or ERR_USAGE stands for. */
enum outcome command_outcome(int err);

/* The same of what printing gave, and tells why it failed, unless that was told as wrong usage. */
enum outcome command_printed(int err);

#endif
