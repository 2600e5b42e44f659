/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of sshd that can end or keep a session, as sshd -T prints them. Pure. */
#ifndef SSHIDLE_SSHD_SETTINGS_H
#define SSHIDLE_SSHD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_TIMEOUT_SIZE 256

/* 0 of a time: it is off. */
struct sshd_settings {
	uint64_t client_alive_s;     /* ClientAliveInterval */
	uint64_t client_alive_count; /* ClientAliveCountMax, 0: never ends a session */
	uint64_t channel_s; /* the shortest ChannelTimeout that applies to a session's channel */
	uint64_t unused_s;  /* UnusedConnectionTimeout */
	uint64_t login_s;   /* LoginGraceTime */
	char channel_timeout[CHANNEL_TIMEOUT_SIZE]; /* as it is set, clean UTF-8; "" none */
	bool use_dns;
};

/*
 * Reads what "sshd -T" prints: a keyword in lower case and its value on each line; lines of no
 * interest may stand between them. 0; -EBADMSG: ClientAlive is not among them, or a value is not
 * what sshd prints. Settings that an older sshd lacks are off.
 */
int sshd_settings_parse(const char *text, struct sshd_settings *ret);

/*
 * The shortest time in a ChannelTimeout ("session:*=5m x11-connection=1m") for a channel that a
 * session is: sshd takes the first pattern that matches, and "global" counts for all channels.
 * 0: none.
 */
uint64_t channel_timeout_of_session(const char *setting);

#endif
