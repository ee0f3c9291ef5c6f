/* Events: numbered for each device, and kept until they have surely come, so that a device that lost its socket misses none. */
#include <string.h>

#include "base/alloc.h"
#include "server/calls/private.h"

static lq__kept *kept(lq__device *d, uint64_t seq)
{
	return &d->kept[seq % LQ_KEPT_EVENTS];
}

static void drop_oldest(lq__device *d)
{
	lq__kept *k = kept(d, d->seq - d->n_kept + 1);
	d->kept_bytes -= k->bytes;
	json_decref(k->event);
	k->event = NULL;
	d->n_kept--;
}

/* Makes room before the event gets its number. */
static void keep(lq__device *d, json_t *event)
{
	size_t bytes = json_dumpb(event, NULL, 0, JSON_COMPACT);
	while (d->n_kept && (d->n_kept == LQ_KEPT_EVENTS || d->kept_bytes + bytes > LQ_KEPT_BYTES))
		drop_oldest(d);
	d->seq++;
	*kept(d, d->seq) = (lq__kept){json_incref(event), bytes};
	d->n_kept++;
	d->kept_bytes += bytes;
}

void lq__device_event(lq__device *d, json_t *event)
{
	lq__calls *c = d->account->calls;
	if (!event || json_object_set_new(event, "seq", json_integer((json_int_t)d->seq + 1))) {
		c->figures.lost_events++;
		json_decref(event);
		return;
	}
	keep(d, event);
	if (d->conn && d->entered)
		c->host.send(d->conn, event);
	json_decref(event);
}

void lq__account_event(lq__account *a, const lq__device *except, json_t *event)
{
	LQ__EACH(lq__device, d, &a->devices, link)
		if (d != except)
			lq__device_event(d, json_copy(event));
	json_decref(event);
}

void lq__call_event(lq__call *call, const lq__seat *except, json_t *event)
{
	LQ__EACH(lq__seat, s, &call->seats, link)
		if (s != except && s->state == LQ_SEAT_IN)
			lq__device_event(s->device, json_copy(event));
	json_decref(event);
}

json_t *lq__call_message(const lq__call *call, const char *type)
{
	return json_pack("{s:s, s:s, s:I}", "type", type, "call", call->id, "elapsed_ms", (json_int_t)((call->calls->now - call->created) / 1000000));
}

int lq__device_can_resume(const lq__device *d, const char *session, uint64_t seq)
{
	return *session && !strcmp(d->session, session) && seq <= d->seq && d->seq - seq <= d->n_kept;
}

void lq__device_resend(lq__device *d)
{
	for (uint64_t s = d->resume_from + 1; s <= d->seq; s++)
		d->account->calls->host.send(d->conn, kept(d, s)->event);
}

void lq__device_forget(lq__device *d, uint64_t seq)
{
	while (d->n_kept && d->seq - d->n_kept + 1 <= seq)
		drop_oldest(d);
}
