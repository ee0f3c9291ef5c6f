/* What the helper process of an isolated node sends. The input is a message; what comes out of it as a buffer has to be memory that can be read, all of
 * it. One segment of the helper's and one buffer of ours over there are known before. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "isolate/helper.h"
#include "media/format.h"

enum { SEGMENT = 1 << 18 };

static uint32_t sum(const uint8_t *data, uint64_t n)
{
	uint32_t s = 0;
	for (uint64_t i = 0; i < n; i++)
		s += data[i];
	return s;
}

/* As far as a node may read it. */
static uint32_t read_all(const lq_buffer *b)
{
	uint32_t s = 0;
	int is_picture = b->format->media == LQ_MEDIA_VIDEO && b->format->codec == LQ_CODEC_RAW;
	for (uint32_t i = 0; is_picture && i < b->n_planes; i++)
		s += sum(b->planes[i], lq__plane_bytes(b->format, i, b->strides[i]) + LQ__BUFFER_TAIL);
	if (!is_picture && b->n_planes)
		s += sum(b->planes[0], (uint64_t)b->size + LQ__BUFFER_TAIL);
	MUST(b->n_planes <= 4);
	return s;
}

static void give_one(lq__helper *h, lq__pool *pool)
{
	lq_format f = {.struct_size = sizeof f, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = 32, .height = 16};
	uint64_t copied = 0;
	const lq_format *fmt = lq__format_new(pool, &f);
	lq_buffer *b = lq__buffer_new(pool, fmt, 0);
	MUST(b && !lq__helper_give(h, pool, 0, b, 0, &copied) && !copied);
	lq__buffer_unref(b);
	h->learned[0] = fmt;
}

static volatile uint32_t seen;

static void take(lq__helper *h, lq__pool *pool, const uint8_t *data, size_t size)
{
	lq__reader message = {data, data + size, 0}, body;
	lq_buffer *kept[8] = {NULL};
	uint32_t type, port, n = 0;
	int r = 0;
	while (r >= 0 && lq__record_next(&message, &type, &body)) {
		lq_buffer *b = NULL;
		r = type == LQ__SAY_TAKEN ? lq__helper_taken(h, lq__read_u32(&body)) : lq__helper_record(h, pool, type, &body, &b, &port);
		MUST(r != LQ_EPROTO || h->fault);
		r = r == LQ_ENOTSUP ? 0 : r;
		if (!b)
			continue;
		seen += read_all(b);
		lq__buffer_unref(kept[n % 8]);
		kept[n++ % 8] = b; /* some are still held when the next ones come, and when the helper has gone */
	}
	lq__helper_close(h);
	for (int i = 0; i < 8; i++)
		if (kept[i]) {
			seen += read_all(kept[i]);
			lq__buffer_unref(kept[i]);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int pair[2];
	lq__helper *h;
	lq__segment *s;
	lq__pool *pool = lq__pool_create();
	MUST(pool && !lq__pool_share(pool) && !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) && !lq__helper_open(pair[0], 0, &h));
	MUST(!lq__segment_create(SEGMENT, &s) && !lq__segment_map(1, dup(s->fd), SEGMENT, &h->mapped[0]));
	h->mapped_bytes = SEGMENT;
	give_one(h, pool);
	take(h, pool, data, size);
	lq__segment_unref(s);
	close(pair[1]);
	MUST(!lq__pool_destroy(pool));
	return 0;
}
