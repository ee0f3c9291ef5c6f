/* RTCP (RFC 3550, 4585, 5104): a compound packet is read one packet at a time and written piece by piece. Sans-IO. */
#ifndef LQ_WEBRTC_RTCP_H
#define LQ_WEBRTC_RTCP_H

#include <stddef.h>
#include <stdint.h>

enum { LQ_RTCP_SR = 200, LQ_RTCP_RR = 201, LQ_RTCP_SDES = 202, LQ_RTCP_BYE = 203, LQ_RTCP_RTPFB = 205, LQ_RTCP_PSFB = 206 };
enum { LQ_RTPFB_NACK = 1, LQ_RTPFB_TWCC = 15, LQ_PSFB_PLI = 1, LQ_PSFB_FIR = 4, LQ_PSFB_AFB = 15 };

typedef struct lq_report_block {
	uint32_t ssrc;
	uint8_t fraction_lost; /* of 256 */
	int32_t lost;          /* cumulative, 24 bits signed */
	uint32_t highest_seq;  /* extended */
	uint32_t jitter;       /* RTP timestamp units */
	uint32_t last_sr;      /* middle 32 bits of the SR's NTP time */
	uint32_t delay_since_sr; /* 1/65536 s */
} lq_report_block;

typedef struct lq_sender_info {
	uint64_t ntp; /* 32.32 */
	uint32_t rtp;
	uint32_t packets, octets;
} lq_sender_info;

/* One packet of a compound. */
typedef struct lq_rtcp {
	uint8_t type;
	uint8_t count; /* report count or feedback format */
	uint32_t ssrc; /* sender */
	uint32_t media_ssrc; /* feedback */
	lq_sender_info sender; /* SR */
	const uint8_t *body;   /* behind the fixed part: report blocks, FCI, SDES chunks */
	size_t body_len;
} lq_rtcp;

/* Reads the packet at *pos and moves *pos behind it. 0, LQ_END at the end, LQ_EPARSE. */
int lq_rtcp_next(const uint8_t *data, size_t len, size_t *pos, lq_rtcp *out);
/* Report block i of an SR or RR. 0 or LQ_END. */
int lq_rtcp_block(const lq_rtcp *rtcp, uint32_t i, lq_report_block *out);
/* Calls fn for each sequence number of a generic NACK. LQ_EPARSE when malformed. */
int lq_rtcp_nacks(const lq_rtcp *rtcp, void (*fn)(void *arg, uint16_t seq), void *arg);
/* FIR entry i: the SSRC asked. 0 or LQ_END. */
int lq_rtcp_fir(const lq_rtcp *rtcp, uint32_t i, uint32_t *ssrc, uint8_t *seq);
/* SDES CNAME of the first chunk; length or 0. */
size_t lq_rtcp_cname(const lq_rtcp *rtcp, char *out, size_t size);
/* REMB (draft-alvestrand-rmcat-remb): bit/s. 0 or LQ_ENOENT. */
int lq_rtcp_remb(const lq_rtcp *rtcp, uint64_t *bitrate);

/* Writers append one packet at out+pos and return the new length, or 0 when it does not fit. */
size_t lq_rtcp_write_sr(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const lq_sender_info *info, const lq_report_block *blocks, uint32_t n);
size_t lq_rtcp_write_rr(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const lq_report_block *blocks, uint32_t n);
size_t lq_rtcp_write_sdes(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, const char *cname);
size_t lq_rtcp_write_bye(uint8_t *out, size_t size, size_t pos, uint32_t ssrc);
size_t lq_rtcp_write_nack(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint32_t media, const uint16_t *seqs, uint32_t n); /* ascending */
size_t lq_rtcp_write_pli(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint32_t media);
size_t lq_rtcp_write_remb(uint8_t *out, size_t size, size_t pos, uint32_t ssrc, uint64_t bitrate, const uint32_t *ssrcs, uint32_t n);

#endif
