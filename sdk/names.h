/* What rooms, users, servers and streams may be called. [any] */
#ifndef LQ_SDK_NAMES_H
#define LQ_SDK_NAMES_H

#include <loquat/loquat.h>

enum { LQ__ROOM_MAX = 64, LQ__USER_MAX = 128, LQ__INFO_MAX = 200, LQ__STREAMS = 9, LQ__TOKEN_MAX = 8192, LQ__DEFAULT_PORT = 7880 };

typedef struct lq__server {
	char host[256];
	uint16_t port;
} lq__server;

int lq__user_check(const char *user);                         /* 0, LQ_ERANGE, LQ_EINVAL */
int lq__server_parse(const char *server, lq__server *out);    /* "ws://host:port", "host:port", "[v6]:port"; else LQ_EINVAL */
const char *lq__stream_label(lq_stream stream);
int lq__stream_parse(const char *name, lq_stream *out);
lq_device_state lq__device_state_parse(const char *state);
void lq__random_name(char *out, size_t size); /* hexadecimal digits */
const char *lq__kind_label(lq_track_kind kind);

/* "high", "mid", "low" */
const char *lq__layer_label(lq_layer layer);

#endif
