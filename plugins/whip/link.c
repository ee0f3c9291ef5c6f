#include "link.h"

#include <string.h>
#include <strings.h>

#define TEXT 256

typedef struct reader {
	const char *p, *end;
} reader;

static void blanks(reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

static int take(reader *r, char c)
{
	blanks(r);
	if (r->p == r->end || *r->p != c)
		return 0;
	r->p++;
	return 1;
}

/* What does not fit is cut off; the whole is passed over in any case. */
static void keep(char *out, size_t *n, char c)
{
	if (*n + 1 < TEXT)
		out[(*n)++] = c;
	out[*n] = 0;
}

static void quoted(reader *r, char out[TEXT])
{
	size_t n = 0;
	for (*out = 0; r->p < r->end && *r->p != '"'; r->p++) {
		r->p += *r->p == '\\' && r->p + 1 < r->end;
		keep(out, &n, *r->p);
	}
	r->p += r->p < r->end;
}

static void token(reader *r, char out[TEXT])
{
	size_t n = 0;
	for (*out = 0; r->p < r->end && !strchr("=;, \t", *r->p); r->p++)
		keep(out, &n, *r->p);
}

/* ";name=value" */
static int parameter(reader *r, char name[TEXT], char value[TEXT])
{
	if (!take(r, ';'))
		return 0;
	blanks(r);
	token(r, name);
	*value = 0;
	if (take(r, '=')) {
		if (take(r, '"'))
			quoted(r, value);
		else
			token(r, value);
	}
	return 1;
}

/* "<uri>" and its parameters. 1: an ICE server. */
static int one_link(reader *r, lq__ice_server *out)
{
	char name[TEXT], value[TEXT];
	const char *uri = r->p, *close = memchr(uri, '>', (size_t)(r->end - uri));
	int is_server = 0;
	if (!close) {
		r->p = r->end;
		return 0;
	}
	int e = lq__ice_server_parse(uri, (size_t)(close - uri), out);
	for (r->p = close + 1; parameter(r, name, value);) {
		if (!strcasecmp(name, "rel"))
			is_server = !strcasecmp(value, "ice-server");
		else if (!strcasecmp(name, "username"))
			memcpy(out->user, value, strlen(value) + 1);
		else if (!strcasecmp(name, "credential"))
			memcpy(out->secret, value, strlen(value) + 1);
	}
	return is_server && !e;
}

uint32_t link_ice_servers(const char *value, size_t len, lq__ice_server *out, uint32_t max)
{
	reader r = {value, value + len};
	uint32_t n = 0;
	while (r.p < r.end && n < max) {
		if (!take(&r, '<'))
			r.p += r.p < r.end;
		else
			n += (uint32_t)one_link(&r, &out[n]);
	}
	return n;
}
