/* Views: where the app's frame callbacks meet the graph. A *tap* is a node (render.app, part of the SDK) beside the profile's own renderer: on the
 * decoded picture or sound of a remote track, or on what goes into the encoder of a local one. It gives the first frame's event, figures of
 * the flow and the app's callback. */
#ifndef LQ_SDK_VIEWS_H
#define LQ_SDK_VIEWS_H

#include <loquat/loquat.h>
#include <loquat/plugin/plugin.h>

#include "meters.h"

typedef struct lq__view lq__view;
typedef struct lq__views lq__views;

/* [any media thread] The first frame since the tap was attached. */
typedef void (*lq__first_frame_fn)(void *arg, const char *user, lq_stream stream, lq_track_kind kind, uint32_t width, uint32_t height);

/* `owner` is the engine, for lq__inside_enter. */
int lq__views_create(const void *owner, lq__first_frame_fn first, void *arg, lq__views **out);
void lq__views_destroy(lq__views *views); /* after all taps are gone. NULL is fine */

/* [any] LQ_EFULL; a NULL callback waits until none runs, unless called from inside it. user "" is ourselves. */
int lq__views_set(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind, lq_frame_cb cb, void *data);
void lq__views_clear(lq__views *views); /* [any] takes all callbacks away, as lq__views_set does */

/* [media thread] What a tap is attached to. NULL: no memory. lq__view_unref when the tap goes. */
lq__view *lq__views_ref(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind);
void lq__view_unref(lq__view *view);

/* The tap. */
#define LQ__TAP_ID "render.app"
extern const lq_plugin lq__views_plugin;
int lq__tap_attach(const lq_node_desc *desc, void *self, void *view); /* an lq_node_fn; takes the reference to the lq__view */
int lq__tap_meter(const lq_node_desc *desc, void *self, void *meter); /* the same; takes the reference to the lq__meter */

#endif
