/* One direction's peer connection: ICE below, the WebRTC session above. */
#ifndef LQ_PLUGIN_WEBRTC_PEER_H
#define LQ_PLUGIN_WEBRTC_PEER_H

#include "ice.h"
#include "webrtc/session.h"

typedef struct lq__peer {
	lq__ice *ice;
	lq_session *session;
	void *node;
	int direction;
	int offers; /* else the other side does */
	int state;             /* LQ_STATE_* told last */
	char ufrag[257];       /* of the description that ICE has got */
	uint64_t unsent;       /* datagrams that the socket did not take */
	int wants_description; /* describe has said LQ_EAGAIN */
} lq__peer;

#endif
