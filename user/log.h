/* SPDX-License-Identifier: GPL-2.0-only */
/* Words for people, on standard error. */
#ifndef SSHIDLE_LOG_H
#define SSHIDLE_LOG_H

#include <stdbool.h>

/* Prints "sshidle: ...\n". A failure is told once, where its meaning is known. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Tells that memory ran out, if that is what this -errno says. Gives it back. */
int log_memory(int err);

/* Prints "sshidle: note: ...\n": nothing failed, but the reader should know. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For who leaves to others whether it is one or the other. */
typedef void (*log_teller)(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* With true, log_detail() and libbpf's own messages are printed too (-v). */
void log_set_verbose(bool verbose);
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From here on errors go to sink, as the bare sentence, and everything else goes nowhere: for who
 * owns the screen, or must stay silent on standard error. NULL: to standard error again. A sentence
 * has less than LOG_SENTENCE_SIZE bytes.
 */
#define LOG_SENTENCE_SIZE 1024
void log_set_sink(void (*sink)(const char *sentence));

/* Whether -v was given. */
bool log_is_verbose(void);

#endif
