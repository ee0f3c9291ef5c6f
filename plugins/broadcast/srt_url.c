#include "srt_url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(char error[SRT_URL_ERROR], const char *text)
{
	snprintf(error, SRT_URL_ERROR, "%s", text);
	return -1;
}

/* "[::1]:9000" or "host:9000", up to `n`. */
static int read_address(const char *at, size_t n, srt_target *t, char error[SRT_URL_ERROR])
{
	static const char no_port[] = "there is no port in the URL, which looks like srt://host:port";
	const char *end = at + n, *host = at, *host_end, *port;
	if (n && *at == '[') {
		host++;
		if (!(host_end = memchr(host, ']', n - 1)))
			return fail(error, "the address has no ] at its end, and looks like srt://[::1]:port");
		port = host_end + 1;
	} else {
		host_end = memchr(at, ':', n);
		port = host_end;
	}
	if (!host_end || !port || port == end || *port != ':' || port + 1 == end)
		return fail(error, no_port);
	uint32_t number = 0;
	for (const char *p = port + 1; p < end; p++) {
		if (*p < '0' || *p > '9' || (number = number * 10 + (uint32_t)(*p - '0')) > 65535)
			return fail(error, "the port is a number from 1 to 65535");
	}
	if (!number)
		return fail(error, "the port is a number from 1 to 65535");
	if ((size_t)(host_end - host) >= sizeof t->host)
		return fail(error, "the host's name is too long");
	snprintf(t->host, sizeof t->host, "%.*s", (int)(host_end - host), host);
	snprintf(t->service, sizeof t->service, "%u", (uint16_t)number);
	return 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Copies `n` bytes, %XX decoded. Returns how many there would be, which may be more than fit; -1: no text. */
static int decode(const char *from, size_t n, char *to, size_t size)
{
	size_t used = 0;
	for (size_t i = 0; i < n; i++, used++) {
		int c = (unsigned char)from[i];
		if (c == '%' && i + 2 < n && hex(from[i + 1]) >= 0 && hex(from[i + 2]) >= 0) {
			c = hex(from[i + 1]) * 16 + hex(from[i + 2]);
			i += 2;
		}
		if (!c)
			return -1;
		if (used + 1 < size)
			to[used] = (char)c;
	}
	to[used < size ? used : size - 1] = 0;
	return (int)used;
}

static int read_latency(const char *text, srt_target *t, char error[SRT_URL_ERROR])
{
	char *end;
	long ms = strtol(text, &end, 10);
	if (end == text || *end || ms < 0 || ms > SRT_LATENCY_MAX)
		return fail(error, "latency is a number of milliseconds from 0 to 60000");
	t->latency = (int)ms;
	return 0;
}

static int read_value(const char *name, const char *text, int length, srt_target *t, char error[SRT_URL_ERROR])
{
	if (!strcmp(name, "mode")) {
		if (strcmp(text, "listener") && strcmp(text, "caller"))
			return fail(error, "mode is caller or listener");
		t->listener = !strcmp(text, "listener");
	} else if (!strcmp(name, "latency")) {
		return read_latency(text, t, error);
	} else if (!strcmp(name, "passphrase")) {
		if (length < SRT_PASSPHRASE_MIN || length > SRT_PASSPHRASE_MAX)
			return fail(error, "a passphrase has 10 to 79 characters");
		memcpy(t->passphrase, text, (size_t)length + 1);
	} else if (!strcmp(name, "streamid") || !strcmp(name, "stream_id")) {
		if (length > SRT_STREAM_ID_MAX)
			return fail(error, "a stream id has at most 512 characters");
		memcpy(t->stream_id, text, (size_t)length + 1);
	} else if ((strcmp(name, "transtype") || strcmp(text, "live")) && (strcmp(name, "pkt_size") || strcmp(text, "1316"))) { /* what we do anyway */
		snprintf(error, SRT_URL_ERROR, "behind the ? there is \"%.40s\": mode, latency, passphrase and streamid are known there", name);
		return -1;
	}
	return 0;
}

/* "name=value", up to `n`. */
static int read_pair(const char *at, size_t n, srt_target *t, char error[SRT_URL_ERROR])
{
	char name[48], text[SRT_STREAM_ID_MAX + 2];
	const char *equals = memchr(at, '=', n);
	size_t of_name = equals ? (size_t)(equals - at) : n;
	if (!n)
		return 0;
	snprintf(name, sizeof name, "%.*s", (int)of_name, at);
	int length = equals ? decode(equals + 1, n - of_name - 1, text, sizeof text) : decode("", 0, text, sizeof text);
	if (length < 0)
		return fail(error, "behind the ? there is a %00, which no value may hold");
	return read_value(name, text, length, t, error);
}

int srt_url_read(const char *url, srt_target *t, char error[SRT_URL_ERROR])
{
	const char *at = strstr(url, "://");
	at = at ? at + 3 : url;
	size_t n = strcspn(at, "/?");
	int e = read_address(at, n, t, error);
	const char *query = strchr(at, '?');
	while (!e && query) {
		size_t length = strcspn(++query, "&");
		e = read_pair(query, length, t, error);
		query = query[length] ? query + length : NULL;
	}
	return e;
}
