/* Which packets are missing and when to ask for them. Sequence numbers are unwrapped ones. */
#ifndef LQ_WEBRTC_NACK_H
#define LQ_WEBRTC_NACK_H

#include <stdint.h>

#define LQ__NACK_MAX 1000

typedef struct lq__missing {
	int64_t seq, found, asked;
	uint32_t tries;
} lq__missing;

typedef struct lq__nack {
	lq__missing list[LQ__NACK_MAX]; /* ascending */
	uint32_t n;
	int started;
	int64_t highest;
	int64_t rtt; /* measured from question to answer; 0 unknown */
} lq__nack;

/* A packet has come, straight or as a repair. 0, or LQ_EFULL when so much is missing that only a key frame helps (the list is empty then). */
int lq__nack_received(lq__nack *n, int64_t seq, int64_t now);
/* Up to `max` sequence numbers to ask for now, ascending; returns how many. */
uint32_t lq__nack_ask(lq__nack *n, int64_t now, uint16_t *out, uint32_t max);
int64_t lq__nack_next(const lq__nack *n); /* LQ_TIME_NONE: nothing is missing */
/* Nothing below `seq` is of use any more. */
void lq__nack_forget(lq__nack *n, int64_t seq);

#endif
