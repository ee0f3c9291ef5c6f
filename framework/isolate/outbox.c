#include "isolate/outbox.h"

#include <loquat/plugin/errors.h>
#include <stdatomic.h>

#include "media/format.h"

void lq__outbox_finish(lq__outbox *o)
{
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++)
		lq__segment_unref(o->shown[i]);
	for (uint32_t i = 0; i < LQ__WIRE_FORMATS; i++)
		lq__format_unref(o->told[i]);
	lq__bytes_finish(&o->bytes);
}

int lq__outbox_send(lq__outbox *o, int fd)
{
	if (o->bytes.failed)
		return LQ_EPIPE; /* a message that is not whole cannot be mended */
	int r = o->bytes.n ? lq__wire_send(fd, &o->bytes, o->fds, o->n_fds) : 0;
	if (r || !o->bytes.n)
		return r;
	o->bytes.n = 0;
	o->n_fds = 0;
	return 0;
}

uint32_t lq__outbox_format(lq__outbox *o, const lq_format *fmt)
{
	for (uint32_t i = 0; i < LQ__WIRE_FORMATS; i++)
		if (o->told[i] == fmt)
			return i;
	uint32_t i = o->next_told;
	o->next_told = (i + 1) % LQ__WIRE_FORMATS;
	lq__format_unref(o->told[i]);
	o->told[i] = lq__format_ref(fmt);
	size_t begin = lq__record_begin(&o->bytes, LQ__SAY_FORMAT);
	lq__bytes_u32(&o->bytes, i);
	lq__wire_format(&o->bytes, fmt);
	lq__record_end(&o->bytes, begin);
	return i;
}

void lq__outbox_forget_retired(lq__outbox *o)
{
	for (uint32_t i = 0; i < LQ__WIRE_SEGMENTS; i++) {
		if (!o->shown[i] || !atomic_load(&o->shown[i]->retired))
			continue;
		size_t begin = lq__record_begin(&o->bytes, LQ__SAY_FORGET);
		lq__bytes_u32(&o->bytes, o->shown[i]->id);
		lq__record_end(&o->bytes, begin);
		lq__segment_unref(o->shown[i]);
		o->shown[i] = NULL;
	}
}

int lq__outbox_segment(lq__outbox *o, lq__segment *s)
{
	uint32_t i = 0;
	while (i < LQ__WIRE_SEGMENTS && o->shown[i] != s)
		i++;
	if (i < LQ__WIRE_SEGMENTS)
		return 0;
	lq__outbox_forget_retired(o); /* before a new one takes their place */
	for (i = 0; i < LQ__WIRE_SEGMENTS && o->shown[i]; i++)
		;
	if (i == LQ__WIRE_SEGMENTS)
		return LQ_EFULL;
	if (o->n_fds == LQ__WIRE_FDS)
		return LQ_EAGAIN;
	o->shown[i] = lq__segment_ref(s);
	o->fds[o->n_fds++] = s->fd;
	size_t begin = lq__record_begin(&o->bytes, LQ__SAY_SEGMENT);
	lq__bytes_u32(&o->bytes, s->id);
	lq__bytes_u64(&o->bytes, s->size);
	lq__record_end(&o->bytes, begin);
	return 0;
}

int lq__outbox_locate(const lq_buffer *buf, lq__wire_buffer *w)
{
	const lq__segment *s = ((const lq__block *)buf)->segment;
	for (uint32_t i = 0; s && i < w->n_planes; i++) {
		if (buf->planes[i] < s->base || buf->planes[i] >= s->base + s->size)
			return 0;
		w->offsets[i] = (uint64_t)(buf->planes[i] - s->base);
	}
	return s != NULL;
}

uint32_t lq__outbox_number(lq_buffer *const *places, uint32_t n, uint32_t *last)
{
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t at = (*last + i) % n;
		if (!places[at])
			return *last = at;
	}
	return n;
}
