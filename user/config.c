// SPDX-License-Identifier: GPL-2.0-only
/* The file sshidle.conf(5). */
#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "number.h"
#include "utf8.h"

/*
 * libinih splits lines into keys and values. It would let pass what an operator must hear about:
 * it cuts long lines and section names, drops text behind a section header, says nothing of a
 * section without keys, stops at a NUL, takes an indented key for more of the value above. So the
 * reader below gives it one checked line at a time, and sections are known here only.
 */

struct parser;

struct key {
	const char *name;
	int (*set)(struct parser *parser, const char *value);
};

struct parser {
	const char *path;
	const char *at, *end; /* text not yet read */
	unsigned int line;
	bool key_due; /* libinih was given a line that must make it call the handler */

	char section[CONFIG_LINE_MAX + 1]; /* name of the present section, made safe */
	unsigned int section_line;
	const struct key *keys; /* of the present section, NULL before the first; ends with NULL */
	unsigned int keys_set;	/* a bit for each */
	bool has_sshidle;
	uint64_t *timeout_ns; /* what timeout= of the present section sets, */
	const char **name;    /* and the profile's name */

	struct policy policy; /* becomes the caller's when all went well */
	int error;
	char *err;
	size_t err_size;
};

static const char blanks[] = " \t\r\v\f";

static bool is_blank(char c)
{
	return c && strchr(blanks, c);
}

/* What is left of len bytes without the blanks at their end. */
static size_t trimmed(const char *text, size_t len)
{
	while (len && is_blank(text[len - 1]))
		len--;
	return len;
}

/* A value of the file, short and safe for a terminal. */
struct shown {
	char text[64];
};

static struct shown shown(const char *value)
{
	struct shown shown;

	utf8_clean(value, strlen(value), shown.text, sizeof(shown.text));
	return shown;
}

/* Says what is wrong, the first time only. */
__attribute__((format(printf, 4, 5))) static int fail(struct parser *parser, int error,
						      unsigned int line, const char *format, ...)
{
	va_list args;
	int used;

	if (parser->error)
		return parser->error;
	parser->error = error;
	used = snprintf(parser->err, parser->err_size, "%s:%u: ", parser->path, line);
	if (used < 0 || (size_t)used >= parser->err_size)
		return error;
	va_start(args, format);
	vsnprintf(parser->err + used, parser->err_size - (size_t)used, format, args);
	va_end(args);
	return error;
}

static int fail_value(struct parser *parser, const char *key, const char *value, const char *words)
{
	return fail(parser, -EINVAL, parser->line, "%s \"%s\" %s", key, shown(value).text, words);
}

static int set_ports(struct parser *parser, const char *value)
{
	int r = ports_parse(value, parser->policy.ports, &parser->policy.n_ports);

	parser->policy.has_ports = true;
	return r ? fail_value(parser, "ports", value, ports_words(r)) : 0;
}

static int set_warn(struct parser *parser, const char *value)
{
	const char *rest = value;
	uint64_t percent;

	if (number_read(&rest, 99, &percent) || !percent || strcmp(rest, "%") != 0)
		return fail_value(parser, "warn", value,
				  "is not a percentage; allowed are 1% to 99%");
	parser->policy.warn = (double)percent / 100;
	return 0;
}

static int set_timeout(struct parser *parser, const char *value)
{
	int r = policy_timeout_parse(value, parser->timeout_ns, parser->name);

	return r ? fail_value(parser, "timeout", value, policy_timeout_words(r)) : 0;
}

static int set_prefix(struct parser *parser, const char *key, const char *value, uint64_t most,
		      unsigned int *ret)
{
	char words[64];
	const char *rest = value;
	uint64_t length;

	if (!number_read(&rest, most, &length) && !*rest && length) {
		*ret = length;
		return 0;
	}
	snprintf(words, sizeof(words), "is no length of a prefix; allowed are 1 to %u",
		 (unsigned int)most);
	return fail_value(parser, key, value, words);
}

static int set_prefix4(struct parser *parser, const char *value)
{
	return set_prefix(parser, "prefix4", value, 32, &parser->policy.prefix4);
}

static int set_prefix6(struct parser *parser, const char *value)
{
	return set_prefix(parser, "prefix6", value, 128, &parser->policy.prefix6);
}

static const struct key sshidle_keys[] = {
	{"ports", set_ports},
	{"warn", set_warn},
	{"prefix4", set_prefix4},
	{"prefix6", set_prefix6},
	{},
};
static const struct key path_keys[] = {{"timeout", set_timeout}, {}};

/* "ports, warn and prefix4" */
static const char *key_list(const struct key *keys, char *buf, size_t size)
{
	size_t used = 0;
	int i;

	for (i = 0; keys[i].name && used < size; i++) {
		const char *between = keys[i + 1].name ? ", " : " and ";

		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? between : "",
					 keys[i].name);
	}
	return buf;
}

static int key_set(struct parser *parser, const char *name, const char *value)
{
	char list[64];
	int i;

	if (!parser->keys)
		return fail(parser, -EINVAL, parser->line,
			    "\"%s\" is set before any section; allowed is a key behind [sshidle], "
			    "[path default] or [path PREFIX]",
			    shown(name).text);
	for (i = 0; parser->keys[i].name && strcmp(parser->keys[i].name, name) != 0; i++)
		;
	if (!parser->keys[i].name)
		return fail(parser, -EINVAL, parser->line,
			    "\"%s\" is not a key of [%s]; allowed: %s", shown(name).text,
			    parser->section, key_list(parser->keys, list, sizeof(list)));
	if (parser->keys_set & 1U << i)
		return fail(parser, -EINVAL, parser->line,
			    "\"%s\" is set twice in [%s]; allowed is once", name, parser->section);
	parser->keys_set |= 1U << i;
	return parser->keys[i].set(parser, value);
}

/* libinih's handler: its own idea of the section is cut at 49 bytes, and not used. */
static int on_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *parser = user;

	(void)section;
	parser->key_due = false;
	return !key_set(parser, name, value);
}

/* What only the end of a section, or of a line, can show. */
static void section_end(struct parser *parser)
{
	char list[64];

	if (parser->keys && !parser->keys_set)
		fail(parser, -EINVAL, parser->section_line, "[%s] has no keys; allowed: %s",
		     parser->section, key_list(parser->keys, list, sizeof(list)));
}

static void line_end(struct parser *parser)
{
	if (parser->key_due)
		fail(parser, -EINVAL, parser->line,
		     "is neither [SECTION] nor KEY=VALUE; a comment begins with # or ;");
}

static int fail_twice(struct parser *parser)
{
	return fail(parser, -EINVAL, parser->line, "[%s] is given twice; allowed is once",
		    parser->section);
}

static int sshidle_begin(struct parser *parser)
{
	if (parser->has_sshidle)
		return fail_twice(parser);
	parser->has_sshidle = true;
	parser->keys = sshidle_keys;
	return 0;
}

static int default_begin(struct parser *parser)
{
	struct policy *policy = &parser->policy;

	if (policy->has_default)
		return fail_twice(parser);
	policy->has_default = true;
	policy->default_path.source = PATH_CONFIG;
	parser->timeout_ns = &policy->default_path.timeout_ns;
	parser->name = &policy->default_path.name;
	parser->keys = path_keys;
	return 0;
}

static int fail_prefix(struct parser *parser, const char *text, int error)
{
	char meant[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	if (error == -EDOM && !prefix_parse_masked(text, &prefix))
		return fail(parser, -EINVAL, parser->line,
			    "prefix \"%s\" has bits set behind its length; did you mean %s?",
			    shown(text).text, prefix_format(&prefix, meant, sizeof(meant)));
	return fail_value(parser, "prefix", text, prefix_words(error));
}

static int fail_rule(struct parser *parser, const struct prefix *prefix, int error)
{
	char text[PREFIX_TEXT_SIZE];

	if (error != -EEXIST)
		return fail(parser, error, parser->line, "%s", strerror(-error));
	return fail(parser, -EINVAL, parser->line, "prefix %s has two sections; allowed is one",
		    prefix_format(prefix, text, sizeof(text)));
}

static int rule_begin(struct parser *parser, const char *text)
{
	struct policy *policy = &parser->policy;
	struct path_rule rule = {};
	int r;

	r = prefix_parse(text, &rule.prefix);
	if (r)
		return fail_prefix(parser, text, r);
	r = policy_add_rule(policy, &rule);
	if (r)
		return fail_rule(parser, &rule.prefix, r);
	parser->timeout_ns = &policy->rules[policy->n_rules - 1].timeout_ns;
	parser->name = &policy->rules[policy->n_rules - 1].name;
	parser->keys = path_keys;
	return 0;
}

/* The name of a section is one word, or "path" and one more; name is taken apart. */
static int section_begin(struct parser *parser, char *name)
{
	char *argument = name + strcspn(name, blanks);

	section_end(parser);
	parser->section_line = parser->line;
	parser->keys = NULL;
	parser->keys_set = 0;
	utf8_clean(name, strlen(name), parser->section, sizeof(parser->section));
	if (!strcmp(name, "sshidle"))
		return sshidle_begin(parser);
	if (*argument)
		*argument++ = '\0';
	argument += strspn(argument, blanks);
	if (strcmp(name, "path") != 0 || !*argument)
		return fail(parser, -EINVAL, parser->line,
			    "[%s] is not a section; allowed are [sshidle], [path default] and "
			    "[path PREFIX]",
			    parser->section);
	return strcmp(argument, "default") ? rule_begin(parser, argument) : default_begin(parser);
}

/* Line begins with the bracket. Behind its end only a comment may follow, as behind a value. */
static int header_read(struct parser *parser, const char *line)
{
	const char *end = strchr(line, ']'), *rest;
	char name[CONFIG_LINE_MAX + 1];
	size_t len;

	if (!end)
		return fail(parser, -EINVAL, parser->line,
			    "\"%s\" has no closing bracket; allowed is [SECTION]",
			    shown(line).text);
	rest = end + 1 + strspn(end + 1, blanks);
	if (*rest && (*rest != ';' || rest == end + 1))
		return fail(parser, -EINVAL, parser->line,
			    "\"%s\" stands behind a section; allowed is a comment after a blank "
			    "and ;",
			    shown(rest).text);
	line++;
	line += strspn(line, blanks);
	len = trimmed(line, line < end ? (size_t)(end - line) : 0);
	memcpy(name, line, len);
	name[len] = '\0';
	return section_begin(parser, name);
}

/* Checks what memory safety, and libinih's silence, leave to us; gives the bytes that count. */
static int line_check(struct parser *parser, const char *line, size_t len, size_t size,
		      size_t *ret_len)
{
	if (memchr(line, '\0', len))
		return fail(parser, -EINVAL, parser->line,
			    "holds a NUL byte; allowed is plain text");
	if (len && strchr("#;", *line))
		len = 0;
	if (len > CONFIG_LINE_MAX || len + sizeof("\n") > size)
		return fail(parser, -EINVAL, parser->line,
			    "is longer than %d bytes; allowed are longer lines in comments only",
			    CONFIG_LINE_MAX);
	*ret_len = len;
	return 0;
}

/* The next line without blanks around it, which moves at on. */
static const char *line_take(struct parser *parser, size_t *ret_len)
{
	const char *line = parser->at, *end = memchr(line, '\n', (size_t)(parser->end - line));

	parser->line++;
	parser->at = end ? end + 1 : parser->end;
	if (!end)
		end = parser->end;
	while (line < end && is_blank(*line))
		line++;
	*ret_len = trimmed(line, (size_t)(end - line));
	return line;
}

/* libinih's reader, as fgets(3): a comment becomes an empty line, an error ends the text. */
static char *next_line(char *buf, int size, void *user)
{
	struct parser *parser = user;
	const char *line;
	size_t len;

	line_end(parser);
	if (parser->at == parser->end)
		section_end(parser);
	if (parser->error || parser->at == parser->end)
		return NULL;
	line = line_take(parser, &len);
	if (line_check(parser, line, len, (size_t)size, &len))
		return NULL;
	memcpy(buf, line, len);
	buf[len] = '\0';
	if (*buf == '[' && header_read(parser, buf))
		return NULL;
	parser->key_due = *buf && *buf != '[';
	memcpy(buf + len, "\n", sizeof("\n"));
	return buf;
}

static void skip_bom(struct parser *parser)
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'};

	if ((size_t)(parser->end - parser->at) >= sizeof(bom) &&
	    !memcmp(parser->at, bom, sizeof(bom)))
		parser->at += sizeof(bom);
}

int config_parse(const char *path, const char *text, size_t len, struct policy *policy, char *err,
		 size_t err_size)
{
	struct parser parser = {
		.path = path,
		.at = text,
		.end = text + len,
		.policy = *policy,
		.err = err,
		.err_size = err_size,
	};
	int r;

	parser.policy.rules = NULL;
	parser.policy.n_rules = 0;
	parser.policy.has_default = false;
	skip_bom(&parser);
	r = ini_parse_stream(next_line, &parser, on_key, &parser);
	if (r < 0)
		fail(&parser, -ENOMEM, parser.line, "%s", strerror(ENOMEM));
	if (parser.error) {
		policy_free(&parser.policy);
		return parser.error;
	}
	free(policy->rules);
	*policy = parser.policy;
	return 0;
}

/* Reads up to size bytes. */
static int file_read(const char *path, char *text, size_t size, size_t *ret_len)
{
	CLEANUP_FILE FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return -errno;
	len = fread(text, 1, size, file);
	if (ferror(file))
		return -errno;
	*ret_len = len;
	return 0;
}

int config_load(const char *path, bool must_exist, struct policy *policy, char *err,
		size_t err_size)
{
	CLEANUP_FREE char *text = malloc(CONFIG_SIZE_MAX + 1);
	size_t len = 0;
	int r;

	r = text ? file_read(path, text, CONFIG_SIZE_MAX + 1, &len) : -ENOMEM;
	if (r == -ENOENT && !must_exist)
		return 0;
	if (len > CONFIG_SIZE_MAX)
		r = -EFBIG;
	if (!r)
		return config_parse(path, text, len, policy, err, err_size);
	snprintf(err, err_size,
		 "%s: cannot be read (%s); allowed is a readable text file of up to %d KiB", path,
		 strerror(-r), CONFIG_SIZE_MAX / 1024);
	return r;
}
