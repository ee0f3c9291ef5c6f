#include "nack.h"

#include <string.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#define REORDER_WAIT (10 * LQ_MSEC) /* a packet that is only late within this time is not asked for … */
#define REORDER_PACKETS 2           /* … unless so many later ones are there */
#define FIRST_RTT (40 * LQ_MSEC)
#define REPEAT_EXTRA (10 * LQ_MSEC)
#define MAX_TRIES 100

/* Index of the first entry that is not below seq. */
static uint32_t lower(const lq__nack *n, int64_t seq)
{
	uint32_t a = 0, b = n->n;
	while (a < b) {
		uint32_t m = (a + b) / 2;
		if (n->list[m].seq < seq)
			a = m + 1;
		else
			b = m;
	}
	return a;
}

static void found(lq__nack *n, int64_t seq, int64_t now)
{
	uint32_t i = lower(n, seq);
	if (i == n->n || n->list[i].seq != seq)
		return;
	const lq__missing *m = &n->list[i];
	if (m->tries == 1) { /* with more tries nobody knows which one was answered */
		int64_t sample = now - m->asked;
		n->rtt = n->rtt ? n->rtt + (sample - n->rtt) / 8 : sample;
	}
	memmove(&n->list[i], &n->list[i + 1], (n->n - i - 1) * sizeof *n->list);
	n->n--;
}

int lq__nack_received(lq__nack *n, int64_t seq, int64_t now)
{
	if (!n->started) {
		n->started = 1;
		n->highest = seq;
		return 0;
	}
	if (seq <= n->highest) {
		found(n, seq, now);
		return 0;
	}
	int64_t gap = seq - n->highest - 1;
	if (gap + n->n > LQ__NACK_MAX) {
		n->n = 0;
		n->highest = seq;
		return LQ_EFULL;
	}
	while (++n->highest < seq)
		n->list[n->n++] = (lq__missing){.seq = n->highest, .found = now, .asked = LQ_TIME_NONE};
	return 0;
}

static int64_t due(const lq__nack *n, const lq__missing *m)
{
	if (m->tries)
		return m->asked + (n->rtt ? n->rtt : FIRST_RTT) + REPEAT_EXTRA;
	return n->highest >= m->seq + REORDER_PACKETS ? m->found : m->found + REORDER_WAIT;
}

uint32_t lq__nack_ask(lq__nack *n, int64_t now, uint16_t *out, uint32_t max)
{
	uint32_t k = 0;
	for (uint32_t i = 0; i < n->n && k < max; i++) {
		lq__missing *m = &n->list[i];
		if (m->tries >= MAX_TRIES || due(n, m) > now)
			continue;
		m->asked = now;
		m->tries++;
		out[k++] = (uint16_t)m->seq;
	}
	return k;
}

int64_t lq__nack_next(const lq__nack *n)
{
	int64_t next = LQ_TIME_NONE;
	for (uint32_t i = 0; i < n->n; i++) {
		if (n->list[i].tries >= MAX_TRIES)
			continue;
		int64_t t = due(n, &n->list[i]);
		if (next == LQ_TIME_NONE || t < next)
			next = t;
	}
	return next;
}

void lq__nack_forget(lq__nack *n, int64_t seq)
{
	uint32_t i = lower(n, seq);
	memmove(n->list, n->list + i, (n->n - i) * sizeof *n->list);
	n->n -= i;
}
