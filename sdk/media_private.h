/* What the files of a room's media share. [media thread] */
#ifndef LQ_SDK_MEDIA_PRIVATE_H
#define LQ_SDK_MEDIA_PRIVATE_H

#include "choices.h"
#include "media.h"

/* A track that has its group in the graph. */
typedef struct lq__entry {
	struct lq__entry *next;
	lq__media_track track;
	uint32_t port;  /* of the transport */
	int published;  /* of ours: it is bound to a mid; else only seen by us */
	int muted;      /* of ours: by the app */
	unsigned n_layers; /* of our picture: 0: as the profile says */
	lq_video_layer layers[3];
	uint32_t layer_ports[3]; /* of the transport; the first is `port` */
	char voice[LQ__VOICE][12]; /* of our sound: the profile's settings, once it runs; voice.c */
	lq__binding shown; /* what its window was made from; not drawn: it has none */
} lq__entry;

struct lq__media {
	lq__media_config config;
	lq_graph *graph;
	lq_node *net;
	lq__entry *tracks;
	int open[2]; /* by direction */
};

lq__entry *lq__media_find(lq__media *m, const lq__media_track *t);

static inline int lq__is_local(const lq__media_track *t)
{
	return !*t->user;
}

/* ---- media_net.c ---- */
void lq__media_close(lq__media *m, uint32_t direction);
void lq__media_close_node(lq_node *transport, uint32_t direction); /* also of another one than the room's */
int lq__media_bind_port(lq__media *m, uint32_t direction, uint32_t port, const char *name, lq_diag *diag);

/* ---- media_group.c ---- */
/* The link between the transport and a group, of several encodings that of the first; NULL when the profile has no chain for it. */
lq_link *lq__media_net_link(lq__media *m, const char *group, int local);
/* Puts a tap on the output that feeds the link. */
int lq__media_tap(lq__media *m, const lq__media_track *t, const char *group, lq_link *l, lq_diag *diag);
/* The encoder or decoder nearest to the transport, beyond filters of packets; NULL: the track has none. */
lq_node *lq__media_codec(lq__media *m, const char *group, int local);
/* A link whose output carries the track's raw picture or sound: to the encoder, or from the decoder. NULL: it has none. */
lq_link *lq__media_raw(lq__media *m, const lq__media_track *t);
int lq__in_group(const lq_node *node, const char *group);
const char *lq__out_port_name(const lq_link *l);

/* ---- media_layers.c: a picture of ours in several encodings ---- */
int lq__media_layers_build(lq__media *m, lq__entry *e, lq_diag *diag); /* before the group starts */
int lq__media_layers_bind(lq__media *m, lq__entry *e, const char *mid, lq_diag *diag);
void lq__media_layers_mute(lq__media *m, const lq__entry *e, int muted); /* the further ones */
const char *lq__media_layer_rid(const lq__entry *e, unsigned i);
lq_node *lq__media_layer_encoder(lq__media *m, const lq__entry *e, unsigned i);

#endif
