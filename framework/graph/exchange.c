/* Carrying an edit out. The new part is negotiated and started beside the old one. Where the old part is fed from outside, its sources change over from the old links
 * to the new ones between two buffers (the *cut*), so that the old part gets all that came before and the new part all that comes after. The
 * old part is drained and flushed. What the new part gives is held back meanwhile; at last each input on the far side takes the new link. */
#include "graph/edit.h"

#include <time.h>

#define PATIENCE (2 * LQ_SEC)

/* ---- what other threads tell ---- */

void lq__edit_poke(lq_edit *edit)
{
	pthread_mutex_lock(&edit->lock);
	edit->pokes++;
	pthread_cond_broadcast(&edit->told);
	pthread_mutex_unlock(&edit->lock);
}

/* [loop of node] How an op of a new node went. */
void lq__edit_result(lq_edit *edit, lq_node *node, int code)
{
	if (code >= 0)
		atomic_store(&node->tried, 1);
	pthread_mutex_lock(&edit->lock);
	if (code < 0 && code != LQ_EAGAIN && !edit->failed) {
		edit->failed = node;
		edit->code = code;
		snprintf(edit->text, sizeof edit->text, "%s", node->fail_text[0] ? node->fail_text : lq_error_text(code));
	}
	edit->pokes++;
	pthread_cond_broadcast(&edit->told);
	pthread_mutex_unlock(&edit->lock);
}

static int has_failed(lq_edit *e)
{
	pthread_mutex_lock(&e->lock);
	int failed = e->failed != NULL;
	pthread_mutex_unlock(&e->lock);
	return failed;
}

static uint64_t pokes(lq_edit *e)
{
	pthread_mutex_lock(&e->lock);
	uint64_t n = e->pokes;
	pthread_mutex_unlock(&e->lock);
	return n;
}

/* 0 when the time has come before something new was told. */
static int wait_for_poke(lq_edit *e, uint64_t seen, int64_t end)
{
	struct timespec ts = {.tv_sec = (time_t)(end / LQ_SEC), .tv_nsec = (long)(end % LQ_SEC)};
	int r = 0;
	pthread_mutex_lock(&e->lock);
	while (e->pokes == seen && !r)
		r = pthread_cond_clockwait(&e->told, &e->lock, CLOCK_MONOTONIC, &ts);
	pthread_mutex_unlock(&e->lock);
	return !r;
}

/* Until `done` is true or `time` has come; without threads the graph is run on. Returns whether it is. */
int lq__edit_await(lq_edit *e, int (*done)(lq_edit *e), int64_t time)
{
	int threads = e->graph->config.threads;
	for (;;) {
		uint64_t seen = pokes(e);
		if ((!threads && lq__graph_settle(e->graph)) || done(e))
			return done(e);
		if (threads ? !wait_for_poke(e, seen, time) : !lq__graph_advance(e->graph, time))
			return done(e);
	}
}

static int64_t now(const lq_edit *e)
{
	return lq_clock_now(e->graph->clock);
}

/* ---- beside the old part ---- */

static int mark_fresh(lq_edit *e)
{
	int n = 0;
	for (lq_node *i = e->graph->nodes; i; i = i->next)
		i->order = 0;
	for (lq_node *i = lq__edit_nodes(e); i; i = i->next, n++)
		i->order = -1;
	lq__sort_nodes(e->graph);
	return n;
}

static int negotiate(lq_edit *e)
{
	int r = 0;
	mark_fresh(e);
	r = lq__check_inputs(e->graph, e->diag);
	for (lq_link *l = lq__edit_links(e); l && !r; l = l->next)
		if (!lq__edit_has(e, l->from) && !l->negotiated)
			r = lq__negotiate_port(l->from, l->out, l->succeeds->from->group, e->diag);
	for (int i = 1; !r && lq__node_at(e->graph, i); i++)
		r = lq__negotiate_node(lq__node_at(e->graph, i), lq__node_at(e->graph, i)->group, e->diag);
	return r;
}

/* Whether media begins in this part itself. */
static int has_capture(const lq_edit *e, const lq_node *n, int (*mine)(const lq_edit *e, const lq_node *n), int depth)
{
	if (n->desc->kind == LQ_KIND_CAPTURE)
		return 1;
	for (const lq_link *l = e->graph->links; l && depth < 32; l = l->next)
		if (l->to == n && mine(e, l->from) && has_capture(e, l->from, mine, depth + 1))
			return 1;
	return 0;
}

static int is_captured(const lq_edit *e, const lq_link *l)
{
	return lq__edit_has(e, l->from) && has_capture(e, l->from, lq__edit_has, 0);
}

int lq__link_is_coded_video(const lq_link *l)
{
	return l->format && l->format->media == LQ_MEDIA_VIDEO && l->format->codec != LQ_CODEC_RAW;
}

static int start(lq_edit *e)
{
	int r = lq__prepare_links(e->graph, e->diag), n = mark_fresh(e);
	for (lq_link *l = lq__edit_links(e); l && !r; l = l->next)
		if (l->instead)
			r = lq__queue_hold(l, e, lq__link_is_coded_video(l) && is_captured(e, l));
	for (lq_node *i = lq__edit_nodes(e); i; i = i->next)
		atomic_store(&i->trial, e);
	for (; n > 0 && !r; n--)
		r = lq__start_in_place(e->graph, lq__node_at(e->graph, n), e->diag);
	return r;
}

static int captures_give(lq_edit *e)
{
	uint32_t flags;
	for (lq_link *l = lq__edit_links(e); l; l = l->next)
		if (l->instead && is_captured(e, l) && !lq__queue_held(l, &flags))
			return has_failed(e);
	return 1;
}

/* What the new part has been fed. */
static uint64_t inputs(const lq_edit *e)
{
	uint64_t n = 0;
	for (const lq_link *l = lq__edit_links(e); l; l = l->next)
		if (!lq__edit_has(e, l->from))
			n += atomic_load(&l->passed);
	return n;
}

static int say_failed(lq_edit *e)
{
	char lost[60] = "";
	uint64_t n = inputs(e);
	if (n)
		snprintf(lost, sizeof lost, " (%llu buffer%s lost)", (unsigned long long)n, n == 1 ? " was" : "s were");
	pthread_mutex_lock(&e->lock);
	lq_node *node = e->failed;
	int code = e->code;
	pthread_mutex_unlock(&e->lock);
	return lq_diag_add(e->diag, code, node->name, "%s failed: %s; what was there goes on%s", node->desc->id, e->text, lost);
}

static int await_captures(lq_edit *e)
{
	uint32_t flags;
	int in_time = lq__edit_await(e, captures_give, now(e) + e->patience);
	if (has_failed(e))
		return say_failed(e);
	for (lq_link *l = lq__edit_links(e); l; l = l->next) {
		if (!l->instead || !is_captured(e, l))
			continue;
		int n = lq__queue_held(l, &flags);
		if (!n && !in_time)
			return lq_diag_add(e->diag, LQ_ETIMEDOUT, l->from->name, "%s gave nothing within %lld ms; what was there goes on", l->from->desc->id,
			                   (long long)(e->patience / LQ_MSEC));
		if (n && flags & LQ_BUFFER_EOS)
			return lq_diag_add(e->diag, LQ_END, l->from->name, "%s ended before it gave anything; what was there goes on", l->from->desc->id);
	}
	return 0;
}

/* ---- the old part ---- */

static int is_gone(const lq_edit *e, const lq_node *n)
{
	for (size_t i = 0; i < e->n_gone; i++)
		if (e->gone[i]->is_tail && e->gone[i]->from == n)
			return 1; /* a converter */
	return lq__edit_change(e, n) != NULL;
}

static int drain_on_loop(lq_node *node, void *arg)
{
	lq__drain_inputs(node);
	if (node->desc->kind == LQ_KIND_RENDERER || atomic_load(&node->state) != NODE_RUNNING)
		return 0;
	lq__node_enter(node);
	lq__node_flush(node);
	lq__node_leave(node);
	return 0;
}

static void unhook_outputs(const lq_edit *e, const lq_node *n)
{
	for (size_t i = 0; i < e->n_gone; i++)
		if (e->gone[i]->from == n)
			lq__link_unhook(e->gone[i]);
}

/* From source to sink, what begins in the old part itself (`captured`) or what does not. */
static void drain(lq_edit *e, int captured)
{
	for (lq_node *n = e->graph->nodes; n; n = n->next)
		n->order = is_gone(e, n) ? -1 : 0;
	lq__sort_nodes(e->graph);
	for (int i = 1; lq__node_at(e->graph, i); i++) {
		lq_node *n = lq__node_at(e->graph, i);
		if (has_capture(e, n, is_gone, 0) != captured)
			continue;
		if (n->desc->kind == LQ_KIND_CAPTURE)
			unhook_outputs(e, n);
		else
			lq__node_call(n, drain_on_loop, NULL);
	}
}

/* ---- the new part's first steps ---- */


static int is_proved(lq_edit *e)
{
	uint32_t flags;
	if (has_failed(e))
		return 1;
	for (lq_link *l = lq__edit_links(e); l; l = l->next) {
		if (lq__edit_has(e, l->to) && !atomic_load(&l->to->tried))
			return 0;
		if (l->instead && !lq__queue_held(l, &flags))
			return 0;
	}
	return 1;
}

static int is_alive(lq_edit *e)
{
	return inputs(e) || is_proved(e);
}

/* A new node that fails at once has not taken over yet. One that gives nothing, without an error, may have its reasons. */
static int prove(lq_edit *e)
{
	int64_t begin = now(e);
	if (lq__edit_await(e, is_alive, begin + (LQ__EDIT_IDLE < e->patience ? LQ__EDIT_IDLE : e->patience)))
		lq__edit_await(e, is_proved, begin + e->patience);
	return has_failed(e) ? say_failed(e) : 0;
}

/* ---- the far side ---- */

typedef struct handing {
	lq_link *link;
	int overlaps; /* the new part began while the old one still gave */
} handing;

static int take_over(lq_node *node, void *arg)
{
	const handing *h = arg;
	lq_link *l = h->link, *old = l->instead;
	lq_buffer *buf;
	while ((buf = lq__queue_pop(old)))
		lq__link_deliver(old, buf);
	pthread_mutex_lock(&node->lock);
	l->in->link = l;
	pthread_mutex_unlock(&node->lock);
	lq__format_unref(l->format);
	l->format = old->format;
	old->format = NULL;
	l->last_pts = old->last_pts;
	atomic_fetch_add(&l->passed, atomic_load(&old->passed));
	atomic_fetch_add(&l->dropped, atomic_load(&old->dropped));
	atomic_fetch_add(&l->format_changes, atomic_load(&old->format_changes));
	l->instead = NULL;
	uint32_t held = lq__queue_release(l, h->overlaps ? old->last_pts : LQ_TIME_NONE);
	for (uint32_t n = l->is_direct ? UINT32_MAX : held; n && (buf = lq__queue_pop(l)); n--)
		lq__link_deliver(l, buf);
	if (l->is_direct)
		lq__queue_finish(l);
	return 0;
}

static void hand_over(lq_edit *e)
{
	for (size_t i = 0; i < e->n_gone; i++)
		lq__link_unhook(e->gone[i]);
	for (lq_link *l = lq__edit_links(e); l; l = l->next) {
		handing h = {l, l->instead && (is_captured(e, l) || !lq__link_is_coded_video(l))};
		if (l->instead)
			lq__node_call(l->to, take_over, &h);
	}
}

/* ---- the end ---- */

static int end_trial(lq_node *node, void *arg)
{
	atomic_store(&node->trial, NULL);
	return 0;
}

/* What the network allows now: the new encoder is not to begin with more. */
static void pass_rate(const lq__change *c)
{
	lq_event event = {.struct_size = sizeof event, .type = LQ_EVENT_TARGET_RATE, .value = c->old->target_rate};
	if (c->fresh && event.value)
		lq__loop_post_event(c->fresh->loop, c->fresh, &event);
}

static void drop_old(lq_edit *e)
{
	lq_node *converters[EDIT_LINKS];
	size_t n = 0;
	for (size_t i = 0; i < e->n_gone; i++)
		if (e->gone[i]->is_tail)
			converters[n++] = e->gone[i]->from;
	for (lq_link *l = lq__edit_links(e); l; l = l->next)
		l->succeeds = NULL;
	for (size_t i = 0; i < e->n_gone; i++)
		lq__link_destroy(e->gone[i]);
	while (n)
		lq__graph_drop_node(converters[--n]);
	for (size_t i = 0; i < e->n_changes; i++) {
		if (!e->changes[i].old)
			continue;
		pass_rate(&e->changes[i]);
		lq__graph_drop_node(e->changes[i].old);
	}
}

static int change_over(lq_edit *e)
{
	int r = lq__cuts_find(e);
	if (!r)
		r = lq__cuts_make(e);
	if (r)
		return r;
	drain(e, 0);
	if (e->cuts.n && (r = prove(e))) {
		lq__cuts_undo(e);
		return r;
	}
	drain(e, 1);
	hand_over(e);
	return 0;
}

static int prepare(lq_edit *e)
{
	int r = lq__edit_plan(e);
	if (!r)
		r = negotiate(e);
	return r ? r : start(e);
}

/* ---- a device that only one can have ---- */

static int has_device(const lq_node *n)
{
	return n && (n->desc->kind == LQ_KIND_CAPTURE || n->desc->kind == LQ_KIND_RENDERER);
}

/* Old nodes that may hold what the new ones want. */
static int stop_rivals(lq_edit *e)
{
	int any = 0;
	for (size_t i = 0; i < e->n_changes; i++) {
		lq__change *c = &e->changes[i];
		if (!c->fresh || !has_device(c->old) || atomic_load(&c->old->state) != NODE_RUNNING)
			continue;
		lq__stop(c->old);
		c->stopped = any = 1;
	}
	return any;
}

static void start_rivals(lq_edit *e)
{
	for (size_t i = 0; i < e->n_changes; i++) {
		lq_node *old = e->changes[i].old;
		int r = e->changes[i].stopped ? lq__restart(old) : 0;
		if (r)
			lq_diag_add(e->diag, r, old->name, "%s did not start again: %s", old->desc->id, lq__call_reason(old, r));
	}
}

/* Tries beside the old part; where that is refused since a device is in use, once more after the old one has let it go. */
static int prepare_or_swap_devices(lq_edit *e)
{
	lq_diag *whole = e->diag;
	e->diag = lq_diag_create();
	int r = e->diag ? prepare(e) : lq_diag_add(whole, LQ_ENOMEM, NULL, "%s", lq_error_text(LQ_ENOMEM));
	if (r == LQ_EBUSY && stop_rivals(e)) {
		lq__edit_unplan(e);
		lq_diag_clear(e->diag);
		r = prepare(e);
	}
	for (size_t i = 0; i < lq_diag_count(e->diag); i++)
		lq_diag_add(whole, lq_diag_code(e->diag, i), NULL, "%s", lq_diag_text(e->diag, i));
	lq_diag_destroy(e->diag);
	e->diag = whole;
	return r;
}

int lq_edit_commit(lq_edit *e, int64_t patience, lq_diag *diag)
{
	if (lq__loop_is_any())
		return LQ_EREENTRANT;
	if (!e || e->over)
		return LQ_ESTATE;
	e->diag = diag;
	e->patience = patience > 0 ? patience : PATIENCE;
	int r = prepare_or_swap_devices(e);
	if (!r)
		r = await_captures(e);
	if (!r)
		r = change_over(e);
	for (lq_node *n = lq__edit_nodes(e); n; n = n->next)
		lq__node_call(n, end_trial, NULL);
	if (r) {
		lq__edit_take_back(e);
		start_rivals(e);
	} else {
		drop_old(e);
	}
	e->over = 1;
	return r;
}
