#include "webrtc/rtcp.h"

#include <string.h>

#include "webrtc/bytes.h"

/* Room for a packet of `body` bytes (a multiple of 4) behind its header; NULL when it does not fit. */
static uint8_t *begin(uint8_t *out, size_t size, size_t pos, uint8_t type, uint32_t count, size_t body)
{
	if (count > 31 || pos > size || body + 4 > size - pos || body / 4 > 0xFFFF)
		return NULL;
	uint8_t *p = out + pos;
	p[0] = (uint8_t)(0x80 | count);
	p[1] = type;
	lq__put16(p + 2, (uint16_t)(body / 4));
	return p + 4;
}

static uint8_t *begin_feedback(uint8_t *out, size_t size, size_t pos, uint8_t type, uint32_t format, uint32_t ssrc, uint32_t media, size_t fci)
{
	uint8_t *p = begin(out, size, pos, type, format, 8 + fci);
	if (!p)
		return NULL;
	lq__put32(p, ssrc);
	lq__put32(p + 4, media);
	return p + 8;
}

static void put_blocks(uint8_t *p, const lq_report_block *blocks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, p += 24) {
		const lq_report_block *b = &blocks[i];
		int32_t lost = b->lost > 0x7FFFFF ? 0x7FFFFF : b->lost < -0x800000 ? -0x800000 : b->lost;
		lq__put32(p, b->ssrc);
		p[4] = b->fraction_lost;
		lq__put24(p + 5, (uint32_t)lost & 0xFFFFFF);
		lq__put32(p + 8, b->highest_seq);
		lq__put32(p + 12, b->jitter);
		lq__put32(p + 16, b->last_sr);
		lq__put32(p + 20, b->delay_since_sr);
	}
}

size_t lq_rtcp_write_sr(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const lq_sender_info *info, const lq_report_block *blocks, uint32_t n)
{
	uint8_t *p = n > 31 ? NULL : begin(out, size, pos, LQ_RTCP_SR, n, 24 + 24 * n);
	if (!p)
		return 0;
	lq__put32(p, ssrc);
	lq__put64(p + 4, info->ntp);
	lq__put32(p + 12, info->rtp);
	lq__put32(p + 16, info->packets);
	lq__put32(p + 20, info->octets);
	put_blocks(p + 24, blocks, n);
	return pos + 28 + 24 * n;
}

size_t lq_rtcp_write_rr(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const lq_report_block *blocks, uint32_t n)
{
	uint8_t *p = n > 31 ? NULL : begin(out, size, pos, LQ_RTCP_RR, n, 4 + 24 * n);
	if (!p)
		return 0;
	lq__put32(p, ssrc);
	put_blocks(p + 4, blocks, n);
	return pos + 8 + 24 * n;
}

size_t lq_rtcp_write_sdes(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const char *cname)
{
	size_t n = strnlen(cname, 255), body = (4 + 2 + n + 1 + 3) & ~(size_t)3; /* at least one zero ends the chunk */
	uint8_t *p = begin(out, size, pos, LQ_RTCP_SDES, 1, body);
	if (!p)
		return 0;
	memset(p, 0, body);
	lq__put32(p, ssrc);
	p[4] = 1;
	p[5] = (uint8_t)n;
	memcpy(p + 6, cname, n);
	return pos + 4 + body;
}

size_t lq_rtcp_write_bye(uint8_t *out, size_t size, size_t pos, uint32_t ssrc)
{
	uint8_t *p = begin(out, size, pos, LQ_RTCP_BYE, 1, 4);
	if (!p)
		return 0;
	lq__put32(p, ssrc);
	return pos + 8;
}

/* How many of the n sequence numbers one FCI entry takes, and its mask. */
static uint32_t nack_entry(const uint16_t *seqs, uint32_t n, uint16_t *mask)
{
	uint32_t used = 1;
	*mask = 0;
	for (; used < n; used++) {
		uint16_t ahead = (uint16_t)(seqs[used] - seqs[0]);
		if (ahead > 16)
			break;
		if (ahead)
			*mask |= (uint16_t)(1u << (ahead - 1));
	}
	return used;
}

size_t lq_rtcp_write_nack(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint32_t media, const uint16_t *seqs, uint32_t n)
{
	uint32_t entries = 0;
	uint16_t mask;
	for (uint32_t i = 0; i < n; entries++)
		i += nack_entry(seqs + i, n - i, &mask);
	uint8_t *p = n ? begin_feedback(out, size, pos, LQ_RTCP_RTPFB, LQ_RTPFB_NACK, ssrc, media, 4 * (size_t)entries) : NULL;
	if (!p)
		return 0;
	for (uint32_t i = 0; i < n; p += 4) {
		uint32_t used = nack_entry(seqs + i, n - i, &mask);
		lq__put16(p, seqs[i]);
		lq__put16(p + 2, mask);
		i += used;
	}
	return pos + 12 + 4 * (size_t)entries;
}

size_t lq_rtcp_write_pli(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint32_t media)
{
	return begin_feedback(out, size, pos, LQ_RTCP_PSFB, LQ_PSFB_PLI, ssrc, media, 0) ? pos + 12 : 0;
}

size_t lq_rtcp_write_remb(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint64_t bitrate, const uint32_t *ssrcs, uint32_t n)
{
	uint8_t *p = n > 255 ? NULL : begin_feedback(out, size, pos, LQ_RTCP_PSFB, LQ_PSFB_AFB, ssrc, 0, 8 + 4 * (size_t)n);
	uint8_t exponent = 0;
	if (!p)
		return 0;
	while (bitrate > 0x3FFFF) {
		bitrate >>= 1;
		exponent++;
	}
	memcpy(p, "REMB", 4);
	p[4] = (uint8_t)n;
	lq__put24(p + 5, (uint32_t)exponent << 18 | (uint32_t)bitrate);
	for (uint32_t i = 0; i < n; i++)
		lq__put32(p + 8 + 4 * (size_t)i, ssrcs[i]);
	return pos + 20 + 4 * (size_t)n;
}
