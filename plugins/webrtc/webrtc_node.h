/* What a node with WebRTC peer connections is made of: ports and two connections, one a direction. transport.webrtc is one; those of plugins/whip
 * are others. */
#ifndef LQ_PLUGIN_WEBRTC_NODE_H
#define LQ_PLUGIN_WEBRTC_NODE_H

#include <loquat/plugin/plugin.h>

#include "peer.h"

enum { PORT_AUDIO_IN, PORT_VIDEO_IN, PORT_AUDIO_OUT, PORT_VIDEO_OUT, N_TEMPLATES };
#define MAX_CODECS 4
#define MAX_FDS 64

typedef struct lq__port {
	struct lq__port *next;
	uint32_t port, tmpl;
	uint32_t direction, media; /* LQ_SEND for inputs */
	char mid[33 + LQ_SDP_RID_SIZE]; /* "": not bound. One of several encodings: mid/rid */
	int64_t ceiling;           /* inputs: bit/s that its source sends at most, 0 unknown */
	uint32_t codec;            /* inputs: what arrives, once known */
	int added;                 /* to the session */
	const lq_format *formats[MAX_CODECS]; /* outputs: made when the first packet of a codec comes */
	uint64_t dropped;
} lq__port;

typedef struct lq__webrtc lq__webrtc;
struct lq__webrtc {
	const lq_host *host;
	void (*tell)(lq__webrtc *w, const lq_event *e); /* what becomes of its states and descriptions; NULL: they go to the app */
	GMainContext *context;
	lq__peer *peers[2]; /* by LQ_SEND, LQ_RECEIVE */
	lq__port *ports;
	lq_cert *cert;
	char *interface, *local_address, *stun_server;
	lq__ice_server servers[LQ__ICE_SERVERS]; /* for the next connection */
	uint32_t n_servers;
	uint32_t min_delay, max_delay;
	uint32_t session_port[2]; /* for the figures of a connection, by direction */
	char why[200];    /* the last failure */
	int steady;       /* what the other side can take is not told to the encoders */
	int turning;      /* within lq__turn: what a packet sets off downstream may come back as an event */
	uint64_t unbound; /* frames of tracks that no port takes */
	uint32_t n_fds;
	int fds[MAX_FDS];
	short events[MAX_FDS];
};

typedef struct lq__webrtc_options {
	const char *interface, *local_address, *stun_server; /* "": none; copied */
	uint32_t min_delay, max_delay;                       /* ms */
} lq__webrtc_options;

/* node.c. A zeroed *w; finish also after a failure. */
int lq__webrtc_init(lq__webrtc *w, const lq_host *host, const lq__webrtc_options *o);
void lq__webrtc_finish(lq__webrtc *w);
int lq__webrtc_fail(lq__webrtc *w, int code, const char *fmt, ...) LQ_PRINTF(3, 4); /* host->fail; the text is also in w->why */
void lq__webrtc_tell(lq__webrtc *w, const lq_event *e);
int lq__webrtc_event(lq__webrtc *w, const lq_event *e); /* the op */
/* LQ_ESTATE: nobody takes it now. What cannot go otherwise is counted by the session. */
int lq__webrtc_send(lq__webrtc *w, lq__port *p, const lq_buffer *buf);
void lq__webrtc_stats(lq__webrtc *w, lq_stat_fn fn, void *arg);

/* ports.c */
int lq__ports_add(lq__webrtc *w, uint32_t tmpl, uint32_t port);
void lq__ports_remove(lq__webrtc *w, uint32_t port);
void lq__port_unbind(lq__webrtc *w, lq__port *p);
lq__port *lq__port_find(const lq__webrtc *w, uint32_t port);
lq__port *lq__port_by_mid(const lq__webrtc *w, uint32_t direction, const char *mid);
int lq__port_formats(lq__webrtc *w, uint32_t port, uint32_t i, lq_format *out);
void lq__port_frame(lq__webrtc *w, const lq_session_frame *f);
void lq__port_sends(lq__webrtc *w, lq__port *p, uint32_t codec); /* what arrives at an input */
size_t lq__port_mid(const lq__port *p); /* how much of its name is the mid */
int lq__ports_announce(lq__webrtc *w, uint32_t direction); /* the bound ports become the session's tracks */

/* peer.c */
int lq__peer_open(lq__webrtc *w, int direction, int offers);
void lq__peer_close(lq__webrtc *w, int direction);
void lq__peer_state(lq__peer *p, int state, const char *reason);
void lq__turn(lq__webrtc *w, int64_t now); /* works off what is due, and asks to be called again */

/* describe.c */
int lq__describe(lq__webrtc *w, uint32_t direction, char *out, size_t size);
int lq__set_remote(lq__webrtc *w, uint32_t direction, const char *text);

#endif
