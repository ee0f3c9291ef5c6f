/* Memory, with fault injection for tests: every allocation of the core and of webrtc/ goes through here. */
#ifndef LQ_BASE_ALLOC_H
#define LQ_BASE_ALLOC_H

#include <stddef.h>

void *lq__malloc(size_t size);
void *lq__calloc(size_t n, size_t size);
void *lq__realloc(void *p, size_t size);
void lq__free(void *p);
char *lq__strdup(const char *s);
char *lq__strndup(const char *s, size_t n);

/* Tests: the allocation number `n` from now (1 = the next) and all later ones of this process fail; 0: none fails. */
void lq__alloc_fail_at(long n);
long lq__alloc_count(void); /* allocations so far */
long lq__alloc_live(void);  /* not yet freed */

#endif
