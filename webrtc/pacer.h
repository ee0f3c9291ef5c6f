/* Spreads the packets of large frames: at most 10 within 5 ms, so that no queue on the way overflows; what is smaller leaves at once. It holds
 * references to packets in the streams' histories, not packets. */
#ifndef LQ_WEBRTC_PACER_H
#define LQ_WEBRTC_PACER_H

#include <stdint.h>

#define LQ__PACER_MEDIA 768 /* below a history's slots: what waits must still be there */
#define LQ__PACER_REPAIR 256

typedef struct lq__paced {
	uint16_t track; /* the session's index */
	uint16_t seq;
	uint8_t repair;
} lq__paced;

typedef struct lq__pacer {
	lq__paced media[LQ__PACER_MEDIA], repair[LQ__PACER_REPAIR];
	uint32_t media_head, n_media, repair_head, n_repair;
	int64_t window; /* start of the present 5 ms */
	uint32_t in_window;
} lq__pacer;

/* Room for `n` more media packets? */
int lq__pacer_room(const lq__pacer *p, uint32_t n);
/* LQ_EFULL when there is no room. Repairs go first. */
int lq__pacer_push(lq__pacer *p, lq__paced packet);
/* 1 and the next packet when one may leave now. */
int lq__pacer_pop(lq__pacer *p, int64_t now, lq__paced *out);
int64_t lq__pacer_next(const lq__pacer *p); /* LQ_TIME_NONE: empty */

#endif
