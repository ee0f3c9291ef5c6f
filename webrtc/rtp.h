/* RTP packets (RFC 3550) and header extensions (RFC 8285): parse and write in place. Sans-IO. */
#ifndef LQ_WEBRTC_RTP_H
#define LQ_WEBRTC_RTP_H

#include <stddef.h>
#include <stdint.h>

#define LQ_RTP_MAX 1200 /* largest RTP packet that we send, header included, before SRTP */

/* RFC 7983 and RFC 5761: what a datagram is. */
enum { LQ_PACKET_UNKNOWN = 0, LQ_PACKET_STUN, LQ_PACKET_DTLS, LQ_PACKET_RTP, LQ_PACKET_RTCP };
int lq_packet_classify(const uint8_t *data, size_t len);

typedef struct lq_rtp {
	uint8_t marker;
	uint8_t payload_type;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
	uint8_t n_csrc;
	uint16_t ext_profile; /* 0: no extension; 0xBEDE one-byte, 0x1000..0x100F two-byte */
	const uint8_t *ext;   /* the extension's body */
	size_t ext_len;
	size_t header_len; /* fixed part, CSRCs and extension */
	const uint8_t *payload;
	size_t payload_len; /* without padding */
	uint8_t padding;
} lq_rtp;

/* 0 or LQ_EPARSE. Pointers point into data. */
int lq_rtp_parse(const uint8_t *data, size_t len, lq_rtp *out);
/* The element `id` of the extension, NULL when absent. */
const uint8_t *lq_rtp_ext_find(const lq_rtp *rtp, uint8_t id, size_t *len);

/* Writes a header (marker … ssrc of *rtp, no CSRCs) with extension elements; returns its length, 0 when it does not fit. The elements have the
 * one-byte form; when one of them needs it (id above 14, length 0 or above 16), all get the two-byte form. */
typedef struct lq_rtp_ext {
	uint8_t id; /* 1..255 */
	uint8_t len;
	const uint8_t *data;
} lq_rtp_ext;
size_t lq_rtp_write(uint8_t *out, size_t size, const lq_rtp *rtp, const lq_rtp_ext *exts, size_t n_exts);

/* RFC 1982 order of sequence numbers and timestamps: > 0 when a is after b. */
static inline int lq_seq_diff(uint16_t a, uint16_t b) { return (int16_t)(uint16_t)(a - b); }
static inline int32_t lq_ts_diff(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

/* Extends 16-bit sequence numbers (or 32-bit timestamps) to 64 bits. Zero-initialise. */
typedef struct lq_unwrap {
	int64_t last;
	int started;
} lq_unwrap;
int64_t lq_unwrap_seq(lq_unwrap *u, uint16_t seq);
int64_t lq_unwrap_ts(lq_unwrap *u, uint32_t ts);

#endif
