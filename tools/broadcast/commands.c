#include "commands.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void parse(const char *line, size_t n, json_t **out, char *error, size_t size)
{
	json_error_t where;
	*out = json_loadb(line, n, JSON_REJECT_DUPLICATES, &where);
	if (*out && json_is_object(*out))
		return;
	snprintf(error, size, *out ? "a command is an object, {\"command\": \"stop\"}" : "column %d: %s", *out ? 0 : where.column, where.text);
	json_decref(*out);
	*out = NULL;
}

/* Takes the first line out, if there is a whole one. */
static int take(commands *c, json_t **out, char *error, size_t size)
{
	char *end = memchr(c->line, '\n', c->used);
	if (!end && c->used < sizeof c->line)
		return 0;
	size_t n = end ? (size_t)(end - c->line) : c->used, gone = end ? n + 1 : n;
	int skip = c->too_long;
	c->too_long = !end;
	if (skip)
		;
	else if (!end)
		snprintf(error, size, "a command has at most %zu bytes", sizeof c->line);
	else
		parse(c->line, n, out, error, size);
	memmove(c->line, c->line + gone, c->used - gone);
	c->used -= gone;
	return !skip;
}

int commands_next(commands *c, int ms, json_t **out, char *error, size_t size)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	*out = NULL;
	if (take(c, out, error, size))
		return 1;
	if (poll(&p, 1, ms) <= 0)
		return 0;
	ssize_t n = read(STDIN_FILENO, c->line + c->used, sizeof c->line - c->used);
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
	c->used += (size_t)n;
	return take(c, out, error, size);
}
