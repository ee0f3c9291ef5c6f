/* Findings on their way from the process that is watched to the one that prints them. */
#include "validate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_KINDS = 256 };

static int out = 2, count;
static v_trace nowhere, *trace = &nowhere;
static const char *said[MAX_KINDS]; /* format strings: one finding of a kind is enough */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void v_report_to(int fd, v_trace *t)
{
	out = fd;
	trace = t;
}

v_trace *v_trace_now(void)
{
	return trace;
}

void v_step(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(trace->step, sizeof trace->step, fmt, args);
	va_end(args);
}

/* A mark, the kind of finding, which the reader tells apart by its address, and words. */
static void line(char mark, const void *kind, const char *text)
{
	char whole[1200];
	int n = snprintf(whole, sizeof whole, "%c%p %s\n", mark, kind, text);
	size_t size = (size_t)n < sizeof whole ? (size_t)n : sizeof whole - 1;
	if (write(out, whole, size) != (ssize_t)size)
		_exit(4);
}

static int is_new(const char *fmt)
{
	for (int i = 0; i < count && i < MAX_KINDS; i++)
		if (said[i] == fmt)
			return 0;
	if (count < MAX_KINDS)
		said[count] = fmt;
	count++;
	return 1;
}

void v_find(const char *fmt, ...)
{
	char text[900], whole[1100];
	va_list args;
	pthread_mutex_lock(&lock);
	int fresh = is_new(fmt);
	pthread_mutex_unlock(&lock);
	if (!fresh)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	snprintf(whole, sizeof whole, "%s%s%s%s%s%s", text, *trace->op || *trace->step ? " (" : "", *trace->op ? "in " : "", trace->op,
	         *trace->op && *trace->step ? ", " : "", trace->step);
	if (*trace->op || *trace->step)
		strcat(whole, ")");
	line('!', fmt, whole);
}

void v_skip(const char *fmt, ...)
{
	char text[600];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	line('-', fmt, text);
	_exit(0);
}

/* Only what a signal handler may do. */
void v_die(const char *text)
{
	const char *parts[] = {"!fault ", text, *trace->op ? " (in " : "", trace->op, *trace->op ? ")" : "", "\n"};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (write(out, parts[i], strlen(parts[i])) < 0)
			break;
	_exit(3);
}

int v_findings(void)
{
	return count;
}
