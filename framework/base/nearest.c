#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

enum { MAX = 63 };

static unsigned min2(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

unsigned lq__edit_distance(const char *a, const char *b)
{
	unsigned rows[3][MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t na = strnlen(a, MAX), nb = strnlen(b, MAX);
	for (size_t j = 0; j <= nb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min2(min2(above[j], row[j - 1]) + 1, above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = min2(row[j], before[j - 2] + 1);
		}
		unsigned *t = before;
		before = above;
		above = row;
		row = t;
	}
	return above[nb];
}

void lq__nearest_try(lq__nearest *nearest, const char *wanted, const char *candidate)
{
	unsigned d = lq__edit_distance(wanted, candidate);
	/* More than a quarter of the word wrong is a guess, not a help. */
	if (d <= 1 + strlen(wanted) / 4 && d < strlen(candidate) && (!nearest->best || d < nearest->distance)) {
		nearest->best = candidate;
		nearest->distance = d;
	}
}
