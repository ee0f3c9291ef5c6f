#include "webrtc/rtp.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"

#define FIXED 12u
#define ONE_BYTE 0xBEDEu
#define TWO_BYTE 0x1000u

int lq_packet_classify(const uint8_t *data, size_t len)
{
	if (len < 2)
		return LQ_PACKET_UNKNOWN;
	if (data[0] < 4)
		return LQ_PACKET_STUN;
	if (data[0] >= 20 && data[0] < 64)
		return LQ_PACKET_DTLS;
	if (data[0] < 128 || data[0] >= 192)
		return LQ_PACKET_UNKNOWN;
	if (data[1] >= 192 && data[1] < 224)
		return len >= 8 ? LQ_PACKET_RTCP : LQ_PACKET_UNKNOWN;
	return len >= FIXED ? LQ_PACKET_RTP : LQ_PACKET_UNKNOWN;
}

static int parse_extension(const uint8_t *data, size_t len, lq_rtp *out)
{
	if (len - out->header_len < 4)
		return LQ_EPARSE;
	const uint8_t *p = data + out->header_len;
	size_t n = 4 * (size_t)lq__get16(p + 2);
	if (len - out->header_len - 4 < n)
		return LQ_EPARSE;
	out->ext_profile = lq__get16(p);
	out->ext = p + 4;
	out->ext_len = n;
	out->header_len += 4 + n;
	return 0;
}

int lq_rtp_parse(const uint8_t *data, size_t len, lq_rtp *out)
{
	if (len < FIXED || data[0] >> 6 != 2)
		return LQ_EPARSE;
	memset(out, 0, sizeof *out);
	out->n_csrc = data[0] & 15;
	out->marker = data[1] >> 7;
	out->payload_type = data[1] & 127;
	out->seq = lq__get16(data + 2);
	out->timestamp = lq__get32(data + 4);
	out->ssrc = lq__get32(data + 8);
	out->header_len = FIXED + 4u * out->n_csrc;
	if (out->header_len > len || (data[0] & 16 && parse_extension(data, len, out)))
		return LQ_EPARSE;
	size_t rest = len - out->header_len;
	if (data[0] & 32) {
		out->padding = rest ? data[len - 1] : 0;
		if (!out->padding || out->padding > rest)
			return LQ_EPARSE;
	}
	out->payload = data + out->header_len;
	out->payload_len = rest - out->padding;
	return 0;
}

static const uint8_t *find_one_byte(const lq_rtp *rtp, uint8_t id, size_t *len)
{
	const uint8_t *p = rtp->ext, *end = p + rtp->ext_len;
	while (p < end) {
		uint8_t have = *p >> 4;
		size_t n = (*p & 15u) + 1;
		if (!*p) { /* padding */
			p++;
			continue;
		}
		/* 15 ends the list (RFC 8285 4.2); an element must not reach over the end. */
		if (have == 15 || n > (size_t)(end - p - 1))
			return NULL;
		if (have == id) {
			*len = n;
			return p + 1;
		}
		p += 1 + n;
	}
	return NULL;
}

static const uint8_t *find_two_byte(const lq_rtp *rtp, uint8_t id, size_t *len)
{
	const uint8_t *p = rtp->ext, *end = p + rtp->ext_len;
	while (p < end) {
		if (!*p) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] > end - p - 2)
			return NULL;
		if (*p == id) {
			*len = p[1];
			return p + 2;
		}
		p += 2 + p[1];
	}
	return NULL;
}

const uint8_t *lq_rtp_ext_find(const lq_rtp *rtp, uint8_t id, size_t *len)
{
	if (!id || !rtp->ext)
		return NULL;
	if (rtp->ext_profile == ONE_BYTE)
		return id < 15 ? find_one_byte(rtp, id, len) : NULL;
	return (rtp->ext_profile & 0xFFF0u) == TWO_BYTE ? find_two_byte(rtp, id, len) : NULL;
}

static size_t write_extension(uint8_t *out, size_t size, const lq_rtp_ext *exts, size_t n_exts)
{
	size_t body = 0;
	int two = 0;
	for (size_t i = 0; i < n_exts; i++) {
		body += exts[i].len;
		two |= exts[i].id > 14 || exts[i].len < 1 || exts[i].len > 16;
		if (!exts[i].id)
			return 0;
	}
	body += n_exts * (two ? 2 : 1);
	size_t padded = (body + 3) & ~(size_t)3;
	if (padded + 4 > size || padded / 4 > 0xFFFF)
		return 0;
	lq__put16(out, two ? TWO_BYTE : ONE_BYTE);
	lq__put16(out + 2, (uint16_t)(padded / 4));
	uint8_t *p = out + 4;
	for (size_t i = 0; i < n_exts; i++) {
		if (two) {
			*p++ = exts[i].id;
			*p++ = exts[i].len;
		} else {
			*p++ = (uint8_t)(exts[i].id << 4 | (exts[i].len - 1));
		}
		if (exts[i].len)
			memcpy(p, exts[i].data, exts[i].len);
		p += exts[i].len;
	}
	memset(p, 0, padded - body);
	return 4 + padded;
}

size_t lq_rtp_write(uint8_t *out, size_t size, const lq_rtp *rtp, const lq_rtp_ext *exts, size_t n_exts)
{
	if (size < FIXED)
		return 0;
	out[0] = (uint8_t)(0x80 | (n_exts ? 16 : 0));
	out[1] = (uint8_t)((rtp->marker ? 128 : 0) | (rtp->payload_type & 127));
	lq__put16(out + 2, rtp->seq);
	lq__put32(out + 4, rtp->timestamp);
	lq__put32(out + 8, rtp->ssrc);
	if (!n_exts)
		return FIXED;
	size_t n = write_extension(out + FIXED, size - FIXED, exts, n_exts);
	return n ? FIXED + n : 0;
}

int64_t lq_unwrap_seq(lq_unwrap *u, uint16_t seq)
{
	u->last = u->started ? u->last + lq_seq_diff(seq, (uint16_t)u->last) : seq;
	u->started = 1;
	return u->last;
}

int64_t lq_unwrap_ts(lq_unwrap *u, uint32_t ts)
{
	u->last = u->started ? u->last + lq_ts_diff(ts, (uint32_t)u->last) : ts;
	u->started = 1;
	return u->last;
}
