/* What VP8 and VP9 have in common: pieces of even size, and a picture id in each one's descriptor. */
#ifndef LQ_WEBRTC_PAYLOAD_VPX_H
#define LQ_WEBRTC_PAYLOAD_VPX_H

#include "payload.h"

enum { LQ__VPX_FIRST = 1, LQ__VPX_LAST = 2, LQ__VPX_KEY = 4 };

/* Writes a descriptor; id: as 16 bits. */
typedef void (*lq__vpx_write_fn)(uint8_t *out, uint16_t id, int flags);

/* Gives the frame out in pieces behind descriptors of `size` bytes, with the next picture id. Returns 0 or what fn did. */
int lq__vpx_split(lq_payloader *p, const uint8_t *au, size_t len, size_t max, size_t size, lq__vpx_write_fn write, int key, lq_payload_fn fn, void *arg);

/* The picture id at *at, of 7 or 15 bits, which is stepped over; 0 or LQ_EPARSE. */
int lq__vpx_read_id(const uint8_t *p, size_t len, size_t *at, int32_t *id);

#endif
