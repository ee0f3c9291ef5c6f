/* What rooms, users and servers may be called. */
#include "config.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <loquat/loquat.h>

static const char ALNUM[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
static const char ROOM_EXTRA[] = " !#$%&()+-:;<=.>?@[]^_{}|~,";
static const char USER_EXTRA[] = "_@-.";

static int check(const char *s, size_t len, size_t max, const char *extra)
{
	if (len < 1 || len > max)
		return LQ_ERANGE;
	for (size_t i = 0; i < len; i++)
		if (!s[i] || (!strchr(ALNUM, s[i]) && !strchr(extra, s[i])))
			return LQ_EINVAL;
	return 0;
}

int lq_room_name_check(const char *name, size_t len)
{
	return name ? check(name, len, LQ__ROOM_MAX, ROOM_EXTRA) : LQ_EINVAL;
}

int lq__user_check(const char *user)
{
	return check(user, strlen(user), LQ__USER_MAX, USER_EXTRA);
}

static int parse_port(const char *s, uint16_t *out)
{
	char *end;
	if (*s < '0' || *s > '9')
		return LQ_EINVAL;
	unsigned long n = strtoul(s, &end, 10);
	if ((*end && strcmp(end, "/")) || n < 1 || n > 65535)
		return LQ_EINVAL;
	*out = (uint16_t)n;
	return 0;
}

int lq__server_parse(const char *server, lq__server *out)
{
	if (!strncmp(server, "ws://", 5))
		server += 5;
	int v6 = *server == '[';
	const char *host = server + v6;
	size_t n = strcspn(host, v6 ? "]" : ":/");
	const char *rest = host + n;
	if (!n || n >= sizeof out->host || (v6 && *rest++ != ']'))
		return LQ_EINVAL;
	snprintf(out->host, sizeof out->host, "%.*s", (int)n, host);
	out->port = LQ__DEFAULT_PORT;
	if (*rest == ':')
		return parse_port(rest + 1, &out->port);
	return !*rest || !strcmp(rest, "/") ? 0 : LQ_EINVAL;
}

static const char *const streams[LQ__STREAMS] = {"main", "sub", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"};

const char *lq__stream_label(lq_stream stream)
{
	return streams[stream];
}

int lq__stream_parse(const char *name, lq_stream *out)
{
	for (unsigned i = 0; i < LQ__STREAMS; i++)
		if (!strcmp(name, streams[i])) {
			*out = (lq_stream)i;
			return 0;
		}
	return LQ_EINVAL;
}

lq_device_state lq__device_state_parse(const char *state)
{
	return !strcmp(state, "opening") ? LQ_DEVICE_OPENING : !strcmp(state, "none") ? LQ_DEVICE_NONE : LQ_DEVICE_CLOSED;
}

const char *lq__layer_label(lq_layer layer)
{
	static const char *const labels[] = {"high", "mid", "low"};
	return labels[layer];
}

const char *lq__kind_label(lq_track_kind kind)
{
	return kind == LQ_AUDIO ? "audio" : "video";
}

const char *lq_version(void)
{
	return PACKAGE_VERSION;
}

void lq__random_name(char *out, size_t size)
{
	unsigned char bytes[32] = {0};
	size_t n = size ? (size - 1) / 2 : 0;
	if (n > sizeof bytes)
		n = sizeof bytes;
	ssize_t got = getrandom(bytes, n, 0); /* so few never come short */
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, size - 2 * i, "%02x", got == (ssize_t)n ? bytes[i] : (unsigned)i);
}
