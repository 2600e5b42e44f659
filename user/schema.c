// SPDX-License-Identifier: GPL-2.0-only
/* The JSON Schema, carried in the program. */
#include "json.h"

__asm__(".section .rodata\n"
	".global json_schema\n"
	".type json_schema, @object\n"
	"json_schema:\n"
	".incbin \"user/sshidle-1.schema.json\"\n"
	".byte 0\n"
	".size json_schema, . - json_schema\n"
	".previous\n");
