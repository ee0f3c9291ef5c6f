/* The bounded queue of a link between two loops: a ring made once, under the consumer's loop->lock. Producers drop, the consumer never
 * waits. What is dropped is released outside of the lock. */
#include "graph/graph.h"

#define REPORT_EVERY LQ_SEC
#define HELD_PLACES 16 /* at least, while an edit holds a queue back */

int lq__queue_open(lq_link *link, uint32_t policy, uint32_t buffers, uint32_t ms)
{
	lq__queue *q = &link->queue;
	uint32_t limit = buffers ? buffers : policy == LQ_QUEUE_LATEST ? 1 : DEFAULT_BUFFERS;
	if (limit > MAX_BUFFERS)
		limit = MAX_BUFFERS;
	q->ring = lq__calloc(limit + 1, sizeof(*q->ring)); /* the end of a stream has a place of its own */
	if (!q->ring || pthread_cond_init(&q->room, NULL)) {
		lq__free(q->ring);
		q->ring = NULL;
		return LQ_ENOMEM;
	}
	q->policy = policy;
	q->limit = limit;
	q->size = limit + 1;
	q->first = q->n = 0;
	q->closed = q->skip_to_key = 0;
	q->max_time = ms * LQ_MSEC;
	q->last_report = LQ_TIME_NONE;
	return 0;
}

void lq_link_set_time_limit(lq_link *link, uint32_t ms)
{
	link->queue_config.ms = ms;
	if (!link->queue.ring)
		return;
	lq__loop_lock(link->to->loop);
	link->queue.max_time = ms * LQ_MSEC;
	pthread_mutex_unlock(&link->to->loop->lock);
}

const char *lq__queue_policy_name(uint32_t policy)
{
	static const char *const names[] = {"none", "block", "drop-oldest", "latest", "drop-to-keyframe"};
	return policy < sizeof names / sizeof *names ? names[policy] : "?";
}

static lq_buffer *take(lq__queue *q)
{
	lq_buffer *buf = q->ring[q->first];
	q->first = (q->first + 1) % q->size;
	q->n--;
	return buf;
}

static int is_full(const lq__queue *q, const lq_buffer *buf)
{
	if (q->n >= q->limit)
		return 1;
	if (!q->max_time || !q->n || buf->pts == LQ_TIME_NONE)
		return 0;
	const lq_buffer *oldest = q->ring[q->first];
	return oldest->pts != LQ_TIME_NONE && buf->pts - oldest->pts > q->max_time;
}

/* Drops the oldest one with the lock given up: releasing may run foreign code. */
static void drop_oldest(lq_link *link)
{
	lq_buffer *old = take(&link->queue);
	atomic_fetch_add(&link->dropped, 1);
	pthread_mutex_unlock(&link->to->loop->lock);
	lq__buffer_unref(old);
	lq__loop_lock(link->to->loop);
}

static void drop_all(lq_link *link)
{
	while (link->queue.n && !link->queue.closed)
		drop_oldest(link);
}

/* Waits for room; 0 when the queue was closed meanwhile. Without threads the consumer is served here and now. */
static int wait_for_room(lq_link *link, const lq_buffer *buf)
{
	lq__queue *q = &link->queue;
	lq__loop *l = link->to->loop;
	while (is_full(q, buf) && !q->closed) {
		if (l->has_thread && !lq__loop_is_current(l)) {
			q->waiting++;
			pthread_cond_wait(&q->room, &l->lock);
			q->waiting--;
			continue;
		}
		lq_buffer *old = take(q);
		pthread_mutex_unlock(&l->lock);
		const lq__loop *before = lq__loop_become(l);
		lq__link_deliver(link, old);
		lq__loop_become(before);
		lq__loop_lock(l);
	}
	return !q->closed;
}

/* Whether this buffer goes in. What is queued can still be decoded, so the new ones are dropped until decoding can start again. */
static int keyframe_room(lq_link *link, const lq_buffer *buf, int *ask)
{
	lq__queue *q = &link->queue;
	if (buf->flags & LQ_BUFFER_KEY) {
		if (is_full(q, buf))
			drop_all(link);
		q->skip_to_key = 0;
		return !q->closed;
	}
	if (q->skip_to_key)
		return 0;
	if (!is_full(q, buf))
		return 1;
	if (buf->priority) { /* others depend on it */
		q->skip_to_key = 1;
		*ask = 1;
	}
	return 0;
}

/* Another ring, at least as large; it may be that there is no memory for it. */
static int grow(lq__queue *q, uint32_t size)
{
	lq_buffer **ring = size > q->size ? lq__calloc(size, sizeof *ring) : NULL;
	if (!ring)
		return size <= q->size;
	for (uint32_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->first + i) % q->size];
	lq__free(q->ring);
	q->ring = ring;
	q->first = 0;
	q->size = size;
	return 1;
}

static int is_coded_video(const lq_buffer *buf)
{
	return buf->format->media == LQ_MEDIA_VIDEO && buf->format->codec != LQ_CODEC_RAW;
}

/* While held, nothing waits and as little as possible goes. */
static int held_room(lq_link *link, const lq_buffer *buf, int *ask)
{
	lq__queue *q = &link->queue;
	if (q->skip_to_key && !(buf->flags & (LQ_BUFFER_KEY | LQ_BUFFER_EOS)))
		return 0;
	q->skip_to_key = 0;
	if (q->n < q->size || (q->policy == LQ_QUEUE_BLOCK && q->size < MAX_BUFFERS && grow(q, 2 * q->size)))
		return 1;
	if (!is_coded_video(buf)) {
		drop_oldest(link);
	} else if (buf->flags & LQ_BUFFER_KEY) {
		drop_all(link);
	} else {
		q->skip_to_key = *ask = 1;
		return 0;
	}
	return !q->closed;
}

static int make_room(lq_link *link, const lq_buffer *buf, int *ask)
{
	lq__queue *q = &link->queue;
	if (q->held)
		return held_room(link, buf, ask);
	if (buf->flags & LQ_BUFFER_EOS)
		return q->n < q->size;
	switch (q->policy) {
	case LQ_QUEUE_BLOCK:
		return wait_for_room(link, buf);
	case LQ_QUEUE_DROP_TO_KEYFRAME:
		return keyframe_room(link, buf, ask);
	case LQ_QUEUE_LATEST:
		if (is_full(q, buf))
			drop_all(link);
		return !q->closed;
	default:
		while (is_full(q, buf) && !q->closed)
			drop_oldest(link);
		return !q->closed;
	}
}

/* Lets the consumer's loop know. */
static void line_up(lq_link *link)
{
	lq__queue *q = &link->queue;
	lq__loop *l = link->to->loop;
	if (q->ready || q->held)
		return;
	q->ready = 1;
	q->next_ready = NULL;
	*l->ready_end = link;
	l->ready_end = &q->next_ready;
}

static void put(lq_link *link, lq_buffer *buf)
{
	lq__queue *q = &link->queue;
	q->ring[(q->first + q->n++) % q->size] = buf;
	if (q->n > atomic_load_explicit(&link->max_depth, memory_order_relaxed))
		atomic_store(&link->max_depth, q->n);
	line_up(link);
	if (q->held)
		lq__edit_poke(link->edit);
}

/* [loop of from] A muted link has dropped a buffer. An edit that waits for the first one is told: muted is not silent. */
void lq__queue_muted(lq_link *link)
{
	lq__loop_lock(link->to->loop);
	if (link->queue.held) {
		link->queue.came_muted = 1;
		lq__edit_poke(link->edit);
	}
	pthread_mutex_unlock(&link->to->loop->lock);
}

/* Drops since the last report when it is time to tell, else 0. Under lock. */
static uint64_t to_report(lq_link *link)
{
	lq__queue *q = &link->queue;
	uint64_t dropped = atomic_load(&link->dropped), n = dropped - q->reported;
	int64_t now = n ? lq_clock_now(link->graph->clock) : 0;
	if (!n || (q->last_report != LQ_TIME_NONE && now - q->last_report < REPORT_EVERY))
		return 0;
	q->reported = dropped;
	q->last_report = now;
	return n;
}

static void tell(lq_link *link, uint64_t dropped, int ask)
{
	lq_graph *g = link->graph;
	if (dropped && g->config.event_fn) {
		lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_DROPPED, .port = link->to_port, .value = (int64_t)dropped};
		g->config.event_fn(g->config.event_arg, link->to, &e);
	}
	if (ask) {
		lq_event e = {.struct_size = sizeof e, .type = LQ_EVENT_KEY_FRAME, .port = link->from_port};
		lq__loop_post_event(link->from->loop, link->from, &e);
	}
}

/* [loop of from, or any for OWN_THREAD] Consumes the reference. */
int lq__queue_push(lq_link *link, lq_buffer *buf)
{
	lq__loop *l = link->to->loop;
	int ask = 0, r = 0;
	lq__loop_lock(l);
	int taken = !link->queue.closed && make_room(link, buf, &ask);
	if (taken) {
		put(link, buf);
	} else {
		r = link->queue.closed ? LQ_EPIPE : 0;
		atomic_fetch_add(&link->dropped, 1);
	}
	uint64_t dropped = to_report(link);
	lq__loop_notify_unlock(l);
	if (!taken)
		lq__buffer_unref(buf);
	tell(link, dropped, ask);
	return r;
}

/* How many may leave at once. What has left can be dropped no more, so a queue that drops gives few. */
static uint32_t share(const lq__queue *q)
{
	uint32_t most = q->policy == LQ_QUEUE_BLOCK ? LQ__QUEUE_BATCH : q->limit / 16;
	return most < 1 ? 1 : most > LQ__QUEUE_BATCH ? LQ__QUEUE_BATCH : most;
}

/* [loop] The turn of the queue that has waited longest: takes its next buffers, up to LQ__QUEUE_BATCH. One that still holds something lines up again
 * behind the others. NULL: no queue holds anything. */
lq_link *lq__queue_turn(lq__loop *l, lq_buffer **out, uint32_t *n)
{
	*n = 0;
	lq__loop_lock(l);
	lq_link *link = l->ready;
	if (link) {
		lq__queue *q = &link->queue;
		l->ready = q->next_ready;
		if (!l->ready)
			l->ready_end = &l->ready;
		q->ready = 0;
		for (uint32_t most = share(q); q->n && *n < most; ++*n)
			out[*n] = take(q);
		if (q->waiting)
			pthread_cond_broadcast(&q->room);
		if (q->n)
			line_up(link);
	}
	pthread_mutex_unlock(&l->lock);
	return link;
}

/* [loop of to] The next buffer of a queue out of its turn, or NULL. */
lq_buffer *lq__queue_pop(lq_link *link)
{
	lq__queue *q = &link->queue;
	lq__loop *l = link->to->loop;
	lq__loop_lock(l);
	lq_buffer *buf = q->n ? take(q) : NULL;
	if (buf && q->waiting)
		pthread_cond_broadcast(&q->room);
	pthread_mutex_unlock(&l->lock);
	return buf;
}

/* [control] Before anything flows: keeps what comes, with `to_key` from the first key frame on, and tells the edit. */
int lq__queue_hold(lq_link *link, lq_edit *edit, int to_key)
{
	lq__loop_lock(link->to->loop);
	int ok = grow(&link->queue, HELD_PLACES);
	link->queue.held = ok;
	link->queue.skip_to_key = to_key;
	link->queue.came_muted = 0;
	link->edit = edit;
	pthread_mutex_unlock(&link->to->loop->lock);
	return ok ? 0 : LQ_ENOMEM;
}

/* [control] How many buffers are held (1 when it is muted, and something came), and the flags of the first one. */
int lq__queue_held(lq_link *link, uint32_t *first_flags)
{
	const lq__queue *q = &link->queue;
	lq__loop_lock(link->to->loop);
	int n = q->n ? (int)q->n : q->came_muted;
	*first_flags = q->n ? q->ring[q->first]->flags : 0;
	pthread_mutex_unlock(&link->to->loop->lock);
	return n;
}

/* Not after `after` (LQ_TIME_NONE: that is no matter), or in the middle of coded video. */
static int is_too_early(const lq_link *link, const lq_buffer *buf, int64_t after)
{
	if (buf->flags & LQ_BUFFER_EOS)
		return 0;
	if (after != LQ_TIME_NONE && buf->pts != LQ_TIME_NONE && buf->pts <= after)
		return 1;
	return link->queue.skip_to_key && !(buf->flags & LQ_BUFFER_KEY);
}

/* [loop of to] Ends holding, and returns how many buffers there are. What is not later than what went in before is dropped, and coded video then begins with the next key frame. */
uint32_t lq__queue_release(lq_link *link, int64_t after)
{
	lq__queue *q = &link->queue;
	lq__loop_lock(link->to->loop);
	while (q->n && is_too_early(link, q->ring[q->first], after)) {
		q->skip_to_key = is_coded_video(q->ring[q->first]);
		drop_oldest(link);
	}
	int ask = !q->n && q->skip_to_key;
	q->skip_to_key = ask;
	q->held = 0;
	link->edit = NULL;
	uint32_t n = q->n;
	if (n)
		line_up(link);
	pthread_mutex_unlock(&link->to->loop->lock);
	tell(link, 0, ask);
	return n;
}

/* [any] Takes nothing more and lets go of blocked producers. */
void lq__queue_close(lq_link *link)
{
	lq__loop *l = link->to->loop;
	lq__loop_lock(l);
	link->queue.closed = 1;
	if (link->queue.ring)
		pthread_cond_broadcast(&link->queue.room);
	pthread_mutex_unlock(&l->lock);
}

/* [loop of to] After the last push: drops what is left. */
void lq__queue_finish(lq_link *link)
{
	lq__queue *q = &link->queue;
	lq__loop *l = link->to->loop;
	if (!q->ring)
		return;
	lq__loop_lock(l);
	for (lq_link **p = &l->ready; *p; p = &(*p)->queue.next_ready)
		if (*p == link) {
			*p = q->next_ready;
			break;
		}
	l->ready_end = &l->ready;
	while (*l->ready_end)
		l->ready_end = &(*l->ready_end)->queue.next_ready;
	q->ready = 0;
	while (q->n)
		drop_oldest(link);
	pthread_mutex_unlock(&l->lock);
	pthread_cond_destroy(&q->room);
	lq__free(q->ring);
	q->ring = NULL;
}
