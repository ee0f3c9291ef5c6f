/* What earlier scans found, by path, size and time of change: $XDG_CACHE_HOME/loquat/plugins.cache. A cache that is missing, torn, of another
 * version or another user's is an empty one. [control] */
#ifndef LQ_PLUGIN_CACHE_H
#define LQ_PLUGIN_CACHE_H

#include <sys/stat.h>

#include "plugin/image.h"

typedef struct lq__cache lq__cache;

int lq__cache_open(lq__cache **out); /* LQ_ENOMEM */
void lq__cache_close(lq__cache *cache); /* NULL is fine */

/* The finding about this very state of a file. 0, LQ_ENOENT, LQ_ENOMEM. */
int lq__cache_find(const lq__cache *cache, const char *path, const struct stat *st, lq__finding *out);
int lq__cache_put(lq__cache *cache, const char *path, const struct stat *st, const lq__bytes *finding);

/* Writes the file anew when something was put. That it cannot be written is no error: the next scan takes longer. */
void lq__cache_save(lq__cache *cache);

void lq__cache_forget(void); /* removes the file */

/* The entries of a cache file's bytes; LQ_EPARSE and nothing taken when they are not whole. For lq__cache_open and its fuzz target. */
int lq__cache_parse(lq__cache *cache, const uint8_t *data, size_t size);

#endif
