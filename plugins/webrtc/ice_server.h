/* STUN and TURN servers by their URIs (RFC 7064, RFC 7065). */
#ifndef LQ_PLUGIN_WEBRTC_ICE_SERVER_H
#define LQ_PLUGIN_WEBRTC_ICE_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define LQ__ICE_SERVERS 8

typedef struct lq__ice_server {
	int relay, tcp; /* TURN; by TCP */
	char host[256];
	uint16_t port;
	char user[256], secret[256];
} lq__ice_server;

/* "stun:host:port", "turn:host:port?transport=udp"; also with "user:secret@" before the host. 0, LQ_EPARSE, LQ_ENOTSUP for what is encrypted (stuns,
 * turns). */
int lq__ice_server_parse(const char *uri, size_t len, lq__ice_server *out);

/* A list separated by blanks. The number, or as above; *bad is the place of what is wrong. More than `max` are LQ_EFULL. */
int lq__ice_servers_parse(const char *list, lq__ice_server *out, uint32_t max, const char **bad);

#endif
