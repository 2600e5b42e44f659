/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes what happened to a session as JSON, a line for each event. */
#ifndef SSHIDLE_EVENT_SHOW_H
#define SSHIDLE_EVENT_SHOW_H

#include "events.h"

/* Writes one event to stdout. 0 or -ENOMEM; write errors show on stdout itself. */
int event_print_json(const struct event *event);

#endif
