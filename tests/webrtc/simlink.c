#include "simlink.h"

#include <stdlib.h>
#include <string.h>

#define SEC INT64_C(1000000000)

typedef struct packet {
	struct packet *next;
	int64_t at;
	size_t len;
	uint8_t data[];
} packet;

struct simlink {
	simlink_config config;
	simlink_fn deliver;
	void *arg;
	uint64_t random;
	int in_burst;
	int64_t free_at; /* when the line has sent what waits */
	int64_t last_at; /* of the packets in order */
	packet *first;   /* ascending in time */
	simlink_stats stats;
};

double simlink_random(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return (double)((x * UINT64_C(2685821657736338717)) >> 11) / (double)(UINT64_C(1) << 53);
}

simlink *simlink_create(const simlink_config *config, simlink_fn deliver, void *arg)
{
	simlink *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->deliver = deliver;
	l->arg = arg;
	l->random = config->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	simlink_set(l, config);
	return l;
}

void simlink_destroy(simlink *l)
{
	while (l->first) {
		packet *p = l->first;
		l->first = p->next;
		free(p);
	}
	free(l);
}

void simlink_set(simlink *l, const simlink_config *config)
{
	l->config = *config;
}

/* Gilbert's model: a good and a bad state. */
static int is_lost(simlink *l)
{
	const simlink_config *c = &l->config;
	if (c->burst <= 1)
		return simlink_random(&l->random) < c->loss;
	double enter = c->loss / (c->burst * (1 - c->loss)), leave = 1 / c->burst;
	l->in_burst = simlink_random(&l->random) < (l->in_burst ? 1 - leave : enter);
	return l->in_burst;
}

static void insert(simlink *l, packet *p)
{
	packet **at = &l->first;
	while (*at && (*at)->at <= p->at)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
}

void simlink_send(simlink *l, const uint8_t *data, size_t len, int64_t now)
{
	const simlink_config *c = &l->config;
	l->stats.sent++;
	if (c->rate) {
		int64_t takes = (int64_t)((uint64_t)len * 8 * SEC / c->rate), waiting = l->free_at - now;
		if (waiting > (int64_t)((c->queue ? c->queue : 100) * UINT64_C(1200) * 8 * SEC / c->rate)) {
			l->stats.overflowed++;
			return;
		}
		l->free_at = (l->free_at > now ? l->free_at : now) + takes;
	}
	if (is_lost(l)) {
		l->stats.lost++;
		return;
	}
	packet *p = malloc(sizeof *p + len);
	if (!p)
		abort();
	memcpy(p->data, data, len);
	p->len = len;
	p->at = (c->rate ? l->free_at : now) + c->delay + (int64_t)(simlink_random(&l->random) * (double)c->jitter);
	if (simlink_random(&l->random) < c->reorder)
		p->at += c->hold;
	else
		l->last_at = p->at = p->at > l->last_at ? p->at : l->last_at;
	insert(l, p);
}

int64_t simlink_next(const simlink *l)
{
	return l->first ? l->first->at : INT64_MAX;
}

void simlink_run(simlink *l, int64_t now)
{
	while (l->first && l->first->at <= now) {
		packet *p = l->first;
		l->first = p->next;
		l->stats.delivered++;
		l->deliver(l->arg, p->data, p->len, now);
		free(p);
	}
}

simlink_stats simlink_get_stats(const simlink *l)
{
	return l->stats;
}
