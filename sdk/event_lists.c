#include "event_lists.h"

#include <string.h>

size_t lq__lists_size(const lq_sdk_event *e)
{
	size_t n = e->n_volumes * sizeof *e->volumes + e->n_qualities * sizeof *e->qualities;
	for (uint32_t i = 0; i < e->n_volumes; i++)
		n += strlen(e->volumes[i].user) + 1;
	for (uint32_t i = 0; i < e->n_qualities; i++)
		n += strlen(e->qualities[i].user) + 1;
	return n;
}

static const char *put(char **p, const char *s)
{
	size_t n = strlen(s) + 1;
	char *to = memcpy(*p, s, n);
	*p += n;
	return to;
}

char *lq__lists_copy(lq_sdk_event *e, char *to)
{
	lq_volume *volumes = (lq_volume *)(void *)to;
	lq_quality *qualities = (lq_quality *)(void *)(volumes + e->n_volumes);
	char *p = (char *)(qualities + e->n_qualities);
	for (uint32_t i = 0; i < e->n_volumes; i++) {
		volumes[i] = e->volumes[i];
		volumes[i].user = put(&p, e->volumes[i].user);
	}
	for (uint32_t i = 0; i < e->n_qualities; i++) {
		qualities[i] = e->qualities[i];
		qualities[i].user = put(&p, e->qualities[i].user);
	}
	e->volumes = e->n_volumes ? volumes : NULL;
	e->qualities = e->n_qualities ? qualities : NULL;
	return p;
}
