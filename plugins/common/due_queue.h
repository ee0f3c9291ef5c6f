/* Buffers that wait for their time, oldest first, at most LQ_DUE_MAX. Header only, so that a plugin stays one shared object.
 * One thread at a time; the queue owns a reference to each buffer in it. */
#ifndef LQ_PLUGINS_DUE_QUEUE_H
#define LQ_PLUGINS_DUE_QUEUE_H

#include <loquat/plugin/plugin.h>
#include <stddef.h>

#define LQ_DUE_MAX 64
#define LQ_DUE_FAR (2 * LQ_SEC) /* a time further away than this is a broken time stamp: due at once */

typedef struct lq_due_queue {
	lq_buffer *buf[LQ_DUE_MAX];
	uint32_t first, count;
} lq_due_queue;

static inline lq_buffer *lq_due_at(const lq_due_queue *q, uint32_t i)
{
	return i < q->count ? q->buf[(q->first + i) % LQ_DUE_MAX] : NULL;
}

static inline lq_buffer *lq_due_pop(lq_due_queue *q)
{
	lq_buffer *b = lq_due_at(q, 0);
	if (b) {
		q->first = (q->first + 1) % LQ_DUE_MAX;
		q->count--;
	}
	return b;
}

/* Returns the oldest buffer when there was no room: the caller counts and releases it. */
static inline lq_buffer *lq_due_push(lq_due_queue *q, lq_buffer *buf)
{
	lq_buffer *out = q->count == LQ_DUE_MAX ? lq_due_pop(q) : NULL;
	q->buf[(q->first + q->count++) % LQ_DUE_MAX] = buf;
	return out;
}

/* Releases the buffer, which may be NULL. Returns what is lost with it: samples of sound, or 1 picture. */
static inline uint64_t lq_due_release(const lq_host *host, lq_buffer *buf)
{
	uint64_t lost = !buf ? 0 : buf->format->media == LQ_MEDIA_AUDIO ? buf->samples : 1;
	host->buffer_unref(host, buf);
	return lost;
}

/* The same for all of them. */
static inline uint64_t lq_due_clear(lq_due_queue *q, const lq_host *host)
{
	uint64_t lost = 0;
	while (q->count)
		lost += lq_due_release(host, lq_due_pop(q));
	return lost;
}

/* Is a buffer with this presentation time, wanted `lead` ns before it, due? */
static inline int lq_due_is(const lq_buffer *buf, int64_t lead, int64_t now)
{
	return buf->pts == LQ_TIME_NONE || buf->pts - lead <= now || buf->pts - now > LQ_DUE_FAR;
}

#endif
