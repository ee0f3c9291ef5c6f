#include "meters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METERS_MAX = 4096 };
#define UNIT 4294967296.0

void lq__meters_init(lq__meters *m)
{
	*m = (lq__meters){0};
	pthread_mutex_init(&m->lock, NULL);
}

void lq__meters_finish(lq__meters *m)
{
	pthread_mutex_destroy(&m->lock);
}

lq__meter *lq__meter_ref(lq__meters *m, const char *user, lq_stream stream)
{
	pthread_mutex_lock(&m->lock);
	lq__meter *meter = m->first;
	while (meter && (meter->stream != stream || strcmp(meter->user, user)))
		meter = meter->next;
	if (!meter && m->n < METERS_MAX && (meter = calloc(1, sizeof *meter))) {
		meter->of = m;
		meter->stream = stream;
		snprintf(meter->user, sizeof meter->user, "%s", user);
		meter->next = m->first;
		m->first = meter;
		m->n++;
	}
	if (meter)
		meter->refs++;
	pthread_mutex_unlock(&m->lock);
	return meter;
}

void lq__meter_unref(lq__meter *meter)
{
	if (!meter)
		return;
	lq__meters *m = meter->of;
	pthread_mutex_lock(&m->lock);
	if (!--meter->refs) {
		lq__meter **p = &m->first;
		while (*p != meter)
			p = &(*p)->next;
		*p = meter->next;
		m->n--;
		free(meter);
	}
	pthread_mutex_unlock(&m->lock);
}

void lq__meter_add(lq__meter *meter, const float *samples, uint32_t n)
{
	double sum = 0;
	if (!atomic_load_explicit(&meter->of->on, memory_order_relaxed))
		return;
	for (uint32_t i = 0; i < n; i++) {
		double s = (double)samples[i];
		sum += s > -1 && s < 1 ? s * s : 1;
	}
	atomic_fetch_add_explicit(&meter->energy, (uint64_t)(sum * UNIT), memory_order_relaxed);
	atomic_fetch_add_explicit(&meter->samples, n, memory_order_release);
}

static void take(lq__meter *meter, double smooth)
{
	uint64_t samples = atomic_load_explicit(&meter->samples, memory_order_acquire), energy = atomic_load_explicit(&meter->energy, memory_order_relaxed);
	uint64_t n = samples - meter->last_samples;
	double level = n ? sqrt(2 * (double)(energy - meter->last_energy) / UNIT / (double)n) : 0;
	meter->last_samples = samples;
	meter->last_energy = energy;
	meter->level += smooth * ((level < 1 ? level : 1) - meter->level);
}

uint32_t lq__meters_take(lq__meters *m, double smooth, lq_volume *out, uint32_t max)
{
	uint32_t n = 0;
	pthread_mutex_lock(&m->lock);
	for (lq__meter *meter = m->first; meter; meter = meter->next) {
		take(meter, smooth);
		if (n < max)
			out[n++] = (lq_volume){.user = meter->user, .stream = meter->stream, .volume = lq__level_volume(meter->level),
			                       .db = (float)lq__level_db(meter->level)};
	}
	return n;
}

void lq__meters_release(lq__meters *m)
{
	pthread_mutex_unlock(&m->lock);
}

int lq__level_volume(double level)
{
	return (int)lround(255 * level);
}

double lq__level_db(double level)
{
	double db = level > 0 ? 20 * log10(level) : -127;
	return db < -127 ? -127 : db;
}
