/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the report as JSON, schema sshidle/1. */
#ifndef SSHIDLE_JSON_H
#define SSHIDLE_JSON_H

#include "report.h"

/*
 * Writes to stdout, a session at a time: memory does not grow with their number. 0 or -ENOMEM;
 * write errors show on stdout itself.
 */
int json_print_report(const struct report *report);

/* The JSON Schema of that document, from user/sshidle-1.schema.json. */
extern const char json_schema[];

#endif
