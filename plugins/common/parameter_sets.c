#include "parameter_sets.h"

#include <string.h>

enum { NAL_SPS = 7, NAL_PPS = 8 };

static int is_start(const uint8_t *p, const uint8_t *end)
{
	return end - p >= 3 && !p[0] && !p[1] && p[2] == 1;
}

/* The first start code at or behind p; end: there is none. */
static const uint8_t *next_start(const uint8_t *p, const uint8_t *end)
{
	while (p < end && !is_start(p, end))
		p++;
	return p;
}

/* Zeros before the next start code are its own. */
static size_t trimmed(const uint8_t *nal, const uint8_t *end)
{
	while (end > nal && !end[-1])
		end--;
	return (size_t)(end - nal);
}

int parameter_sets_see(parameter_sets *p, const uint8_t *unit, size_t size)
{
	static const uint8_t start[] = {0, 0, 0, 1};
	const uint8_t *end = unit + size, *at = next_start(unit, end), *next;
	parameter_sets found = {.size = 0};
	int has_sps = 0, has_pps = 0, fit = 1;
	for (; at < end; at = next) {
		const uint8_t *nal = at + 3;
		next = next_start(nal, end);
		int type = nal < end ? *nal & 0x1f : 0;
		if (type != NAL_SPS && type != NAL_PPS)
			continue;
		size_t n = trimmed(nal, next);
		has_sps |= type == NAL_SPS;
		has_pps |= type == NAL_PPS;
		if (!(fit &= sizeof start + n <= SETS_MAX - found.size))
			continue;
		memcpy(found.data + found.size, start, sizeof start);
		memcpy(found.data + found.size + sizeof start, nal, n);
		found.size += sizeof start + n;
	}
	if (has_sps && has_pps && fit) {
		memcpy(p->data, found.data, found.size);
		p->size = found.size;
	}
	return has_sps && has_pps;
}
