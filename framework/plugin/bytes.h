/* Growing byte strings and their reader, for what the scanner and its cache write down: native endian, since it never leaves the machine. */
#ifndef LQ_PLUGIN_BYTES_H
#define LQ_PLUGIN_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Starts as {0}. The first allocation that fails sets `failed`, and all that comes later is dropped. */
typedef struct lq__bytes {
	uint8_t *data;
	size_t n, room;
	int failed;
} lq__bytes;

void lq__bytes_add(lq__bytes *b, const void *data, size_t n);
void lq__bytes_u32(lq__bytes *b, uint32_t v);
void lq__bytes_u64(lq__bytes *b, uint64_t v);
void lq__bytes_string(lq__bytes *b, const char *s); /* NULL is kept as such */
void lq__bytes_finish(lq__bytes *b);

/* Reads what anybody may have written: nothing is read beyond `end`. The first fault sets `bad`, and from then on all is 0 or NULL. */
typedef struct lq__reader {
	const uint8_t *at, *end;
	int bad;
} lq__reader;

const uint8_t *lq__read_bytes(lq__reader *r, size_t n);
uint32_t lq__read_u32(lq__reader *r);
uint64_t lq__read_u64(lq__reader *r);
const char *lq__read_chars(lq__reader *r); /* points into the bytes; NULL where NULL was written, or bad */

#endif
