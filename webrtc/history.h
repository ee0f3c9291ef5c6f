/* The packets that a stream has sent lately, to be sent again when the other side asks. Fixed memory. */
#ifndef LQ_WEBRTC_HISTORY_H
#define LQ_WEBRTC_HISTORY_H

#include <stddef.h>
#include <stdint.h>

typedef struct lq__history lq__history;
int lq__history_create(uint32_t slots, lq__history **out); /* a power of two */
void lq__history_destroy(lq__history *h);
/* Room for the packet `seq` of LQ_RTP_MAX bytes; forgets the one that was there. Tell the length when it is written. */
uint8_t *lq__history_slot(lq__history *h, uint16_t seq);
void lq__history_set(lq__history *h, uint16_t seq, size_t len);
/* For the first sending; NULL when it is gone. */
uint8_t *lq__history_first(lq__history *h, uint16_t seq, int64_t now, size_t *len);
/* For a resend. NULL: unknown, not sent at all yet, over 2 s old, or resent within the last `rtt`. */
uint8_t *lq__history_again(lq__history *h, uint16_t seq, int64_t now, int64_t rtt, size_t *len);

#endif
