/* The first byte chooses the codec. The rest is received payloads (a length byte before each; 255 stands for 1,000), and also an access unit
 * to send. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "fuzz.h"
#include "webrtc/payload.h"

static uint8_t joined[1 << 16];

static void receive(uint32_t codec, const uint8_t *data, size_t size)
{
	lq_unpacker u = {.codec = codec};
	lq_payload_info info;
	size_t used = 0, room = 4096;
	for (size_t at = 0; at < size;) {
		size_t n = data[at] == 255 ? 1000 : data[at];
		at++;
		if (n > size - at)
			n = size - at;
		int e = lq_payload_inspect(codec, data + at, n, &info);
		int j = lq_payload_join(&u, data + at, n, joined, room, &used);
		MUST(used <= room);
		uint32_t width = 1, height = 1;
		MUST(lq_payload_size(codec, data + at, n, &width, &height) || (width <= 65536 && height <= 65536));
		uint8_t moved[1000];
		memcpy(moved, data + at, n);
		lq_payload_move_ids(codec, moved, n, 77, 7);
		MUST(lq_payload_inspect(codec, moved, n, &info) == e);
		MUST(!e || j); /* what cannot be inspected cannot be joined */
		if (j)
			used = 0;
		at += n;
	}
}

typedef struct {
	lq_unpacker u;
	size_t used, max;
	uint32_t n;
	int ended;
} far_side;

static int deliver(void *arg, const uint8_t *payload, size_t len, int last)
{
	far_side *f = arg;
	lq_payload_info info;
	MUST(len && len <= f->max && !f->ended);
	MUST(!lq_payload_inspect(f->u.codec, payload, len, &info));
	MUST(f->n || info.start);
	MUST(!lq_payload_join(&f->u, payload, len, joined, sizeof joined, &f->used));
	f->ended = last;
	f->n++;
	return 0;
}

/* What is split is joined by the far side, payload by payload. */
static void send(uint32_t codec, const uint8_t *data, size_t size, size_t max)
{
	lq_payloader p = {.codec = codec};
	far_side f = {.u = {.codec = codec}, .max = max};
	if (size > 10000 || lq_payload_split(&p, data, size, 0, max, deliver, &f))
		return;
	MUST(f.ended);
	if (codec != LQ_CODEC_H264) /* there start codes may change their length */
		MUST(f.used == size && !memcmp(joined, data, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t codecs[] = {LQ_CODEC_H264, LQ_CODEC_VP8, LQ_CODEC_VP9, LQ_CODEC_OPUS};
	if (!size)
		return 0;
	uint32_t codec = codecs[data[0] & 3];
	receive(codec, data + 1, size - 1);
	send(codec, data + 1, size - 1, LQ_PAYLOAD_MIN + (data[0] >> 2) * 16);
	return 0;
}
