/* Commands to a broadcast: one JSON object a line on standard input. */
#ifndef LQ_TOOLS_BROADCAST_COMMANDS_H
#define LQ_TOOLS_BROADCAST_COMMANDS_H

#include <jansson.h>
#include <stddef.h>

typedef struct commands {
	char line[65536];
	size_t used;
	int too_long; /* the rest of the line is passed over */
} commands;

/* Waits up to ms for the next line. 1: *out is a new reference, or NULL with the reason in error; 0: none came; -1: standard input has ended. */
int commands_next(commands *c, int ms, json_t **out, char *error, size_t size);

#endif
