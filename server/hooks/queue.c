#include "server/hooks/queue.h"

#include <stdio.h>
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

void lq__hooks_init(lq__hook_queue *q)
{
	*q = (lq__hook_queue){0};
	lq__list_init(&q->rooms);
}

static void hook_free(lq__hook_queue *q, lq__hook *h)
{
	q->n--;
	q->bytes -= h->len;
	lq__list_remove(&h->link);
	lq__free(h->body);
	lq__free(h);
}

static void room_free(lq__hook_room *r)
{
	lq__list_remove(&r->link);
	lq__free(r);
}

void lq__hooks_finish(lq__hook_queue *q)
{
	LQ__EACH(lq__hook_room, r, &q->rooms, link) {
		LQ__EACH(lq__hook, h, &r->hooks, link)
			hook_free(q, h);
		room_free(r);
	}
}

static lq__hook_room *room_of(lq__hook_queue *q, const char *name)
{
	LQ__EACH(lq__hook_room, r, &q->rooms, link)
		if (!strcmp(r->name, name))
			return r;
	lq__hook_room *r = lq__calloc(1, sizeof *r);
	if (!r)
		return NULL;
	snprintf(r->name, sizeof r->name, "%s", name);
	lq__list_init(&r->hooks);
	lq__list_append(&q->rooms, &r->link);
	return r;
}

static int drop(lq__hook_queue *q, char *body, int code)
{
	lq__free(body);
	q->dropped++;
	return code;
}

int lq__hooks_put(lq__hook_queue *q, const char *room, char *body, int64_t now)
{
	size_t len = body ? strlen(body) : 0;
	if (!body || q->n >= LQ_HOOKS_MAX || q->bytes + len > LQ_HOOKS_BYTES)
		return drop(q, body, body ? LQ_EFULL : LQ_ENOMEM);
	lq__hook *h = lq__calloc(1, sizeof *h);
	lq__hook_room *r = h ? room_of(q, room) : NULL;
	if (!r) {
		lq__free(h);
		return drop(q, body, LQ_ENOMEM);
	}
	*h = (lq__hook){.body = body, .len = len, .since = now};
	lq__list_append(&r->hooks, &h->link);
	q->n++;
	q->bytes += len;
	return 0;
}

lq__hook_room *lq__hooks_next(lq__hook_queue *q, int64_t now, int64_t *due)
{
	*due = INT64_MAX;
	if (q->n_sending >= LQ_HOOKS_SENDING)
		return NULL;
	LQ__EACH(lq__hook_room, r, &q->rooms, link) {
		if (r->sending)
			continue;
		if (r->due <= now) {
			r->sending = 1;
			q->n_sending++;
			return r;
		}
		*due = r->due < *due ? r->due : *due;
	}
	return NULL;
}

const lq__hook *lq__hooks_first(const lq__hook_room *r)
{
	return LQ__ENTRY(r->hooks.next, lq__hook, link);
}

int lq__hooks_done(lq__hook_queue *q, lq__hook_room *r, int ok, int64_t now)
{
	lq__hook *h = LQ__ENTRY(r->hooks.next, lq__hook, link);
	int too_old = !ok && now - h->since >= LQ_HOOKS_AGE_MAX;
	int64_t wait = r->tries < 16 ? LQ_HOOKS_BACK_OFF << r->tries : LQ_HOOKS_BACK_OFF_MAX;
	r->sending = 0;
	q->n_sending--;
	if (!ok && !too_old) {
		r->tries++;
		q->retries++;
		r->due = now + (wait < LQ_HOOKS_BACK_OFF_MAX ? wait : LQ_HOOKS_BACK_OFF_MAX);
		return 0;
	}
	q->sent += ok != 0;
	q->dropped += too_old;
	r->tries = ok ? 0 : r->tries; /* who did not answer to this one will not answer to the next one sooner */
	r->due = ok ? 0 : now + LQ_HOOKS_BACK_OFF_MAX;
	hook_free(q, h);
	if (lq__list_empty(&r->hooks))
		room_free(r);
	return too_old;
}
