#include "pacer.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#define WINDOW (5 * LQ_MSEC)
#define BURST 10

int lq__pacer_room(const lq__pacer *p, uint32_t n)
{
	return n <= LQ__PACER_MEDIA - p->n_media;
}

int lq__pacer_push(lq__pacer *p, lq__paced packet)
{
	if (packet.repair) {
		if (p->n_repair == LQ__PACER_REPAIR)
			return LQ_EFULL;
		p->repair[(p->repair_head + p->n_repair++) % LQ__PACER_REPAIR] = packet;
		return 0;
	}
	if (p->n_media == LQ__PACER_MEDIA)
		return LQ_EFULL;
	p->media[(p->media_head + p->n_media++) % LQ__PACER_MEDIA] = packet;
	return 0;
}

int lq__pacer_pop(lq__pacer *p, int64_t now, lq__paced *out)
{
	if (!p->n_media && !p->n_repair)
		return 0;
	if (now >= p->window + WINDOW) {
		p->window = now;
		p->in_window = 0;
	}
	if (p->in_window == BURST)
		return 0;
	p->in_window++;
	if (p->n_repair) {
		*out = p->repair[p->repair_head];
		p->repair_head = (p->repair_head + 1) % LQ__PACER_REPAIR;
		p->n_repair--;
	} else {
		*out = p->media[p->media_head];
		p->media_head = (p->media_head + 1) % LQ__PACER_MEDIA;
		p->n_media--;
	}
	return 1;
}

int64_t lq__pacer_next(const lq__pacer *p)
{
	return p->n_media || p->n_repair ? p->window + WINDOW : LQ_TIME_NONE;
}
