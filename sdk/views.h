/* Views: where the app's frame callbacks meet the graph, and what the app bound its views to. A *tap* is a node (render.app, part of the SDK) beside the
 * profile's own renderer: on the decoded picture or sound of a remote track, or on what goes into the encoder of a local one. It gives the first
 * frame's event, figures of the flow and the app's callbacks. Windows are nodes of their own (media_view.c). */
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

/* What a picture is bound to, as it stands. */
typedef struct lq__binding {
	int bound, hidden;
	int drawn;       /* in a window, not only handed to the app */
	uint64_t window; /* the app's; 0: one of our own */
	lq_scale scale;
	int flip;        /* what comes to the tap is to be mirrored */
	char title[128];
} lq__binding;

/* [any] The app's binding of a picture; NULL takes it away. Waits for callbacks as lq__views_set does. */
int lq__views_bind(lq__views *views, const char *user, lq_stream stream, const lq_view_params *params);
void lq__views_binding(lq__views *views, const char *user, lq_stream stream, lq__binding *out);
int lq__views_is_visible(lq__views *views, const char *user, lq_stream stream); /* bound and not hidden */
void lq__views_hide(lq__views *views, const char *user, lq_stream stream);      /* its window is gone */
/* 1 once after each time that a tap was attached: the size of the picture that a window shows. */
int lq__views_rendered(lq__views *views, const char *user, lq_stream stream, uint32_t *width, uint32_t *height);
void lq__views_size(lq__views *views, const char *user, lq_stream stream, uint32_t *width, uint32_t *height); /* of the last picture */
void lq__views_set_mirror(lq__views *views, lq_mirror mirror);
lq_mirror lq__views_mirror(lq__views *views);

/* [media thread] What a tap is attached to. NULL: no memory. lq__view_unref when the tap goes. */
lq__view *lq__views_ref(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind);
void lq__view_unref(lq__view *view);

/* The tap. */
#define LQ__TAP_ID "render.app"
#define LQ__MIRROR_ID "filter.mirror"
extern const lq_plugin lq__views_plugin;
extern const lq_node_desc lq__mirror_desc;
int lq__tap_attach(const lq_node_desc *desc, void *self, void *view); /* an lq_node_fn; takes the reference to the lq__view */
int lq__tap_size(const lq_node_desc *desc, void *self, void *track); /* the same; fills in the lq__media_track's size */
int lq__tap_meter(const lq_node_desc *desc, void *self, void *meter); /* the same; takes the reference to the lq__meter */

/* Writes an I420 picture, or a plane of `step` bytes a pixel, with left and right swapped. */
void lq__flip_plane(const uint8_t *from, uint32_t from_stride, uint8_t *to, uint32_t to_stride, uint32_t width, uint32_t height, uint32_t step);

#endif
