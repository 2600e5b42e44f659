// SPDX-License-Identifier: GPL-2.0-only
/* Which OpenSSH an sshd binary is, and what that version does differently. */
#include "sshd_version.h"

#include <errno.h>
#include <string.h>

#include "number.h"
#include "run.h"

#define ANSWER_SIZE 4096 /* a usage message */
#define COMPONENT_MAX 9999

static const char prefix[] = "OpenSSH_";
static const char windows[] = "for_Windows_";

/* Reads "9.2" at text. */
static int read_components(const char *text, struct sshd_version *ret)
{
	uint64_t major, minor;

	if (number_read(&text, COMPONENT_MAX, &major) || *text++ != '.' ||
	    number_read(&text, COMPONENT_MAX, &minor))
		return -EBADMSG;
	*ret = (struct sshd_version){.major = major, .minor = minor};
	return 0;
}

int sshd_version_parse(const char *text, struct sshd_version *ret)
{
	while ((text = strstr(text, prefix))) {
		text += strlen(prefix);
		if (!strncmp(text, windows, strlen(windows)))
			text += strlen(windows);
		if (!read_components(text, ret))
			return 0;
	}
	return -EBADMSG;
}

int sshd_version(const char *binary, struct sshd_version *ret)
{
	char *const argv[] = {(char *)binary, "-V", NULL};
	char text[ANSWER_SIZE];
	int status;
	ssize_t got = run_program(argv, text, sizeof(text), &status);

	return got < 0 ? got : sshd_version_parse(text, ret);
}

bool sshd_doubles_client_alive(const struct sshd_version *version)
{
	return version->major == 9 && version->minor >= 2 && version->minor <= 4;
}

bool sshd_logs_out_at_zero(const struct sshd_version *version)
{
	return version->major < 8 || (version->major == 8 && version->minor < 2);
}
