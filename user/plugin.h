/* SPDX-License-Identifier: GPL-2.0-only */
/* Speaks as a monitoring plugin: one line on standard output, and in time. */
#ifndef SSHIDLE_PLUGIN_H
#define SSHIDLE_PLUGIN_H

#include <stddef.h>

#include "options.h"

/* Exit statuses of the Monitoring Plugins Development Guidelines ("Plugin Return Codes"). */
#define PLUGIN_OK 0
#define PLUGIN_WARNING 1
#define PLUGIN_CRITICAL 2
#define PLUGIN_UNKNOWN 3

/* Their "typically 10 sec" ("Runtime Timeouts"). */
#define PLUGIN_TIMEOUT_S 10

/* "OK", "WARNING", "CRITICAL"; every other outcome is "UNKNOWN". */
const char *plugin_state(enum outcome outcome);

/*
 * Copies text as one line of clean UTF-8 in which no '|' begins performance data; the text may
 * hold bytes that others chose. Gives buf.
 */
const char *plugin_clean(const char *text, char *buf, size_t size);

/* Prints "SSHIDLE UNKNOWN - sentence": for log_set_sink(). */
void plugin_print_unknown(const char *sentence);

/*
 * After that many seconds the program ends with PLUGIN_UNKNOWN and says so on standard output,
 * wherever it is, unless plugin_answers() came before: then it ends without another word.
 */
void plugin_set_timeout(unsigned int seconds);
void plugin_answers(void);

#endif
