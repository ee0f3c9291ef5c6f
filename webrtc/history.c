#include "history.h"

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "rtp.h"

#define MAX_AGE (2 * LQ_SEC)

typedef struct entry {
	int64_t sent, again; /* LQ_TIME_NONE: not yet */
	uint16_t seq, len;   /* len 0: empty */
} entry;

struct lq__history {
	uint32_t mask;
	uint8_t *memory;
	entry entries[];
};

int lq__history_create(uint32_t slots, lq__history **out)
{
	lq__history *h = lq__calloc(1, sizeof *h + slots * sizeof *h->entries);
	if (!h)
		return LQ_ENOMEM;
	h->mask = slots - 1;
	h->memory = lq__malloc((size_t)slots * LQ_RTP_MAX);
	if (!h->memory) {
		lq__free(h);
		return LQ_ENOMEM;
	}
	*out = h;
	return 0;
}

void lq__history_destroy(lq__history *h)
{
	if (!h)
		return;
	lq__free(h->memory);
	lq__free(h);
}

static uint8_t *at(lq__history *h, uint16_t seq)
{
	return h->memory + (size_t)(seq & h->mask) * LQ_RTP_MAX;
}

uint8_t *lq__history_slot(lq__history *h, uint16_t seq)
{
	h->entries[seq & h->mask].len = 0;
	return at(h, seq);
}

void lq__history_set(lq__history *h, uint16_t seq, size_t len)
{
	h->entries[seq & h->mask] = (entry){.sent = LQ_TIME_NONE, .again = LQ_TIME_NONE, .seq = seq, .len = (uint16_t)len};
}

static entry *find(lq__history *h, uint16_t seq)
{
	entry *e = &h->entries[seq & h->mask];
	return e->len && e->seq == seq ? e : NULL;
}

uint8_t *lq__history_first(lq__history *h, uint16_t seq, int64_t now, size_t *len)
{
	entry *e = find(h, seq);
	if (!e)
		return NULL;
	e->sent = now;
	*len = e->len;
	return at(h, seq);
}

uint8_t *lq__history_again(lq__history *h, uint16_t seq, int64_t now, int64_t rtt, size_t *len)
{
	entry *e = find(h, seq);
	if (!e || e->sent == LQ_TIME_NONE || now - e->sent > MAX_AGE || (e->again != LQ_TIME_NONE && now - e->again < rtt))
		return NULL;
	e->again = now;
	*len = e->len;
	return at(h, seq);
}
