// SPDX-License-Identifier: GPL-2.0-only
/* sshidle advise: settings that would keep a path open. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "advice_show.h"
#include "commands.h"
#include "log.h"
#include "pace.h"
#include "paths.h"
#include "prefix.h"

/* What the command line asks for. */
struct question {
	const struct advice_program *program; /* NULL: all */
	bool has_peer;
	struct prefix peer;
	char peer_text[PREFIX_TEXT_SIZE];
};

static int parse_program(const char *name, struct question *question)
{
	char list[ADVICE_LIST_SIZE];

	question->program = advice_program_find(name);
	if (question->program)
		return 0;
	log_error("--for \"%s\" is unknown; allowed are %s", name,
		  advice_program_list(list, sizeof(list)));
	return ERR_USAGE;
}

static int parse_peer(const char *text, struct question *question)
{
	if (prefix_parse(text, &question->peer) || question->peer.len != 128) {
		log_error("PEER \"%s\" is not an address; allowed is one such as 203.0.113.7 or "
			  "2001:db8::7",
			  text);
		return ERR_USAGE;
	}
	question->has_peer = true;
	prefix_format(&question->peer, question->peer_text, sizeof(question->peer_text));
	return 0;
}

static int parse(const struct options *options, struct question *ret)
{
	struct question question = {};
	int err = 0;

	if (options->n_operands > 1) {
		log_error("'advise' takes one PEER, but was given '%s' and '%s'",
			  options->operands[0], options->operands[1]);
		return ERR_USAGE;
	}
	if (options->program)
		err = parse_program(options->program, &question);
	if (!err && options->n_operands)
		err = parse_peer(options->operands[0], &question);
	if (!err)
		*ret = question;
	return err;
}

/* Only some may read what was learned: without it there is still advice. */
static struct path peer_path(const struct options *options, const struct policy *policy,
			     const struct prefix *peer)
{
	struct paths *paths = NULL;
	struct path path;

	if (paths_read(options->run_dir, &paths))
		log_note("going on without what the path has taught");
	path = policy_path(policy, peer->addr, 0, paths_find(paths, peer->addr));
	paths_free(paths);
	return path;
}

/* Of no peer in particular no rule holds. */
static struct path any_path(const struct policy *policy)
{
	static const struct prefix nobody;
	struct policy general = *policy;

	general.n_rules = 0;
	return policy_path(&general, nobody.addr, 0, NULL);
}

static struct path choose_path(const struct options *options, const struct policy *policy,
			       const struct question *question)
{
	if (question->has_peer && !policy->has_option)
		return peer_path(options, policy, &question->peer);
	return any_path(policy);
}

static int make_advice(const struct path *path, const struct question *question, struct advice *ret)
{
	struct sshd_version version;
	int unknown = sshd_version(SSHD_PATH, &version);

	if (unknown)
		log_detail("%s does not tell its version: %s", SSHD_PATH, strerror(-unknown));
	if (!advice_make(path, question->has_peer ? question->peer_text : NULL,
			 unknown ? NULL : &version, ret))
		return 0;
	log_error("a path that forgets in less than %d s cannot be kept open: no program speaks "
		  "more often than once a second",
		  PACE_TIMEOUT_MIN_S);
	return -ERANGE;
}

static enum outcome print_one(const struct advice *advice, const struct advice_program *program)
{
	const char *obstacle = advice_obstacle(advice, program);

	if (!obstacle) {
		program->print(advice, stdout);
		return OUTCOME_DONE;
	}
	log_error("%s cannot keep open a path that forgets after %llu s: %s", program->name,
		  (unsigned long long)advice->timeout_s, obstacle);
	return OUTCOME_FAILED;
}

/* Each under its name and place, as head(1) does it; what one cannot do another can. */
static enum outcome print_all(const struct advice *advice)
{
	const struct advice_program *program;
	const char *obstacle;

	for (size_t i = 0; (program = advice_program_at(i)); i++) {
		printf("%s==> %s: %s <==\n", i ? "\n" : "", program->name, program->place);
		obstacle = advice_obstacle(advice, program);
		if (obstacle)
			printf("# cannot keep open a path that forgets after %llu s: %s\n",
			       (unsigned long long)advice->timeout_s, obstacle);
		else
			program->print(advice, stdout);
	}
	return OUTCOME_DONE;
}

enum outcome command_advise(const struct options *options)
{
	struct question question;
	struct policy policy;
	struct advice advice;
	struct path path;
	enum outcome outcome;

	if (parse(options, &question))
		return OUTCOME_USAGE;
	outcome = command_policy(options, &policy);
	if (outcome != OUTCOME_DONE)
		return outcome;
	path = choose_path(options, &policy, &question);
	policy_free(&policy);
	if (make_advice(&path, &question, &advice))
		return OUTCOME_FAILED;
	return question.program ? print_one(&advice, question.program) : print_all(&advice);
}
