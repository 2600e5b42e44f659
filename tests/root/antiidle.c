// SPDX-License-Identifier: GPL-2.0-only
/* antiidle ADDRESS PORT KEY PERIOD_MS LINGER_MS COMMAND: a client that sends SSH_MSG_IGNORE. */
#include <err.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * SSH_MSG_IGNORE goes out every PERIOD_MS, always where LINGER_MS is 0, as with the anti-idle of
 * SecureCRT; otherwise for so long after a key was typed, into a terminal, as the chaff of OpenSSH
 * 9.5 (ObscureKeystrokeTiming) does. Standard input is what is typed.
 */
struct client {
	ssh_session session;
	ssh_channel channel;
	int64_t period_ms;
	int64_t linger_ms;
	int64_t typed_ms;
	int64_t due_ms;
	bool typing; /* standard input goes on */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void checked(struct client *client, int result, const char *what)
{
	if (result != SSH_OK)
		errx(EXIT_FAILURE, "%s: %s", what, ssh_get_error(client->session));
}

static void log_in(struct client *client, const char *address, int port, const char *key_file)
{
	bool process_config = false;
	ssh_key key;

	client->session = ssh_new();
	if (!client->session)
		errx(EXIT_FAILURE, "ssh_new");
	ssh_options_set(client->session, SSH_OPTIONS_PROCESS_CONFIG, &process_config);
	ssh_options_set(client->session, SSH_OPTIONS_HOST, address);
	ssh_options_set(client->session, SSH_OPTIONS_PORT, &port);
	ssh_options_set(client->session, SSH_OPTIONS_USER, "root");
	checked(client, ssh_connect(client->session), "connect");
	checked(client, ssh_pki_import_privkey_file(key_file, NULL, NULL, NULL, &key), key_file);
	checked(client, ssh_userauth_publickey(client->session, NULL, key), "log in");
	ssh_key_free(key);
}

static void run(struct client *client, const char *command)
{
	client->channel = ssh_channel_new(client->session);
	if (!client->channel)
		errx(EXIT_FAILURE, "ssh_channel_new");
	checked(client, ssh_channel_open_session(client->channel), "open a session");
	if (client->linger_ms)
		checked(client, ssh_channel_request_pty(client->channel), "have a terminal");
	checked(client, ssh_channel_request_exec(client->channel, command), command);
}

static void pass_input(struct client *client)
{
	char buf[256];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	client->typing = n > 0;
	if (n > 0 && ssh_channel_write(client->channel, buf, n) != n)
		errx(EXIT_FAILURE, "write: %s", ssh_get_error(client->session));
	client->typed_ms = now_ms();
}

/* False when the channel has ended. */
static bool pass_output(struct client *client)
{
	char buf[4096];
	int n;

	while ((n = ssh_channel_read_nonblocking(client->channel, buf, sizeof(buf), 0)) > 0)
		if (write(STDOUT_FILENO, buf, n) != n)
			err(EXIT_FAILURE, "standard output");
	return n != SSH_ERROR && !ssh_channel_is_eof(client->channel);
}

static void ignore_when_due(struct client *client)
{
	int64_t now = now_ms();

	if (now < client->due_ms)
		return;
	if (!client->linger_ms || (client->typed_ms && now - client->typed_ms < client->linger_ms))
		checked(client, ssh_send_ignore(client->session, ""), "ignore");
	client->due_ms = now + client->period_ms;
}

static void converse(struct client *client)
{
	do {
		struct pollfd fds[] = {
			{.fd = ssh_get_fd(client->session), .events = POLLIN},
			{.fd = client->typing ? STDIN_FILENO : -1, .events = POLLIN},
		};
		int64_t left_ms = client->due_ms - now_ms();

		if (poll(fds, 2, left_ms > 0 ? left_ms : 0) < 0)
			err(EXIT_FAILURE, "poll");
		if (fds[1].revents)
			pass_input(client);
		ignore_when_due(client);
	} while (pass_output(client));
}

int main(int argc, char **argv)
{
	struct client client = {.typing = true};

	if (argc != 7)
		errx(2, "usage: antiidle ADDRESS PORT KEY PERIOD_MS LINGER_MS COMMAND");
	client.period_ms = atoi(argv[4]);
	client.linger_ms = atoi(argv[5]);
	log_in(&client, argv[1], atoi(argv[2]), argv[3]);
	run(&client, argv[6]);
	client.due_ms = now_ms() + client.period_ms;
	converse(&client);
	return 0;
}
