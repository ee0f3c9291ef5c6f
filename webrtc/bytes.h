/* Big-endian loads and stores. */
#ifndef LQ_WEBRTC_BYTES_H
#define LQ_WEBRTC_BYTES_H

#include <stdint.h>

static inline uint16_t lq__get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t lq__get24(const uint8_t *p) { return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]; }
static inline uint32_t lq__get32(const uint8_t *p) { return (uint32_t)p[0] << 24 | lq__get24(p + 1); }
static inline uint64_t lq__get64(const uint8_t *p) { return (uint64_t)lq__get32(p) << 32 | lq__get32(p + 4); }

static inline void lq__put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void lq__put24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	lq__put16(p + 1, (uint16_t)v);
}

static inline void lq__put32(uint8_t *p, uint32_t v)
{
	lq__put16(p, (uint16_t)(v >> 16));
	lq__put16(p + 2, (uint16_t)v);
}

static inline void lq__put64(uint8_t *p, uint64_t v)
{
	lq__put32(p, (uint32_t)(v >> 32));
	lq__put32(p + 4, (uint32_t)v);
}

#endif
