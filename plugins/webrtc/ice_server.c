#include "ice_server.h"

#include <string.h>

#include <loquat/plugin/errors.h>

#define PORT 3478

static int copy(char *out, size_t size, const char *from, size_t n)
{
	if (!n || n >= size)
		return LQ_EPARSE;
	memcpy(out, from, n);
	out[n] = 0;
	return 0;
}

static int parse_port(const char *s, size_t n, uint16_t *out)
{
	uint32_t port = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || port > 65535)
			return LQ_EPARSE;
		port = port * 10 + (uint32_t)(s[i] - '0');
	}
	*out = (uint16_t)port;
	return n && port && port <= 65535 ? 0 : LQ_EPARSE;
}

/* "host", "host:port", "[::1]:port" */
static int parse_host(const char *s, size_t n, lq__ice_server *out)
{
	const char *end = s + n, *close = *s == '[' && n ? memchr(s, ']', n) : NULL;
	const char *colon = memchr(close ? close : s, ':', (size_t)(end - (close ? close : s)));
	const char *host_end = close ? close : colon ? colon : end;
	out->port = PORT;
	if (close && close + 1 != (colon ? colon : end))
		return LQ_EPARSE;
	int e = copy(out->host, sizeof out->host, s + (close != NULL), (size_t)(host_end - s) - (close != NULL));
	return e || !colon ? e : parse_port(colon + 1, (size_t)(end - colon) - 1, &out->port);
}

/* "user:secret@" */
static int parse_user(const char *s, size_t n, lq__ice_server *out)
{
	const char *colon = memchr(s, ':', n);
	if (!colon)
		return LQ_EPARSE;
	int e = copy(out->user, sizeof out->user, s, (size_t)(colon - s));
	return e ? e : copy(out->secret, sizeof out->secret, colon + 1, (size_t)(s + n - colon) - 1);
}

int lq__ice_server_parse(const char *uri, size_t len, lq__ice_server *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < len; i++)
		if (uri[i] <= ' ' || uri[i] > '~')
			return LQ_EPARSE;
	if (len > 6 && (!memcmp(uri, "stuns:", 6) || !memcmp(uri, "turns:", 6)))
		return LQ_ENOTSUP;
	if (len <= 5 || (memcmp(uri, "stun:", 5) && memcmp(uri, "turn:", 5)))
		return LQ_EPARSE;
	out->relay = *uri == 't';
	const char *s = uri + 5, *end = uri + len, *query = memchr(s, '?', (size_t)(end - s));
	if (query) {
		size_t n = (size_t)(end - query) - 1;
		out->tcp = n == 13 && !memcmp(query + 1, "transport=tcp", n);
		if (!out->tcp && (n != 13 || memcmp(query + 1, "transport=udp", n)))
			return LQ_EPARSE;
		end = query;
	}
	const char *at = NULL;
	for (const char *p = s; p < end; p++)
		at = *p == '@' ? p : at;
	int e = at ? parse_user(s, (size_t)(at - s), out) : 0;
	s = at ? at + 1 : s;
	return e ? e : parse_host(s, (size_t)(end - s), out);
}

int lq__ice_servers_parse(const char *list, lq__ice_server *out, uint32_t max, const char **bad)
{
	uint32_t n = 0;
	for (const char *s = list + strspn(list, " "); *s; n++) {
		size_t len = strcspn(s, " ");
		*bad = s;
		if (n == max)
			return LQ_EFULL;
		int e = lq__ice_server_parse(s, len, &out[n]);
		if (e)
			return e;
		s += len + strspn(s + len, " ");
	}
	return (int)n;
}
