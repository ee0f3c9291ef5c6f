#include "server/media/relay.h"

#include <string.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/plugin/buffer.h>

#include "base/alloc.h"

#define RING_VIDEO 256 /* packets on their way to another worker, a power of two */
#define RING_AUDIO 64

/* ---- the source's side ---- */

static void wake(lq__worker *w)
{
	uint64_t one = 1;
	if (!atomic_exchange(&w->poked, 1) && write(w->wake, &one, sizeof one) < 0)
		lq_log(LQ_LOG_ERROR, "media", "eventfd: %m");
}

/* NULL: the other worker has not kept up, and the packet is lost to it. */
static lq__relay_entry *next_entry(lq__relay *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed), tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	if (head - tail > r->mask) {
		lq__add(&r->from->worker->count.dropped_relay, 1);
		return NULL;
	}
	return &r->ring[head & r->mask];
}

static void commit(lq__relay *r)
{
	atomic_store_explicit(&r->head, atomic_load_explicit(&r->head, memory_order_relaxed) + 1, memory_order_release);
	wake(r->to->worker);
}

void lq__relay_packet(lq__media_track *t, const lq__slot *slot, int key)
{
	LQ__EACH(lq__relay, r, &t->relays, link) {
		lq__relay_entry *e = next_entry(r);
		if (!e)
			continue;
		e->generation = t->generation;
		e->size = atomic_load_explicit(&t->size, memory_order_relaxed);
		e->key = (int8_t)key;
		memcpy(&e->slot, slot, offsetof(lq__slot, payload) + slot->len);
		commit(r);
	}
}

static void report_to(lq__relay *r)
{
	lq__media_track *t = r->from;
	lq__relay_entry *e = t->sr_at == LQ_TIME_NONE ? NULL : next_entry(r);
	if (!e)
		return;
	e->generation = t->generation;
	e->key = -1;
	e->sr = t->sr;
	commit(r);
}

void lq__relay_report(lq__media_track *t)
{
	LQ__EACH(lq__relay, r, &t->relays, link)
		report_to(r);
}

void lq__relay_tick(lq__media_track *t)
{
	LQ__EACH(lq__relay, r, &t->relays, link)
		if (atomic_load_explicit(&r->key_wanted, memory_order_relaxed) && atomic_exchange(&r->key_wanted, 0))
			lq__track_want_key(t);
}

/* ---- the mirror's side ---- */

void lq__relay_want_key(lq__relay *r)
{
	atomic_store(&r->key_wanted, 1);
}

static void take(lq__relay *r, const lq__relay_entry *e)
{
	if (e->generation != r->generation)
		lq__track_begin_anew(r->to, 0);
	r->generation = e->generation;
	if (e->key < 0)
		lq__track_report(r->to, &e->sr);
	else
		lq__track_mirrored(r->to, &e->slot, e->key, e->size);
}

static void drain(lq__relay *r)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed), head = atomic_load_explicit(&r->head, memory_order_acquire);
	for (; tail != head; tail++) {
		take(r, &r->ring[tail & r->mask]);
		atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	}
}

void lq__relay_take(lq__worker *w)
{
	if (!atomic_exchange(&w->poked, 0)) /* before looking: what comes later wakes us again */
		return;
	LQ__EACH(lq__media_track, t, &w->mirrors, link)
		drain(t->relay);
}

/* ---- the control thread ---- */

/* Both workers have to let go of it before it is freed. */
typedef struct mirror {
	lq__letter attach, detach, open, close;
	lq__media_track *source, *main;
	int ends; /* that are still held; [control] */
} mirror;

static void run_attach(lq__worker *w, lq__letter *l)
{
	mirror *m = LQ__ENTRY(l, mirror, attach);
	for (uint32_t i = 0; i < m->main->n_layers; i++) {
		lq__relay *r = m->main->layers[i]->relay;
		lq__list_append(&r->from->relays, &r->link);
		report_to(r);
	}
}

static void run_detach(lq__worker *w, lq__letter *l)
{
	mirror *m = LQ__ENTRY(l, mirror, detach);
	for (uint32_t i = 0; i < m->main->n_layers; i++)
		lq__list_remove(&m->main->layers[i]->relay->link);
}

static void run_open(lq__worker *w, lq__letter *l)
{
	mirror *m = LQ__ENTRY(l, mirror, open);
	for (uint32_t i = 0; i < m->main->n_layers; i++)
		lq__list_append(&w->mirrors, &m->main->layers[i]->link);
	atomic_store(&w->poked, 1); /* something may have come already */
}

static void run_close(lq__worker *w, lq__letter *l)
{
	mirror *m = LQ__ENTRY(l, mirror, close);
	for (uint32_t i = 0; i < m->main->n_layers; i++)
		lq__list_remove(&m->main->layers[i]->link);
}

static void destroy(lq__media_track *main)
{
	for (uint32_t i = 0; i < main->n_layers; i++) {
		lq__relay *r = main->layers[i]->relay;
		if (r)
			lq__free(r->ring);
		lq__free(r);
	}
	lq__track_destroy(main);
}

static void release(mirror *m)
{
	if (--m->ends)
		return;
	destroy(m->main);
	lq__free(m);
}

static void done_detach(lq__letter *l)
{
	release(LQ__ENTRY(l, mirror, detach));
}

static void done_close(lq__letter *l)
{
	release(LQ__ENTRY(l, mirror, close));
}

static lq__relay *relay_create(lq__media_track *from, lq__media_track *to)
{
	lq__relay *r = lq__calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->mask = (from->config.media == LQ_MEDIA_VIDEO ? RING_VIDEO : RING_AUDIO) - 1;
	r->ring = lq__calloc(r->mask + 1, sizeof *r->ring);
	if (!r->ring) {
		lq__free(r);
		return NULL;
	}
	r->from = from;
	r->to = to;
	r->generation = UINT32_MAX;
	lq__list_init(&r->link);
	return r;
}

/* A mirror asks nobody for what is missing, and has no packets that it could tell apart by their headers. */
static lq__media_track *make_layers(lq__worker *w, const lq__media_track *source)
{
	lq__media_track *main = NULL;
	for (uint32_t i = 0; i < source->n_layers; i++) {
		const lq__track_config *theirs = &source->layers[i]->config;
		lq__track_config config = {.media = theirs->media, .codec = theirs->codec, .clock_rate = theirs->clock_rate, .pli = 1};
		lq__media_track *t = lq__track_make(w, NULL, main, &config, i, source->n_layers);
		if (t)
			main = main ? main : t;
		if (!t || !(t->relay = relay_create(source->layers[i], t)))
			return main;
	}
	return main;
}

static int is_whole(const lq__media_track *main, uint32_t n)
{
	return main && main->n_layers == n && main->layers[n - 1]->relay;
}

lq__media_track *lq__media_track_lend(lq__media_track *source, uint32_t worker)
{
	lq__worker *w = lq__media_worker(source->worker->media, worker);
	if (w == source->worker)
		return source;
	mirror *m = lq__calloc(1, sizeof *m);
	lq__media_track *main = m ? make_layers(w, source) : NULL;
	if (!is_whole(main, source->n_layers)) {
		if (main)
			destroy(main);
		lq__free(m);
		return NULL;
	}
	*m = (mirror){.source = source, .main = main, .ends = 2};
	main->mirror = m;
	lq__media_post(w, &m->open, run_open, NULL);
	lq__media_post(source->worker, &m->attach, run_attach, NULL);
	return main;
}

void lq__media_track_return(lq__media_track *lent)
{
	mirror *m = lent->mirror;
	if (!m) /* it is the source itself */
		return;
	lq__media_post(m->source->worker, &m->detach, run_detach, done_detach);
	lq__media_post(lent->worker, &m->close, run_close, done_close);
}
