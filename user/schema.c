// SPDX-License-Identifier: GPL-2.0-only
/* The JSON Schemas, carried in the program. */
#include "json.h"

#define CARRY(name, file)                                \
	__asm__(".section .rodata\n"                     \
		".global " #name "\n"                    \
		".type " #name ", @object\n" #name ":\n" \
		".incbin \"user/" file "\"\n"            \
		".byte 0\n"                              \
		".size " #name ", . - " #name "\n"       \
		".previous\n")

CARRY(json_schema, "sshidle-1.schema.json");
CARRY(json_schema_events, "sshidle-events-1.schema.json");
CARRY(json_schema_explain, "sshidle-explain-1.schema.json");
CARRY(json_schema_history, "sshidle-history-1.schema.json");
CARRY(json_schema_keepalive, "sshidle-keepalive-1.schema.json");
CARRY(json_schema_profiles, "sshidle-profiles-1.schema.json");
CARRY(json_schema_status, "sshidle-status-1.schema.json");
