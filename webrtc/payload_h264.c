/* H.264, RFC 6184, packetization-mode 1: single NAL units, STAP-A, FU-A. */
#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"
#include "webrtc/payload_formats.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_DELIMITER = 9, NAL_FILLER = 12, NAL_STAP_A = 24, NAL_FU_A = 28 };
#define FU_START 0x80
#define FU_END 0x40

typedef struct nal {
	const uint8_t *p;
	size_t len;
} nal;

typedef struct cursor {
	const uint8_t *p, *end; /* p is behind a start code, or end */
} cursor;

/* The first byte behind the next start code, `end` when there is none. *before is where the zeros of the start code begin. */
static const uint8_t *next_start(const uint8_t *p, const uint8_t *end, const uint8_t **before)
{
	const uint8_t *from = p;
	while (end - p >= 3) {
		const uint8_t *one = memchr(p + 2, 1, (size_t)(end - p - 2));
		if (!one)
			break;
		if (!one[-1] && !one[-2]) {
			const uint8_t *z = one - 2;
			while (z > from && !z[-1])
				z--;
			*before = z;
			return one + 1;
		}
		p = one - 1;
	}
	while (end > from && !end[-1]) /* trailing zeros belong to no NAL unit */
		end--;
	*before = end;
	return NULL;
}

static int begin(cursor *c, const uint8_t *au, size_t len)
{
	const uint8_t *before, *end = au + len;
	const uint8_t *p = next_start(au, end, &before);
	*c = (cursor){p, end};
	return p && before == au ? 0 : LQ_EPARSE;
}

/* The next NAL unit that is worth sending; 0 at the end. Delimiters and filler mean nothing in RTP. */
static int next(cursor *c, nal *out)
{
	while (c->p && c->p < c->end) {
		const uint8_t *before, *p = c->p;
		c->p = next_start(p, c->end, &before);
		*out = (nal){p, (size_t)(before - p)};
		if (out->len && (*p & 31) != NAL_DELIMITER && (*p & 31) != NAL_FILLER)
			return 1;
	}
	return 0;
}

static int send_fragments(const nal *n, int last, size_t max, lq_payload_fn fn, void *arg)
{
	uint8_t buf[LQ_RTP_MAX];
	const uint8_t *p = n->p + 1;
	size_t left = n->len - 1, count = (left + max - 3) / (max - 2);
	buf[0] = (n->p[0] & 0xE0) | NAL_FU_A;
	for (size_t i = 0; i < count; i++) {
		size_t size = left / (count - i); /* balanced: no tiny rest */
		buf[1] = (uint8_t)((n->p[0] & 31) | (i ? 0 : FU_START) | (i + 1 < count ? 0 : FU_END));
		memcpy(buf + 2, p, size);
		int e = fn(arg, buf, size + 2, last && i + 1 == count);
		if (e)
			return e;
		p += size;
		left -= size;
	}
	return 0;
}

/* Puts `first` and what follows it into one STAP-A as long as it fits, and moves the cursor behind them. Returns the payload's length; 0 when
 * only `first` fits. */
static size_t aggregate(const nal *first, cursor *c, size_t max, uint8_t *buf)
{
	size_t used = 1, count = 0;
	cursor ahead = *c;
	nal n = *first;
	buf[0] = 0;
	do {
		if (used + 2 + n.len > max)
			break;
		uint8_t nri = n.p[0] & 0x60;
		buf[0] = (uint8_t)(((buf[0] | n.p[0]) & 0x80) | (nri > (buf[0] & 0x60) ? nri : buf[0] & 0x60) | NAL_STAP_A);
		lq__put16(buf + used, (uint16_t)n.len);
		memcpy(buf + used + 2, n.p, n.len);
		used += 2 + n.len;
		count++;
		*c = ahead;
	} while (next(&ahead, &n));
	return count > 1 ? used : 0;
}

static int valid_type(const nal *n)
{
	return (n->p[0] & 31) >= 1 && (n->p[0] & 31) <= 23;
}

int lq__h264_split(const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg)
{
	uint8_t buf[LQ_RTP_MAX];
	cursor c, ahead;
	nal n, peek;
	if (begin(&c, au, len))
		return LQ_EPARSE;
	for (ahead = c; next(&ahead, &n);)
		if (!valid_type(&n))
			return LQ_EPARSE;
	ahead = c;
	if (!next(&ahead, &n))
		return LQ_EPARSE;
	while (next(&c, &n)) {
		int e;
		size_t stap = n.len < max ? aggregate(&n, &c, max, buf) : 0;
		ahead = c;
		int last = !next(&ahead, &peek);
		if (stap)
			e = fn(arg, buf, stap, last);
		else if (n.len <= max)
			e = fn(arg, n.p, n.len, last);
		else
			e = send_fragments(&n, last, max, fn, arg);
		if (e)
			return e;
	}
	return 0;
}

static int starts_key(uint8_t header)
{
	return (header & 31) == NAL_SPS || (header & 31) == NAL_IDR;
}

/* Calls for each NAL unit of a STAP-A's body; LQ_EPARSE when the sizes do not add up. */
static int walk_stap(const uint8_t *p, size_t len, int (*fn)(void *arg, const uint8_t *nal, size_t len), void *arg)
{
	if (!len)
		return LQ_EPARSE;
	while (len) {
		size_t n = len >= 2 ? lq__get16(p) : 0;
		if (!n || n > len - 2 || (p[2] & 31) > 23 || !(p[2] & 31))
			return LQ_EPARSE;
		int e = fn(arg, p + 2, n);
		if (e)
			return e;
		p += 2 + n;
		len -= 2 + n;
	}
	return 0;
}

static int note_key(void *arg, const uint8_t *p, size_t len)
{
	lq_payload_info *info = arg;
	info->key |= starts_key(*p);
	return 0;
}

int lq__h264_inspect(const uint8_t *payload, size_t len, lq_payload_info *out)
{
	uint8_t type = len ? payload[0] & 31 : 0;
	if (type == NAL_STAP_A) {
		out->start = out->end = 1;
		return walk_stap(payload + 1, len - 1, note_key, out);
	}
	if (type == NAL_FU_A) {
		if (len < 3)
			return LQ_EPARSE;
		out->start = payload[1] >> 7;
		out->end = payload[1] >> 6 & 1;
		out->key = out->start && starts_key(payload[1]);
		return 0;
	}
	if (!type || type > 23)
		return LQ_EPARSE;
	out->start = out->end = 1;
	out->key = starts_key(payload[0]);
	return 0;
}

typedef struct sink {
	uint8_t *out;
	size_t size, *used;
} sink;

static int append_nal(void *arg, const uint8_t *p, size_t len)
{
	static const uint8_t start_code[4] = {0, 0, 0, 1};
	sink *s = arg;
	if (*s->used > s->size || len + 4 > s->size - *s->used)
		return LQ_ENOSPACE;
	lq__payload_append(start_code, 4, s->out, s->size, s->used);
	return lq__payload_append(p, len, s->out, s->size, s->used);
}

/* len >= 3 */
static int join_fragment(lq_unpacker *u, const uint8_t *payload, size_t len, sink *s)
{
	int e, start = payload[1] & FU_START;
	if ((payload[1] & 31) < 1 || (payload[1] & 31) > 23 || !start == !u->in_fragment)
		return LQ_EPARSE;
	if (start) {
		uint8_t header = (uint8_t)((payload[0] & 0xE0) | (payload[1] & 31));
		e = append_nal(s, &header, 1);
		if (e)
			return e;
	}
	e = lq__payload_append(payload + 2, len - 2, s->out, s->size, s->used);
	u->in_fragment = !e && !(payload[1] & FU_END);
	return e;
}

int lq__h264_join(lq_unpacker *u, const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used)
{
	sink s = {out, size, used};
	uint8_t type = len ? payload[0] & 31 : 0;
	int e = LQ_EPARSE;
	if (!*used) /* a new frame: what an earlier one left open is gone */
		u->in_fragment = 0;
	if (type == NAL_FU_A && len >= 3)
		e = join_fragment(u, payload, len, &s);
	else if (u->in_fragment)
		e = LQ_EPARSE;
	else if (type == NAL_STAP_A)
		e = walk_stap(payload + 1, len - 1, append_nal, &s);
	else if (type >= 1 && type <= 23)
		e = append_nal(&s, payload, len);
	if (e)
		u->in_fragment = 0;
	return e;
}
