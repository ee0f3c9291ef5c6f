#include "speaker.h"

#include <stdio.h>
#include <string.h>

enum { SILENCE_MS = 2000 };
#define LOUDER_DB 3.0f

static const lq_volume *loudest(const lq_volume *v, uint32_t n)
{
	const lq_volume *best = NULL;
	for (uint32_t i = 0; i < n; i++)
		if (v[i].db > LQ__SPEAKING_DB && (!best || v[i].db > best->db))
			best = &v[i];
	return best;
}

/* The level of one, the loudest of its streams. */
static float level_of(const lq_volume *v, uint32_t n, const char *user)
{
	float db = -127;
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(v[i].user, user) && v[i].db > db)
			db = v[i].db;
	return db;
}

static int become(lq__speaker *s, const char *user, int64_t now)
{
	s->anybody = 1;
	s->has_rival = 0;
	s->heard = now;
	snprintf(s->user, sizeof s->user, "%s", user);
	return 1;
}

static int nobody(lq__speaker *s, int64_t now)
{
	s->has_rival = 0;
	if (!s->anybody || now - s->heard < SILENCE_MS)
		return 0;
	s->anybody = 0;
	*s->user = 0;
	return 1;
}

int lq__speaker_update(lq__speaker *s, const lq_volume *volumes, uint32_t n, int64_t now, int64_t hold)
{
	const lq_volume *first = loudest(volumes, n);
	if (!first)
		return nobody(s, now);
	if (!s->anybody)
		return become(s, first->user, now);
	float own = level_of(volumes, n, s->user);
	if (own > LQ__SPEAKING_DB)
		s->heard = now;
	if (!strcmp(first->user, s->user) || (own > LQ__SPEAKING_DB && first->db < own + LOUDER_DB)) {
		s->has_rival = 0;
		return 0;
	}
	if (!s->has_rival || strcmp(s->rival, first->user)) {
		s->has_rival = 1;
		s->rival_since = now;
		snprintf(s->rival, sizeof s->rival, "%s", first->user);
	}
	return now - s->rival_since >= hold ? become(s, first->user, now) : 0;
}
