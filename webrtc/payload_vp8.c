/* VP8, RFC 7741. Sent: one partition, a 15-bit picture id, no layers. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"
#include "webrtc/payload_formats.h"
#include "webrtc/payload_vpx.h"

#define DESCRIPTOR 4u

typedef struct descriptor {
	size_t len;
	int first; /* S and partition 0: the frame starts here */
	int32_t picture_id;
	int16_t tl0_index;
	size_t picture_at, tl0_at; /* where they are, 0: not there */
	uint8_t temporal_id;
} descriptor;

static void write_descriptor(uint8_t *out, uint16_t id, int flags)
{
	out[0] = flags & LQ__VPX_FIRST ? 0x90 : 0x80; /* X, and S in the first */
	out[1] = 0x80;                                /* I */
	lq__put16(out + 2, id);
}

int lq__vp8_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg)
{
	static const uint8_t key_start[3] = {0x9d, 0x01, 0x2a};
	if (len < 3 || (!(au[0] & 1) && (len < 10 || memcmp(au + 3, key_start, 3))))
		return LQ_EPARSE;
	return lq__vpx_split(p, au, len, max, DESCRIPTOR, write_descriptor, 0, fn, arg);
}

static int read_descriptor(const uint8_t *p, size_t len, descriptor *d)
{
	size_t at = 1;
	uint8_t flags = 0;
	*d = (descriptor){.picture_id = -1, .tl0_index = -1};
	if (!len)
		return LQ_EPARSE;
	d->first = (p[0] & 0x17) == 0x10;
	if (p[0] & 0x80) {
		if (len < 2)
			return LQ_EPARSE;
		flags = p[at++];
	}
	if (flags & 0x80) {
		d->picture_at = at;
		if (lq__vpx_read_id(p, len, &at, &d->picture_id))
			return LQ_EPARSE;
	}
	if (flags & 0x40 && at < len) {
		d->tl0_index = p[at];
		d->tl0_at = at++;
	}
	if (flags & 0x30) { /* TID, KEYIDX */
		if (at >= len)
			return LQ_EPARSE;
		d->temporal_id = flags & 0x20 ? p[at] >> 6 : 0;
		at++;
	}
	d->len = at;
	return at < len ? 0 : LQ_EPARSE;
}

int lq__vp8_inspect(const uint8_t *payload, size_t len, lq_payload_info *out)
{
	descriptor d;
	if (read_descriptor(payload, len, &d))
		return LQ_EPARSE;
	out->start = d.first != 0;
	out->key = d.first && !(payload[d.len] & 1);
	out->picture_id = d.picture_id;
	out->tl0_index = d.tl0_index;
	out->temporal_id = d.temporal_id;
	return 0;
}

void lq__vp8_move_ids(uint8_t *payload, size_t len, uint16_t picture, uint8_t tl0)
{
	descriptor d;
	if (read_descriptor(payload, len, &d))
		return;
	uint8_t *p = payload + d.picture_at;
	if (d.picture_at && *p & 0x80)
		lq__put16(p, (uint16_t)(0x8000 | ((lq__get16(p) + picture) & 0x7FFF)));
	else if (d.picture_at)
		*p = (uint8_t)((*p + picture) & 0x7F);
	if (d.tl0_at)
		payload[d.tl0_at] = (uint8_t)(payload[d.tl0_at] + tl0);
}

size_t lq__vp8_header(const uint8_t *payload, size_t len)
{
	descriptor d;
	return read_descriptor(payload, len, &d) ? 0 : d.len;
}

int lq__vp8_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used)
{
	descriptor d;
	/* Two frames in one, or one without its beginning, are no frame. */
	if (read_descriptor(payload, len, &d) || !d.first != (*used > 0))
		return LQ_EPARSE;
	return lq__payload_append(payload + d.len, len - d.len, out, size, used);
}
