/* The media of one room: its graph, built from the profile in groups: "shared" once (with the transport as its node "net"), "publish/STREAM/KIND" for
 * each local track, "subscribe/USER/STREAM/KIND" for each remote one. All functions block and are for the engine's one media thread. */
#ifndef LQ_SDK_MEDIA_H
#define LQ_SDK_MEDIA_H

#include <loquat/graph.h>
#include <loquat/loquat.h>
#include <loquat/profile.h>

#include "change.h"
#include "names.h"
#include "views.h"

enum { LQ__ID_MAX = 64, LQ__GROUP_MAX = 192 };

/* A track as the media side knows it; user "" is ourselves. */
typedef struct lq__media_track {
	char user[LQ__USER_MAX + 1], name[LQ__USER_MAX + 1]; /* name: for people; of others */
	lq_stream stream;
	lq_track_kind kind;
	char mid[LQ__ID_MAX];
	char codec[16];
	uint32_t width, height; /* 0 unknown */
	int muted;              /* of others, as it begins */
	int preview;            /* of ours: it begins as one */
	unsigned n_layers;      /* of ours, once it is made: its encodings, 0 or 1: one without a RID */
	struct {
		char rid[4];
		uint32_t width, height;
	} layers[3];
	int code;               /* the result, where a list of these is worked off */
	char error[400];
} lq__media_track;

typedef struct lq__media lq__media;
struct lq__entry;

typedef struct lq__media_config {
	lq_registry *registry;
	const lq_profile *profile;
	lq__views *views;
	struct lq_room *room; /* whose choices count; NULL: the profile's */
	lq_graph_event_fn event_fn; /* [any loop] */
	void *event_arg;
} lq__media_config;

/* Builds and starts "shared". */
int lq__media_create(const lq__media_config *config, lq_diag *diag, lq__media **out);
/* Closes the connections, and removes the remote tracks with them; local ones stay, and are described again. */
void lq__media_anew(lq__media *m);
void lq__media_destroy(lq__media *m); /* NULL is fine */

/* Starts a local track and gives it a place (t->mid, an output) in the next offer. */
int lq__media_publish(lq__media *m, lq__media_track *t, lq_diag *diag);
void lq__media_unpublish(lq__media *m, const lq__media_track *t);                    /* it goes on as a preview */
int lq__media_preview(lq__media *m, const lq__media_track *t, lq_diag *diag); /* starts it, and sends nothing */
int lq__media_subscribe(lq__media *m, const lq__media_track *t, lq_diag *diag);
int lq__media_has(lq__media *m, const lq__media_track *t);
void lq__media_remove(lq__media *m, const lq__media_track *t); /* either kind; one that is not there is fine */
int lq__media_change(lq__media *m, const lq__media_track *t, const lq__change *c, lq_diag *diag);
int lq__media_encode(lq__media *m, const lq__media_track *t, lq_diag *diag); /* as the app wants it now; other than LQ_ENOENT: not while it runs */
/* What runs changes over to this one as far as the app has not set it otherwise, and what comes is made from it. Goes on after a failure; returns the first. */
int lq__media_profile(lq__media *m, const lq_profile *to, lq_diag *diag);
void lq__media_mute(lq__media *m, const lq__media_track *t, int muted); /* of others: a picture is not shown where several are put together */

#define LQ__LAYER_PREFIX "layer" /* of the names of the nodes of a picture's further encodings */

/* ---- media_sinks.c: what a remote track feeds outside of its group: mixers, files ---- */
void lq__media_tell_sinks(lq__media *m, const lq__media_track *t, const lq_event *event); /* the event's port is filled in */
void lq__media_say_name(lq__media *m, const lq__media_track *t);

/* ---- media_view.c ---- */
#define LQ__VIEW_PREFIX "view/"
#define LQ__SNAPSHOT_PREFIX "snapshot/"
/* Makes the track's window follow its binding; a track that is not there is fine. */
int lq__media_view(lq__media *m, const lq__media_track *t, lq_diag *diag);
void lq__media_unview(lq__media *m, struct lq__entry *e);
/* Makes what our camera sends follow the room's mirror mode. */
int lq__media_mirror(lq__media *m, const lq__media_track *t, lq_diag *diag);
int lq__media_mirror_entry(lq__media *m, struct lq__entry *e, lq_diag *diag);
/* Writes the next picture; the node "snapshot/ID/file" then tells LQ_EVENT_FIRST_BUFFER or LQ_EVENT_ERROR. */
int lq__media_snapshot(lq__media *m, const lq__media_track *t, uint32_t id, const char *path, lq_diag *diag);
void lq__media_snapshot_end(lq__media *m, uint32_t id);

/* LQ_SEND: our offer, the server's answer. LQ_RECEIVE: its offer, our answer. describe's text is for free(); LQ_EAGAIN: not yet, an
 * LQ_EVENT_DESCRIPTION follows. */
int lq__media_describe(lq__media *m, uint32_t direction, char **out, lq_diag *diag);
int lq__media_set_remote(lq__media *m, uint32_t direction, const char *sdp, lq_diag *diag);

lq_graph *lq__media_graph(lq__media *m);
lq_registry *lq__media_registry(lq__media *m);

/* The group's name, "subscribe/alice/main/video" or "publish/main/audio". */
void lq__group_name(const lq__media_track *t, char out[LQ__GROUP_MAX]);
/* The track of a node by its name ("subscribe/alice/main/video/vdec"); LQ_ENOENT when it belongs to none. */
int lq__group_parse(const char *node, lq__media_track *out);
/* The track that uses a port of the transport; NULL none. */
const lq__media_track *lq__media_port(lq__media *m, uint32_t direction, uint32_t port);
int lq__media_is_transport(lq__media *m, const char *node);

#endif
