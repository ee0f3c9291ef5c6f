/* Which of a track's layers a subscriber gets: the one that it wishes for where that is sent, and the change from one to another. */
#include <loquat/plugin/buffer.h>

#include "server/media/track.h"

#define FRAME_END INT64_C(100000000) /* ns that the end of the old layer's frame is waited for */

static int is_alive(const lq__media_track *t)
{
	return t->last_at != LQ_TIME_NONE && t->worker->now - t->last_at < LQ_LAYER_SILENCE;
}

/* The best that is not above the wish; else the lowest that is. NULL: nothing is sent. */
static lq__media_track *nearest(const lq__media_track *main, uint32_t wish)
{
	lq__media_track *above = NULL;
	for (uint32_t i = 0; i < main->n_layers; i++) {
		lq__media_track *t = main->layers[i];
		if (!(main->alive & 1u << i))
			continue;
		if (t->level >= wish)
			return t;
		above = t;
	}
	return above;
}

/* What would be sent if all were. */
static lq__media_track *named(const lq__media_track *main, uint32_t wish)
{
	for (uint32_t i = 0; i < main->n_layers; i++)
		if (main->layers[i]->level >= wish)
			return main->layers[i];
	return main->layers[main->n_layers - 1];
}

static void move(lq__forward *f, lq__media_track *t)
{
	lq__list_remove(&f->link);
	lq__list_append(&t->forwards, &f->link);
	f->track = t;
}

void lq__layers_leave(lq__forward *f)
{
	lq__list_remove(&f->coming);
	f->next = NULL;
	f->next_from = -1;
}

void lq__layers_aim(lq__forward *f)
{
	lq__media_track *main = f->main, *t = main->n_layers > 1 ? nearest(main, f->wish) : main;
	if (!t)
		t = f->waiting_for_key ? named(main, f->wish) : f->track; /* it may be muted: what came last will come again */
	if (f->next == t)
		return;
	lq__layers_leave(f);
	if (t == f->track)
		return;
	if (f->waiting_for_key) {
		move(f, t); /* it gets nothing yet that it would miss */
	} else {
		f->next = t;
		lq__list_append(&t->comers, &f->coming);
	}
	lq__track_want_key(t);
}

/* ---- the change ---- */

static void change(lq__forward *f, const lq__slot *slot)
{
	lq__media_track *t = f->next;
	lq__layers_leave(f);
	lq__forward_join(f, t, slot);
	move(f, t);
	f->waiting_for_key = 1; /* here it is */
	lq__forward_packet(f, slot, 1);
	lq__add(&f->layer_switches, 1);
	lq__add(&t->worker->count.layer_switches, 1);
}

/* From a key frame that came before, and is still there; else from the next one. */
static void change_late(lq__forward *f)
{
	const lq__slot *slot = &f->next->ring[f->next_from & f->next->mask];
	int64_t from = f->next_from;
	f->next_from = -1;
	if (slot->seq == from && lq__peer_ready(f->peer))
		change(f, slot);
}

void lq__layers_frame_end(lq__forward *f)
{
	if (f->next_from >= 0)
		change_late(f);
}

/* Half a frame is of no use, so its end is waited for. It may be lost. */
void lq__layers_key(lq__media_track *t, const lq__slot *slot)
{
	int64_t now = t->worker->now;
	LQ__EACH(lq__forward, f, &t->comers, coming) {
		if (!lq__peer_ready(f->peer))
			continue;
		if (!f->started || f->last_marker) {
			change(f, slot);
		} else if (f->next_from < 0) {
			f->next_from = slot->seq;
			f->next_at = now + FRAME_END;
		}
	}
}

static void check_comers(lq__media_track *t)
{
	int64_t now = t->worker->now;
	LQ__EACH(lq__forward, f, &t->comers, coming)
		if (f->next_from >= 0 && now >= f->next_at)
			change_late(f);
}

void lq__layers_tick(lq__media_track *main)
{
	uint32_t alive = 0;
	for (uint32_t i = 0; i < main->n_layers; i++) {
		alive |= (uint32_t)is_alive(main->layers[i]) << i;
		check_comers(main->layers[i]);
	}
	if (alive == main->alive)
		return;
	main->alive = alive;
	for (uint32_t i = 0; i < main->n_layers; i++)
		LQ__EACH(lq__forward, f, &main->layers[i]->forwards, link)
			lq__layers_aim(f);
}

void lq__layers_told(lq__forward *f)
{
	lq__worker *w = f->peer->worker;
	if (f->waiting_for_key || f->next || (!f->started && f->track->config.media == LQ_MEDIA_VIDEO))
		return; /* it is not settled yet */
	f->wished = 0;
	atomic_store(&f->layer, (int)f->track->level);
	if (atomic_exchange(&f->told, 1))
		return;
	lq__mailbox_put(&w->outbox, &f->notice);
	if (w->wake_control)
		w->wake_control(w->wake_arg);
}
