/* What was sent, kept for a while in case it did not arrive: a bounded row of messages, the oldest of which go first. Messages are shared, not
 * copied: whoever puts one in must not change it, but for a field that is set anew before each sending. */
#ifndef LQ_SERVER_LOG_H
#define LQ_SERVER_LOG_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lq__log {
	struct lq__log_entry *entries; /* NULL: none yet */
	uint32_t size, first, n;
	size_t bytes;
	uint64_t dropped;
} lq__log;

/* Takes a reference of its own. Beyond `max` messages or `max_bytes` the oldest are dropped; without memory all are, and it returns LQ_ENOMEM. */
int lq__log_put(lq__log *log, json_t *message, size_t bytes, uint32_t max, size_t max_bytes);
json_t *lq__log_at(const lq__log *log, uint32_t i); /* borrowed; 0 is the oldest */
void lq__log_clear(lq__log *log);

#endif
