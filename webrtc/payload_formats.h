/* One set of functions a codec, behind payload.h. */
#ifndef LQ_WEBRTC_PAYLOAD_FORMATS_H
#define LQ_WEBRTC_PAYLOAD_FORMATS_H

#include "rtp.h"
#include "payload.h"

int lq__h264_split(const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg);
int lq__h264_inspect(const uint8_t *payload, size_t len, lq_payload_info *out);
int lq__h264_join(lq_unpacker *u, const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used);

int lq__vp8_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg);
int lq__vp8_inspect(const uint8_t *payload, size_t len, lq_payload_info *out);
int lq__vp8_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used);

void lq__vp8_move_ids(uint8_t *payload, size_t len, uint16_t picture, uint8_t tl0);
size_t lq__vp8_header(const uint8_t *payload, size_t len); /* of the payload descriptor; 0: it is none */

int lq__vp9_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, lq_payload_fn fn, void *arg);
int lq__vp9_inspect(const uint8_t *payload, size_t len, lq_payload_info *out);
int lq__vp9_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used);

size_t lq__vp9_header(const uint8_t *payload, size_t len);

int lq__audio_split(const uint8_t *packet, size_t len, size_t max, lq_payload_fn fn, void *arg);
int lq__audio_inspect(const uint8_t *payload, size_t len, lq_payload_info *out);
int lq__audio_join(const uint8_t *payload, size_t len, uint8_t *out, size_t size, size_t *used);

/* Appends to what lq_payload_join fills. 0 or LQ_ENOSPACE. */
int lq__payload_append(const uint8_t *data, size_t len, uint8_t *out, size_t size, size_t *used);

#endif
