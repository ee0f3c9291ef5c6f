/* ICE for one peer connection: libnice's agent on a GMainContext that the node's loop turns. No thread but the loop's touches it. */
#ifndef LQ_PLUGIN_WEBRTC_ICE_H
#define LQ_PLUGIN_WEBRTC_ICE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "ice_server.h"

typedef struct lq__ice lq__ice;

typedef struct lq__ice_config {
	GMainContext *context;
	int controlling;
	const char *interface, *local_address, *stun_server; /* "": none */
	const lq__ice_server *servers; /* besides; of STUN servers the first is used. TURN servers by address: libnice has gathered before it knows a name */
	uint32_t n_servers;
	void *arg;
	void (*gathered)(void *arg);
	void (*connected)(void *arg);
	void (*failed)(void *arg);
	void (*datagram)(void *arg, const uint8_t *data, size_t len); /* not STUN */
} lq__ice_config;

/* Begins to gather candidates. `error` says why not. */
lq__ice *lq__ice_create(const lq__ice_config *config, char *error, size_t error_size);
void lq__ice_destroy(lq__ice *ice);
int lq__ice_is_gathered(const lq__ice *ice);
void lq__ice_stop_gathering(lq__ice *ice); /* what there is has to do */

#define LQ__ICE_CANDIDATES 24
typedef struct lq__ice_description {
	char ufrag[257], pwd[257];
	uint32_t n;
	char candidates[LQ__ICE_CANDIDATES][200]; /* "candidate:…" */
} lq__ice_description;
int lq__ice_describe(lq__ice *ice, lq__ice_description *out);

/* candidates: n lines of `stride` bytes. `lite`: the other side does no checks, so we control. Returns how many candidates are of use, or
 * LQ_EPARSE. */
int lq__ice_set_remote(lq__ice *ice, const char *ufrag, const char *pwd, int lite, const char *candidates, size_t stride, uint32_t n);

/* 0, or LQ_EAGAIN when the socket takes no more. */
int lq__ice_send(lq__ice *ice, const uint8_t *data, size_t len);

#endif
