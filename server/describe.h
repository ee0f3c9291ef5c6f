/* What the descriptions of both sides share: our transport, and which header extensions we can do. */
#ifndef LQ_SERVER_DESCRIBE_H
#define LQ_SERVER_DESCRIBE_H

#include <jansson.h>

#include "server/media/media.h"
#include "webrtc/sdp.h"

/* ICE, DTLS and the candidates of this peer. */
void lq__describe_transport(lq_sdp *sdp, const lq__peer *peer, uint64_t session_id, uint64_t version);
/* The description as a JSON string, NULL when there is no memory for it. */
json_t *lq__describe_json(const lq_sdp *sdp);
/* A description from a client: parsed, and checked for what every one needs. LQ_EINVAL; `error` begins with `place`. Free with lq_sdp_free
 * in any case. */
int lq__describe_read(const char *text, const char *place, lq_sdp *out, char *error, size_t error_size);

#endif
