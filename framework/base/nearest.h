/* "Did you mean …?" */
#ifndef LQ_BASE_NEAREST_H
#define LQ_BASE_NEAREST_H

#include <stddef.h>

/* The edit distance (insert, delete, replace, swap of neighbours), ignoring case; only the first 63 bytes of each count. */
unsigned lq__edit_distance(const char *a, const char *b);

/* Collects candidates one by one: start with {0}; `best` is the nearest that is near enough to be worth a suggestion, else NULL. */
typedef struct lq__nearest {
	const char *best;
	unsigned distance;
} lq__nearest;
void lq__nearest_try(lq__nearest *nearest, const char *wanted, const char *candidate);

#endif
