#include <loquat/diag.h>

#include <stdio.h>

#include "base/alloc.h"

#define MAX_MESSAGES 1000

struct lq_diag {
	struct { int code; char *text; } *items;
	size_t n, room;
};

lq_diag *lq_diag_create(void)
{
	return lq__calloc(1, sizeof(lq_diag));
}

void lq_diag_clear(lq_diag *d)
{
	for (size_t i = 0; i < d->n; i++)
		lq__free(d->items[i].text);
	d->n = 0;
}

void lq_diag_destroy(lq_diag *d)
{
	if (!d)
		return;
	lq_diag_clear(d);
	lq__free(d->items);
	lq__free(d);
}

static void add(lq_diag *d, int code, const char *text)
{
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 8;
		void *p = lq__realloc(d->items, room * sizeof *d->items);
		if (!p)
			return;
		d->items = p;
		d->room = room;
	}
	char *copy = lq__strdup(text);
	if (!copy)
		return;
	d->items[d->n].code = code;
	d->items[d->n++].text = copy;
}

int lq_diag_add(lq_diag *d, int code, const char *place, const char *fmt, ...)
{
	char text[2048];
	int n = place && *place ? snprintf(text, sizeof text, "%s: ", place) : 0;
	if (!d || d->n >= MAX_MESSAGES)
		return code;
	if (n >= (int)sizeof text)
		n = sizeof text - 1;
	va_list args;
	va_start(args, fmt);
	vsnprintf(text + n, sizeof text - (size_t)n, fmt, args);
	va_end(args);
	add(d, code, text);
	return code;
}

size_t lq_diag_count(const lq_diag *d)
{
	return d ? d->n : 0;
}

const char *lq_diag_text(const lq_diag *d, size_t i)
{
	return d && i < d->n ? d->items[i].text : NULL;
}

int lq_diag_code(const lq_diag *d, size_t i)
{
	return d && i < d->n ? d->items[i].code : 0;
}
