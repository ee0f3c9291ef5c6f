/* Events: small messages beside the media. Downstream to upstream (a key-frame request), node to app (a transport's state),
 * app to node (a target rate). A node gets them through `lq_node_ops.event`, sends them with `lq_host.event` (to the app) or
 * `lq_host.upstream` (to the node that feeds a port). */
#ifndef LOQUAT_PLUGIN_EVENT_H
#define LOQUAT_PLUGIN_EVENT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	/* towards encoders and encoded captures */
	LQ_EVENT_KEY_FRAME = 1,   /* send a key frame soon */
	LQ_EVENT_TARGET_RATE = 2, /* value: bit/s that this stream may take at most; the parameter "bitrate" stays the ceiling */
	LQ_EVENT_LOSS = 3,        /* value: packet loss seen by the far side, in 1/1000 */
	/* towards mixers */
	LQ_EVENT_INPUT_GAIN = 8,  /* value: the factor for what comes in at `port`, in 1/1000; 1000 at first. For pictures 0: not shown */
	LQ_EVENT_INPUT_NAME = 9,  /* text: who comes in at `port`, by which layouts name it: "alice", the screen "alice/sub" */
	LQ_EVENT_INPUT_LABEL = 10,/* text: how that one is called for people */
	/* to the app */
	LQ_EVENT_STATE = 16,       /* transport: value is LQ_STATE_*, text a reason; track unset */
	LQ_EVENT_DESCRIPTION = 17, /* transport: the local description (of `direction`) changed; fetch it with describe. value 1: the codec of
	                              what is sent has changed, so that both descriptions have to be exchanged anew */
	LQ_EVENT_ERROR = 18,       /* value: negative LQ_E*, text says what and what to do */
	LQ_EVENT_EOS = 19,         /* a source has ended */
	LQ_EVENT_FIRST_BUFFER = 20,/* a renderer showed or played its first buffer; value: time */
	LQ_EVENT_DEVICE = 21,      /* the list of devices of this node changed */
	LQ_EVENT_CLOSED = 22,      /* the user closed this node's window */
	LQ_EVENT_LEVEL = 23,       /* audio: value is the level in 1/1000 of full scale */
	LQ_EVENT_DROPPED = 24,     /* a queue dropped: value buffers since the last one */
	LQ_EVENT_WARNING = 25,     /* something went wrong that is being mended, and all goes on; value: negative LQ_E*, text says what */
	LQ_EVENT_DATA = 26         /* application data that came with the media: text; value: the time of what it came with */
};

/* LQ_EVENT_STATE values */
enum { LQ_STATE_NEW = 0, LQ_STATE_CONNECTING = 1, LQ_STATE_CONNECTED = 2, LQ_STATE_DISCONNECTED = 3, LQ_STATE_FAILED = 4, LQ_STATE_CLOSED = 5 };

typedef struct lq_event {
	uint32_t struct_size;
	uint32_t type;
	uint32_t port;      /* of the node that gets or sends it */
	uint32_t direction; /* transport: LQ_SEND or LQ_RECEIVE */
	int64_t value;
	const char *text; /* may be NULL; valid during the call */
} lq_event;

#ifdef __cplusplus
}
#endif
#endif
