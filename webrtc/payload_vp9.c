/* VP9, RFC 9628. Sent: non-flexible mode, a 15-bit picture id, one layer. Read: every field is stepped over. */
#include <loquat/plugin/errors.h>

#include "webrtc/bytes.h"
#include "webrtc/payload_formats.h"
#include "webrtc/payload_vpx.h"

#define DESCRIPTOR 3u
enum { HAS_ID = 0x80, INTER = 0x40, HAS_LAYER = 0x20, FLEXIBLE = 0x10, BEGIN = 0x08, END = 0x04, HAS_STRUCTURE = 0x02 };

typedef struct descriptor {
	size_t len;
	uint8_t flags;
	int32_t picture_id;
	uint8_t temporal_id, spatial_id;
} descriptor;

/* 1 key frame, 0 other, LQ_EPARSE no VP9 frame: the beginning of the uncompressed header. */
static int frame_is_key(uint8_t first)
{
	if (first >> 6 != 2)
		return LQ_EPARSE;
	int profile3 = (first & 0x30) == 0x30; /* has one more reserved bit */
	int show_existing = profile3 ? first & 4 : first & 8;
	int inter = profile3 ? first & 2 : first & 4;
	return !show_existing && !inter;
}

static void write_descriptor(uint8_t *out, uint16_t id, int flags)
{
	out[0] = (uint8_t)(HAS_ID | (flags & LQ__VPX_KEY ? 0 : INTER) | (flags & LQ__VPX_FIRST ? BEGIN : 0) | (flags & LQ__VPX_LAST ? END : 0));
	lq__put16(out + 1, id);
}

int lq__vp9_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg)
{
	int key = len ? frame_is_key(au[0]) : LQ_EPARSE;
	if (key < 0)
		return key;
	return lq__vpx_split(p, au, len, max, DESCRIPTOR, write_descriptor, key, fn, arg);
}

/* Steps over the scalability structure (RFC 9628 4.2.1). */
static int skip_structure(const uint8_t *p, size_t len, size_t *at)
{
	if (*at >= len)
		return LQ_EPARSE;
	uint8_t head = p[(*at)++];
	if (head & 0x10) /* Y: a width and a height for each layer */
		*at += 4 * ((head >> 5) + 1u);
	if (!(head & 0x08))
		return 0;
	if (*at >= len)
		return LQ_EPARSE;
	for (uint8_t n = p[(*at)++]; n; n--) {
		if (*at >= len)
			return LQ_EPARSE;
		*at += 1 + (p[*at] >> 2 & 3);
	}
	return 0;
}

static int skip_references(const uint8_t *p, size_t len, size_t *at)
{
	for (int i = 0; i < 3; i++) {
		if (*at >= len)
			return LQ_EPARSE;
		if (!(p[(*at)++] & 1))
			return 0;
	}
	return LQ_EPARSE; /* there are at most three */
}

static int read_descriptor(const uint8_t *p, size_t len, descriptor *d)
{
	size_t at = 1;
	*d = (descriptor){.picture_id = -1};
	if (!len)
		return LQ_EPARSE;
	d->flags = p[0];
	if (d->flags & HAS_ID && lq__vpx_read_id(p, len, &at, &d->picture_id))
		return LQ_EPARSE;
	if (d->flags & HAS_LAYER) {
		if (at >= len)
			return LQ_EPARSE;
		d->temporal_id = p[at] >> 5;
		d->spatial_id = p[at] >> 1 & 7;
		at += d->flags & FLEXIBLE ? 1 : 2; /* TL0PICIDX only in non-flexible mode */
	}
	if ((d->flags & (FLEXIBLE | INTER)) == (FLEXIBLE | INTER) && skip_references(p, len, &at))
		return LQ_EPARSE;
	if (d->flags & HAS_STRUCTURE && skip_structure(p, len, &at))
		return LQ_EPARSE;
	d->len = at;
	return at < len ? 0 : LQ_EPARSE;
}

int lq__vp9_inspect(const uint8_t *payload, size_t len, lq_payload_info *out)
{
	descriptor d;
	if (read_descriptor(payload, len, &d))
		return LQ_EPARSE;
	out->start = (d.flags & BEGIN) && !d.spatial_id;
	out->end = (d.flags & END) != 0;
	out->key = out->start && !(d.flags & INTER);
	out->picture_id = d.picture_id;
	out->temporal_id = d.temporal_id;
	out->spatial_id = d.spatial_id;
	return 0;
}

size_t lq__vp9_header(const uint8_t *payload, size_t len)
{
	descriptor d;
	return read_descriptor(payload, len, &d) ? 0 : d.len;
}

int lq__vp9_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used)
{
	descriptor d;
	if (read_descriptor(payload, len, &d))
		return LQ_EPARSE;
	/* A picture begins with its lowest layer; further layers of it begin within. */
	int first = (d.flags & BEGIN) && !d.spatial_id;
	if (!first != (*used > 0))
		return LQ_EPARSE;
	return lq__payload_append(payload + d.len, len - d.len, out, size, used);
}
