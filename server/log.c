#include "server/log.h"

#include <loquat/plugin/errors.h>

#include "base/alloc.h"

struct lq__log_entry {
	json_t *message;
	size_t bytes;
};

static struct lq__log_entry *at(const lq__log *log, uint32_t i)
{
	return &log->entries[(log->first + i) % log->size];
}

static void drop_oldest(lq__log *log)
{
	struct lq__log_entry *e = at(log, 0);
	log->bytes -= e->bytes;
	json_decref(e->message);
	log->first = (log->first + 1) % log->size;
	log->n--;
	log->dropped++;
}

static int grow(lq__log *log, uint32_t max)
{
	uint32_t size = log->size ? 2 * log->size : 8;
	if (size > max)
		size = max;
	struct lq__log_entry *entries = lq__calloc(size, sizeof *entries);
	if (!entries)
		return LQ_ENOMEM;
	for (uint32_t i = 0; i < log->n; i++)
		entries[i] = *at(log, i);
	lq__free(log->entries);
	log->entries = entries;
	log->size = size;
	log->first = 0;
	return 0;
}

int lq__log_put(lq__log *log, json_t *message, size_t bytes, uint32_t max, size_t max_bytes)
{
	while (log->n && (log->n >= max || log->bytes + bytes > max_bytes))
		drop_oldest(log);
	if (log->n == log->size && grow(log, max)) {
		lq__log_clear(log);
		return LQ_ENOMEM;
	}
	*at(log, log->n++) = (struct lq__log_entry){json_incref(message), bytes};
	log->bytes += bytes;
	return 0;
}

json_t *lq__log_at(const lq__log *log, uint32_t i)
{
	return at(log, i)->message;
}

void lq__log_clear(lq__log *log)
{
	while (log->n)
		drop_oldest(log);
	lq__free(log->entries);
	log->entries = NULL;
	log->size = log->first = 0;
}
