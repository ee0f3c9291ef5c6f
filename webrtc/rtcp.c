#include "webrtc/rtcp.h"

#include <loquat/plugin/errors.h>
#include <string.h>

#include "webrtc/bytes.h"

#define BLOCK 24u

static int read_sender(lq_rtcp *out)
{
	const uint8_t *p = out->body;
	if (out->body_len < 20)
		return LQ_EPARSE;
	out->sender = (lq_sender_info){lq__get64(p), lq__get32(p + 8), lq__get32(p + 12), lq__get32(p + 16)};
	out->body += 20;
	out->body_len -= 20;
	return 0;
}

/* Takes the fixed part off the body, by type. */
static int read_fixed(lq_rtcp *out)
{
	int sender_first = out->type != LQ_RTCP_SDES && out->type != LQ_RTCP_BYE;
	if (out->body_len >= 4)
		out->ssrc = lq__get32(out->body);
	if (sender_first) {
		if (out->body_len < 4)
			return LQ_EPARSE;
		out->body += 4;
		out->body_len -= 4;
	}
	switch (out->type) {
	case LQ_RTCP_SR:
		if (read_sender(out))
			return LQ_EPARSE;
		return out->body_len >= out->count * BLOCK ? 0 : LQ_EPARSE;
	case LQ_RTCP_RR:
		return out->body_len >= out->count * BLOCK ? 0 : LQ_EPARSE;
	case LQ_RTCP_SDES: /* a chunk is an SSRC and at least the list's end */
		return out->body_len >= out->count * 8u ? 0 : LQ_EPARSE;
	case LQ_RTCP_BYE:
		return out->body_len >= out->count * 4u ? 0 : LQ_EPARSE;
	case LQ_RTCP_RTPFB:
	case LQ_RTCP_PSFB:
		if (out->body_len < 4)
			return LQ_EPARSE;
		out->media_ssrc = lq__get32(out->body);
		out->body += 4;
		out->body_len -= 4;
		return 0;
	default:
		return 0;
	}
}

int lq_rtcp_next(const uint8_t *data, size_t len, size_t *pos, lq_rtcp *out)
{
	if (*pos >= len)
		return LQ_END;
	const uint8_t *p = data + *pos;
	size_t left = len - *pos;
	if (left < 4 || p[0] >> 6 != 2 || p[1] < 192 || p[1] > 223)
		return LQ_EPARSE;
	size_t n = 4 + 4 * (size_t)lq__get16(p + 2), body = n - 4;
	if (n > left)
		return LQ_EPARSE;
	if (p[0] & 32) { /* padding: only in the last one */
		uint8_t pad = p[n - 1];
		if (n != left || !pad || pad % 4 || pad > body)
			return LQ_EPARSE;
		body -= pad;
	}
	memset(out, 0, sizeof *out);
	out->type = p[1];
	out->count = p[0] & 31;
	out->body = p + 4;
	out->body_len = body;
	int e = read_fixed(out);
	if (!e)
		*pos += n;
	return e;
}

int lq_rtcp_block(const lq_rtcp *rtcp, uint32_t i, lq_report_block *out)
{
	if ((rtcp->type != LQ_RTCP_SR && rtcp->type != LQ_RTCP_RR) || i >= rtcp->count || rtcp->body_len < (i + 1) * BLOCK)
		return LQ_END;
	const uint8_t *p = rtcp->body + i * BLOCK;
	int32_t lost = (int32_t)lq__get24(p + 5);
	out->ssrc = lq__get32(p);
	out->fraction_lost = p[4];
	out->lost = lost & 0x800000 ? lost - 0x1000000 : lost;
	out->highest_seq = lq__get32(p + 8);
	out->jitter = lq__get32(p + 12);
	out->last_sr = lq__get32(p + 16);
	out->delay_since_sr = lq__get32(p + 20);
	return 0;
}

int lq_rtcp_nacks(const lq_rtcp *rtcp, void (*fn)(void *arg, uint16_t seq), void *arg)
{
	if (rtcp->type != LQ_RTCP_RTPFB || rtcp->count != LQ_RTPFB_NACK || !rtcp->body_len || rtcp->body_len % 4)
		return LQ_EPARSE;
	for (size_t i = 0; i < rtcp->body_len; i += 4) {
		uint16_t first = lq__get16(rtcp->body + i), mask = lq__get16(rtcp->body + i + 2);
		fn(arg, first);
		for (int bit = 0; bit < 16; bit++)
			if (mask >> bit & 1)
				fn(arg, (uint16_t)(first + 1 + bit));
	}
	return 0;
}

int lq_rtcp_fir(const lq_rtcp *rtcp, uint32_t i, uint32_t *ssrc, uint8_t *seq)
{
	if (rtcp->type != LQ_RTCP_PSFB || rtcp->count != LQ_PSFB_FIR || i >= rtcp->body_len / 8)
		return LQ_END;
	*ssrc = lq__get32(rtcp->body + 8 * (size_t)i);
	*seq = rtcp->body[8 * (size_t)i + 4];
	return 0;
}

size_t lq_rtcp_cname(const lq_rtcp *rtcp, char *out, size_t size)
{
	if (rtcp->type != LQ_RTCP_SDES || !rtcp->count || !size)
		return 0;
	for (size_t at = 4; at + 2 <= rtcp->body_len && rtcp->body[at];) {
		size_t n = rtcp->body[at + 1];
		if (n > rtcp->body_len - at - 2)
			return 0;
		if (rtcp->body[at] == 1) {
			n = n < size ? n : size - 1;
			memcpy(out, rtcp->body + at + 2, n);
			out[n] = 0;
			return n;
		}
		at += 2 + n;
	}
	return 0;
}

int lq_rtcp_remb(const lq_rtcp *rtcp, uint64_t *bitrate)
{
	const uint8_t *p = rtcp->body;
	if (rtcp->type != LQ_RTCP_PSFB || rtcp->count != LQ_PSFB_AFB || rtcp->body_len < 8 || memcmp(p, "REMB", 4))
		return LQ_ENOENT;
	if (rtcp->body_len < 8 + 4u * p[4])
		return LQ_ENOENT;
	uint64_t mantissa = lq__get24(p + 5) & 0x3FFFF;
	uint8_t exponent = p[5] >> 2;
	if (mantissa << exponent >> exponent != mantissa) /* more than 64 bits: no such link exists */
		return LQ_ENOENT;
	*bitrate = mantissa << exponent;
	return 0;
}
