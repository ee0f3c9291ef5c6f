/* The header Link (RFC 8288) as WHIP has it: <turn:host?transport=udp>; rel="ice-server"; username="u"; credential="c" (RFC 9725 §4.6). */
#ifndef LQ_PLUGINS_WHIP_LINK_H
#define LQ_PLUGINS_WHIP_LINK_H

#include "plugins/webrtc/ice_server.h"

/* The ICE servers of one header line, which may have several links. Others, and what cannot be read, are passed over. Returns how many. */
uint32_t link_ice_servers(const char *value, size_t len, lq__ice_server *out, uint32_t max);

#endif
