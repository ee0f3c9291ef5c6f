#include "views.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "names.h"
#include "views_private.h"

enum { VIEWS_MAX = 4096 };

/* Who gets frames, and is inside of its function at this moment. */
typedef struct receiver {
	lq_frame_cb cb;
	void *data;
	unsigned running;
	pthread_t runner; /* of the latest */
} receiver;
enum { RAW, BOUND, RECEIVERS }; /* lq_view_frames, lq_view_bind */

struct lq__views {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	lq__view *first;
	unsigned n;
	lq_mirror mirror;
	const void *owner;
	lq__first_frame_fn first_fn;
	void *arg;
};

struct lq__view {
	lq__view *next;
	lq__views *views;
	char user[LQ__USER_MAX + 1];
	lq_stream stream;
	lq_track_kind kind;
	unsigned taps;
	receiver receivers[RECEIVERS];
	lq__binding binding; /* without `flip`, which is worked out */
	lq_switch mirror;
	int rendered;
	uint32_t width, height; /* of the last frame */
	uint8_t *flipped;       /* the tap's: a mirrored picture */
	size_t flipped_size;
};

int lq__views_create(const void *owner, lq__first_frame_fn first, void *arg, lq__views **out)
{
	lq__views *v = calloc(1, sizeof *v);
	if (!v)
		return LQ_ENOMEM;
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->idle, NULL);
	v->owner = owner;
	v->first_fn = first;
	v->arg = arg;
	*out = v;
	return 0;
}

static void drop(lq__views *views, lq__view *view)
{
	for (lq__view **p = &views->first; *p; p = &(*p)->next)
		if (*p == view) {
			*p = view->next;
			views->n--;
			free(view->flipped);
			free(view);
			return;
		}
}

void lq__views_destroy(lq__views *views)
{
	if (!views)
		return;
	while (views->first)
		drop(views, views->first);
	pthread_cond_destroy(&views->idle);
	pthread_mutex_destroy(&views->lock);
	free(views);
}

/* With the lock held. */
static lq__view *find(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind, int make)
{
	lq__view *v;
	for (v = views->first; v; v = v->next)
		if (v->stream == stream && v->kind == kind && !strcmp(v->user, user))
			return v;
	if (!make || views->n >= VIEWS_MAX || !(v = calloc(1, sizeof *v)))
		return NULL;
	snprintf(v->user, sizeof v->user, "%s", user);
	v->views = views;
	v->stream = stream;
	v->kind = kind;
	v->next = views->first;
	views->first = v;
	views->n++;
	return v;
}

static int is_unused(const lq__view *v)
{
	int used = v->taps || v->binding.bound;
	for (int i = 0; i < RECEIVERS; i++)
		used |= v->receivers[i].cb || v->receivers[i].running;
	return !used;
}

/* Whether a callback runs that is not the one we are inside of. */
static int busy(lq__views *views, const receiver *r)
{
	return r->running && !(lq__inside_of(views->owner) == LQ__INSIDE_FRAME && pthread_equal(r->runner, pthread_self()));
}

/* With the lock held, which is let go while callbacks are waited for. */
static void set_receiver(lq__views *views, lq__view *v, int which, lq_frame_cb cb, void *data)
{
	receiver *r = &v->receivers[which];
	int changed = r->cb != cb || r->data != data;
	r->cb = cb;
	r->data = data;
	v->taps++; /* keeps it while we wait */
	while (changed && busy(views, r))
		pthread_cond_wait(&views->idle, &views->lock);
	v->taps--;
	if (is_unused(v))
		drop(views, v);
}

int lq__views_set(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind, lq_frame_cb cb, void *data)
{
	int r = 0;
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, kind, cb != NULL);
	if (v)
		set_receiver(views, v, RAW, cb, data);
	else if (cb)
		r = LQ_EFULL;
	pthread_mutex_unlock(&views->lock);
	return r;
}

void lq__views_clear(lq__views *views)
{
	pthread_mutex_lock(&views->lock);
	for (lq__view *v = views->first; v; v = v->next)
		for (int i = 0; i < RECEIVERS; i++)
			v->receivers[i].cb = NULL;
	/* The list may change while we wait: begin anew. */
	for (lq__view *v = views->first; v; )
		if (busy(views, &v->receivers[RAW]) || busy(views, &v->receivers[BOUND])) {
			pthread_cond_wait(&views->idle, &views->lock);
			v = views->first;
		} else {
			v = v->next;
		}
	pthread_mutex_unlock(&views->lock);
}

/* ---- bindings ---- */

int lq__views_bind(lq__views *views, const char *user, lq_stream stream, const lq_view_params *p)
{
	int r = 0;
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, LQ_VIDEO, p != NULL);
	if (!v) {
		r = p ? LQ_EFULL : 0;
	} else if (!p) {
		v->binding = (lq__binding){0};
		set_receiver(views, v, BOUND, NULL, NULL);
	} else {
		v->binding = (lq__binding){.bound = 1, .hidden = p->hidden != 0, .drawn = p->window || !p->on_frame, .window = p->window, .scale = p->scale};
		snprintf(v->binding.title, sizeof v->binding.title, "%.127s", p->title ? p->title : "");
		v->mirror = p->mirror;
		set_receiver(views, v, BOUND, p->on_frame, p->user_data);
	}
	pthread_mutex_unlock(&views->lock);
	return r;
}

/* With the lock held. Our own cameras may come mirrored already. */
static int is_flipped(const lq__views *views, const lq__view *v)
{
	int camera = !*v->user && v->stream != LQ_STREAM_SUB;
	int already = camera && views->mirror == LQ_MIRROR_RENDER_AND_ENCODE;
	int wanted = v->mirror == LQ_ON || (v->mirror == LQ_DEFAULT && camera && views->mirror != LQ_MIRROR_NONE);
	return wanted != already;
}

void lq__views_binding(lq__views *views, const char *user, lq_stream stream, lq__binding *out)
{
	pthread_mutex_lock(&views->lock);
	const lq__view *v = find(views, user, stream, LQ_VIDEO, 0);
	*out = v ? v->binding : (lq__binding){0};
	out->flip = v && is_flipped(views, v);
	pthread_mutex_unlock(&views->lock);
}

int lq__views_is_visible(lq__views *views, const char *user, lq_stream stream)
{
	lq__binding b;
	lq__views_binding(views, user, stream, &b);
	return b.bound && !b.hidden;
}

void lq__views_hide(lq__views *views, const char *user, lq_stream stream)
{
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, LQ_VIDEO, 0);
	if (v)
		v->binding.hidden = 1;
	pthread_mutex_unlock(&views->lock);
}

int lq__views_rendered(lq__views *views, const char *user, lq_stream stream, uint32_t *width, uint32_t *height)
{
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, LQ_VIDEO, 0);
	int first = v && !v->rendered;
	if (first) {
		v->rendered = 1;
		*width = v->width;
		*height = v->height;
	}
	pthread_mutex_unlock(&views->lock);
	return first;
}

void lq__views_size(lq__views *views, const char *user, lq_stream stream, uint32_t *width, uint32_t *height)
{
	pthread_mutex_lock(&views->lock);
	const lq__view *v = find(views, user, stream, LQ_VIDEO, 0);
	*width = v ? v->width : 0;
	*height = v ? v->height : 0;
	pthread_mutex_unlock(&views->lock);
}

void lq__views_set_mirror(lq__views *views, lq_mirror mirror)
{
	pthread_mutex_lock(&views->lock);
	views->mirror = mirror;
	pthread_mutex_unlock(&views->lock);
}

lq_mirror lq__views_mirror(lq__views *views)
{
	pthread_mutex_lock(&views->lock);
	lq_mirror mirror = views->mirror;
	pthread_mutex_unlock(&views->lock);
	return mirror;
}

/* ---- taps ---- */

lq__view *lq__views_ref(lq__views *views, const char *user, lq_stream stream, lq_track_kind kind)
{
	pthread_mutex_lock(&views->lock);
	lq__view *v = find(views, user, stream, kind, 1);
	if (v) {
		v->taps++;
		v->rendered = 0;
	}
	pthread_mutex_unlock(&views->lock);
	return v;
}

void lq__view_unref(lq__view *v)
{
	lq__views *views = v->views;
	pthread_mutex_lock(&views->lock);
	v->taps--;
	if (is_unused(v))
		drop(views, v);
	pthread_mutex_unlock(&views->lock);
}

void lq__view_first(lq__view *v, uint32_t width, uint32_t height)
{
	pthread_mutex_lock(&v->views->lock);
	v->width = width;
	v->height = height;
	pthread_mutex_unlock(&v->views->lock);
	v->views->first_fn(v->views->arg, v->user, v->stream, v->kind, width, height);
}

void lq__flip_plane(const uint8_t *from, uint32_t from_stride, uint8_t *to, uint32_t to_stride, uint32_t width, uint32_t height, uint32_t step)
{
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *in = from + (size_t)y * from_stride;
		uint8_t *out = to + (size_t)y * to_stride;
		if (step == 1)
			for (uint32_t x = 0; x < width; x++)
				out[x] = in[width - 1 - x];
		else
			for (uint32_t x = 0; x < width; x++)
				memcpy(out + (size_t)x * step, in + (size_t)(width - 1 - x) * step, step);
	}
}

/* The same picture with left and right swapped, in memory of the view's. */
static int flip(lq__view *v, const lq_frame *in, lq_frame *out)
{
	uint32_t w = in->width, h = in->height, cw = (w + 1) / 2, ch = (h + 1) / 2;
	size_t size = (size_t)w * h + 2 * (size_t)cw * ch;
	if (size > v->flipped_size) {
		uint8_t *more = realloc(v->flipped, size);
		if (!more)
			return LQ_ENOMEM;
		v->flipped = more;
		v->flipped_size = size;
	}
	uint8_t *at = v->flipped;
	*out = *in;
	for (int i = 0; i < 3; i++) {
		uint32_t pw = i ? cw : w, ph = i ? ch : h;
		lq__flip_plane(in->planes[i], in->strides[i], at, pw, pw, ph, 1);
		out->planes[i] = at;
		out->strides[i] = pw;
		at += (size_t)pw * ph;
	}
	return 0;
}

static void give(lq__view *v, int which, lq_frame *frame)
{
	lq__views *views = v->views;
	receiver *r = &v->receivers[which];
	lq_frame turned;
	pthread_mutex_lock(&views->lock);
	v->width = frame->width;
	v->height = frame->height;
	lq_frame_cb cb = which == BOUND && v->binding.hidden ? NULL : r->cb;
	void *data = r->data;
	int flipped = cb && which == BOUND && is_flipped(views, v);
	if (cb) {
		r->running++;
		r->runner = pthread_self();
	}
	pthread_mutex_unlock(&views->lock);
	if (!cb)
		return;
	if (flipped && !flip(v, frame, &turned))
		frame = &turned;
	lq__inside before = lq__inside_enter(views->owner, LQ__INSIDE_FRAME);
	cb(frame, data);
	lq__inside_leave(before);
	pthread_mutex_lock(&views->lock);
	r->running--;
	pthread_cond_broadcast(&views->idle);
	pthread_mutex_unlock(&views->lock);
}

void lq__view_frame(lq__view *v, lq_frame *frame)
{
	frame->size = sizeof *frame;
	frame->kind = v->kind;
	frame->user = v->user;
	frame->stream = v->stream;
	give(v, RAW, frame);
	if (v->kind == LQ_VIDEO)
		give(v, BOUND, frame);
}
