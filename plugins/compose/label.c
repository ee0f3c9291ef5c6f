#include "label.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../testsrc/font.h"

enum { DARK = 32, WHITE = 220, ROWS = 11, COLUMNS = 6 }; /* a glyph of 5x7 with a border of two above and below */

uint32_t label_height(uint32_t tile_height)
{
	uint32_t dot = tile_height / 180;
	return ((dot ? dot : 1) * ROWS + 1) & ~1u;
}

/* Characters of a UTF-8 text: what the font has not got is a question mark. */
static size_t letters(const char *text, char *out, size_t room)
{
	size_t n = 0;
	for (const unsigned char *s = (const unsigned char *)text; *s && n < room; s++)
		if ((*s & 0xc0) != 0x80)
			out[n++] = *s < 0x80 ? (char)toupper(*s) : '?';
	return n;
}

static void draw(uint8_t *to, uint32_t stride, uint32_t dot, const uint8_t *rows)
{
	for (uint32_t y = 0; rows && y < 7 * dot; y++)
		for (uint32_t x = 0; x < 5 * dot; x++)
			if (rows[y / dot] >> (4 - x / dot) & 1)
				to[y * stride + x] = WHITE;
}

uint8_t *label_make(const char *text, uint32_t height, uint32_t *w, uint32_t *h)
{
	char name[48];
	size_t n = letters(text, name, sizeof name);
	uint32_t dot = height / ROWS ? height / ROWS : 1;
	*w = ((uint32_t)n * COLUMNS * dot + 3 * dot + 1) & ~1u;
	*h = height;
	uint8_t *to = malloc((size_t)*w * *h);
	if (!to)
		return NULL;
	memset(to, DARK, (size_t)*w * *h);
	for (size_t i = 0; i < n; i++)
		draw(to + 2 * dot * *w + (2 + COLUMNS * i) * dot, *w, dot, font_glyph(name[i]));
	return to;
}
