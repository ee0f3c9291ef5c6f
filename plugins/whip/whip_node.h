/* transport.whip and transport.whep: a WebRTC connection whose descriptions go by HTTP (RFC 9725, draft-ietf-wish-whep).
 *
 * whip.c has the descriptors and ops; flow.c makes, watches, renews and ends the sessions at the server. All on the node's loop, which never waits:
 * requests go by the courier's thread. */
#ifndef LQ_PLUGINS_WHIP_NODE_H
#define LQ_PLUGINS_WHIP_NODE_H

#include "courier.h"
#include "plugins/webrtc/webrtc_node.h"

enum { WHERE_TEXT = 160, WHY_TEXT = 400 };

typedef struct whip_kind {
	const char *name; /* "WHIP" */
	uint32_t direction;
} whip_kind;

extern const whip_kind whip_publish, whip_play;

typedef struct whip_options {
	char *url, *token, *ca_file;
	int tls_verify;
	int64_t timeout, retry, give_up; /* ns */
	uint32_t codec;                  /* WHEP: the picture's, NONE: what is linked takes */
} whip_options;

/* Where a session stands. */
enum {
	PHASE_IDLE,    /* not started, ended, or given up */
	PHASE_LOOK_UP, /* for the addresses of ice_servers */
	PHASE_GATHER,  /* for candidates */
	PHASE_ASK,     /* the offer is on its way */
	PHASE_COUNTER, /* WHEP: the server has offered; candidates are gathered for the answer to it */
	PHASE_ANSWER,  /* which is on its way */
	PHASE_CONNECT, /* ICE and DTLS */
	PHASE_OPEN,
	PHASE_WAIT     /* before it is tried again; without a limit: for a track */
};

typedef struct whip {
	lq__webrtc w; /* first: the ops of plugins/webrtc work with it */
	const whip_kind *kind;
	whip_options opt;
	char where[WHERE_TEXT]; /* the URL without what may be secret */
	courier *courier;
	int phase, state, looked_up;
	int64_t until;    /* the phase's time limit */
	int64_t back_off; /* how long to wait next time */
	int64_t lost_at;  /* since when there is no connection, LQ_TIME_NONE: there is one, or it is the first try */
	int64_t opened_at;
	int64_t renew_at; /* a track has come or gone: a new session then; LQ_TIME_NONE */
	char *session_url, session_etag[HTTP_ETAG]; /* at the server; NULL none */
	/* what the connection has said, for the next step */
	int peer_state, codec_changed;
	char peer_reason[120];
	/* sending */
	int need_key;
	int64_t last_pts; /* of the picture */
	uint64_t gap;     /* packets lost since the connection was */
	uint64_t packets, bytes, dropped, groups, disordered;
	uint64_t connects, failures;
} whip;

/* "https://host:port": paths of WHIP endpoints are often secrets. */
void whip_where(const char *url, char out[WHERE_TEXT]);

/* flow.c */
int whip_start(whip *p);
void whip_stop(whip *p); /* waits a second at most until the server knows */
void whip_step(whip *p); /* after each turn of the connection */
void whip_tracks_changed(whip *p);
void whip_note(lq__webrtc *w, const lq_event *e);

#endif
