#include "plugin/bytes.h"

#include <string.h>

#include "base/alloc.h"

void lq__bytes_add(lq__bytes *b, const void *data, size_t n)
{
	if (b->failed || !n)
		return;
	if (n > b->room - b->n) {
		size_t room = 2 * b->room + n + 256;
		uint8_t *p = lq__realloc(b->data, room);
		if (!p) {
			b->failed = 1;
			return;
		}
		b->data = p;
		b->room = room;
	}
	memcpy(b->data + b->n, data, n);
	b->n += n;
}

void lq__bytes_u32(lq__bytes *b, uint32_t v)
{
	lq__bytes_add(b, &v, sizeof v);
}

void lq__bytes_u64(lq__bytes *b, uint64_t v)
{
	lq__bytes_add(b, &v, sizeof v);
}

/* The length, then the text with its NUL, so that it can be used where it lies. */
void lq__bytes_string(lq__bytes *b, const char *s)
{
	lq__bytes_u32(b, s ? (uint32_t)strlen(s) : UINT32_MAX);
	if (s)
		lq__bytes_add(b, s, strlen(s) + 1);
}

void lq__bytes_finish(lq__bytes *b)
{
	lq__free(b->data);
	*b = (lq__bytes){0};
}

const uint8_t *lq__read_bytes(lq__reader *r, size_t n)
{
	const uint8_t *p = r->at;
	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = 1;
		return NULL;
	}
	r->at += n;
	return p;
}

uint32_t lq__read_u32(lq__reader *r)
{
	uint32_t v = 0;
	const uint8_t *p = lq__read_bytes(r, sizeof v);
	if (p)
		memcpy(&v, p, sizeof v);
	return v;
}

uint64_t lq__read_u64(lq__reader *r)
{
	uint64_t v = 0;
	const uint8_t *p = lq__read_bytes(r, sizeof v);
	if (p)
		memcpy(&v, p, sizeof v);
	return v;
}

const char *lq__read_chars(lq__reader *r)
{
	uint32_t n = lq__read_u32(r);
	if (r->bad || n == UINT32_MAX)
		return NULL;
	const char *s = (const char *)lq__read_bytes(r, (size_t)n + 1);
	if (s && (memchr(s, 0, n) || s[n]))
		r->bad = 1;
	return r->bad ? NULL : s;
}
