// SPDX-License-Identifier: GPL-2.0-only
/* The settings of sshd that can end or keep a session, as sshd -T prints them. Pure. */
#include "sshd_settings.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "number.h"
#include "utf8.h"

/* sshd prints times as whole seconds; "none" is 0. */
static int parse_number(const char *value, uint64_t *ret)
{
	uint64_t number = 0;
	int err = 0;

	if (strcmp(value, "none")) {
		err = number_read(&value, UINT32_MAX, &number);
		if (!err && *value)
			err = -EINVAL;
	}
	if (!err)
		*ret = number;
	return err;
}

static int parse_line(const char *keyword, const char *value, struct sshd_settings *settings)
{
	if (!strcmp(keyword, "clientaliveinterval"))
		return parse_number(value, &settings->client_alive_s);
	if (!strcmp(keyword, "clientalivecountmax"))
		return parse_number(value, &settings->client_alive_count);
	if (!strcmp(keyword, "unusedconnectiontimeout"))
		return parse_number(value, &settings->unused_s);
	if (!strcmp(keyword, "logingracetime"))
		return parse_number(value, &settings->login_s);
	if (!strcmp(keyword, "usedns"))
		settings->use_dns = !strcmp(value, "yes");
	if (!strcmp(keyword, "channeltimeout") && strcmp(value, "none")) {
		utf8_clean(value, strlen(value), settings->channel_timeout,
			   sizeof(settings->channel_timeout));
		settings->channel_s = channel_timeout_of_session(value);
	}
	return 0;
}

/* One line of text, cut at its first blank; false past the end. */
static bool next_line(const char **text, char *line, size_t size, const char **ret_value)
{
	size_t length = strcspn(*text, "\n");
	char *blank;

	if (!**text)
		return false;
	snprintf(line, size, "%.*s", (int)length, *text);
	*text += length + ((*text)[length] == '\n');
	blank = strchr(line, ' ');
	*ret_value = blank ? blank + 1 : "";
	if (blank)
		*blank = 0;
	return true;
}

int sshd_settings_parse(const char *text, struct sshd_settings *ret)
{
	struct sshd_settings settings = {};
	bool has_interval = false, has_count = false;
	char line[CHANNEL_TIMEOUT_SIZE + 64];
	const char *value;

	while (next_line(&text, line, sizeof(line), &value)) {
		if (parse_line(line, value, &settings))
			return -EBADMSG;
		has_interval |= !strcmp(line, "clientaliveinterval");
		has_count |= !strcmp(line, "clientalivecountmax");
	}
	if (!has_interval || !has_count)
		return -EBADMSG;
	*ret = settings;
	return 0;
}

/* match_pattern() knows * and ?, and "global" must be named as it is. */
static bool names_type(const char *pattern, const char *type)
{
	if (!strcmp(type, "global"))
		return !strcmp(pattern, type);
	return !fnmatch(pattern, type, FNM_NOESCAPE);
}

/* The time of the first "pattern=time" that names the type, 0: none. */
static uint64_t first_match(const char *setting, const char *type)
{
	char buf[CHANNEL_TIMEOUT_SIZE], *rest = buf, *word;

	snprintf(buf, sizeof(buf), "%s", setting);
	while ((word = strsep(&rest, " \t"))) {
		char *time = strchr(word, '=');
		uint64_t seconds;

		if (!time)
			continue;
		*time++ = 0;
		if (names_type(word, type))
			return duration_parse(time, &seconds) ? 0 : seconds;
	}
	return 0;
}

/* session.c names the channel by what runs in it. */
uint64_t channel_timeout_of_session(const char *setting)
{
	static const char *const types[] = {"session:shell", "session:command",
					    "session:subsystem:sftp", "global"};
	uint64_t shortest = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		uint64_t seconds = first_match(setting, types[i]);

		if (seconds && (!shortest || seconds < shortest))
			shortest = seconds;
	}
	return shortest;
}
