/* Payload formats: access units to RTP payloads and back. H.264 (RFC 6184, packetization-mode 1), VP8 (RFC 7741), VP9
 * (RFC 9628), Opus (RFC 7587), PCM. Sans-IO, no allocation. Another codec: LQ_ENOTSUP. */
#ifndef LQ_WEBRTC_PAYLOAD_H
#define LQ_WEBRTC_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <loquat/plugin/buffer.h> /* LQ_CODEC_* */

/* Payloader state of one sent stream. Zero-initialise, set codec. */
typedef struct lq_payloader {
	uint32_t codec;
	uint16_t picture_id; /* VP8 and VP9, 15 bits: of the next access unit */
} lq_payloader;

#define LQ_PAYLOAD_MIN 64 /* smallest `max` of lq_payload_split */

/* Called for each payload in order; `last` marks the last of the access unit (the RTP marker for video). */
typedef int (*lq_payload_fn)(void *arg, const uint8_t *payload, size_t len, int last);
/* Splits an access unit (H.264: Annex B) into payloads of at most `max` bytes (and LQ_RTP_MAX). The payload passed to fn is valid during the call.
 * 0, or fn's error, or LQ_EPARSE when the access unit is no such codec's (before any call). LQ_ENOSPACE: an audio packet above `max`.
 * H.264 delimiters and filler are left out. */
int lq_payload_split(lq_payloader *p, const uint8_t *au, size_t len, int key, size_t max, lq_payload_fn fn, void *arg);

/* What one received payload says, without reassembly. The SFU uses it, too. */
typedef struct lq_payload_info {
	uint8_t key;       /* belongs to a key frame's start (H.264: SPS or IDR; VP8, VP9: P bit clear in the first payload) */
	uint8_t start;     /* first payload of a frame, as far as the payload tells */
	uint8_t end;       /* last payload of a frame: FU end bit, or the whole; the RTP marker says more */
	int32_t picture_id; /* VP8, VP9; -1 none */
	int16_t tl0_index;  /* VP8: TL0PICIDX; -1 none */
	uint8_t temporal_id, spatial_id;
} lq_payload_info;
int lq_payload_inspect(uint32_t codec, const uint8_t *payload, size_t len, lq_payload_info *out);

/* The size of the picture that a key frame's first payload tells (H.264: a parameter set in it). 0 or LQ_ENOENT. */
int lq_payload_size(uint32_t codec, const uint8_t *payload, size_t len, uint32_t *width, uint32_t *height);

/* VP8: adds to the picture id and to TL0PICIDX of a payload, in place; others stay as they are. For who joins several streams into one. */
void lq_payload_move_ids(uint32_t codec, uint8_t *payload, size_t len, uint16_t picture, uint8_t tl0);

/* Appends one payload of a frame to `out` as access-unit bytes (H.264: start codes are put in; FU-A and STAP-A are undone). Payloads of
 * one frame must come in order and complete; *used 0 begins a frame. *used grows. LQ_EPARSE, LQ_ENOSPACE: the frame is lost. */
typedef struct lq_unpacker {
	uint32_t codec;
	int in_fragment; /* H.264 FU-A under way */
} lq_unpacker;
int lq_payload_join(lq_unpacker *u, const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used);

#endif
