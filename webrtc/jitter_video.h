/* Video: packets in any order become complete frames in order. Decoding begins at a key frame, and again at the next one when something stays
 * lost. Sequence numbers are unwrapped ones. */
#ifndef LQ_WEBRTC_JITTER_VIDEO_H
#define LQ_WEBRTC_JITTER_VIDEO_H

#include <stddef.h>
#include <stdint.h>

#include "rtp.h"

typedef struct lq__jitter_video lq__jitter_video;
int lq__jitter_video_create(lq__jitter_video **out);
void lq__jitter_video_destroy(lq__jitter_video *j);

typedef struct lq__video_packet {
	int64_t seq;
	uint32_t codec;
	const lq_rtp *rtp;
	uint64_t capture_ntp; /* of abs-capture-time; 0 none */
	int64_t now;
} lq__video_packet;
/* 0; LQ_EEXIST: have it; LQ_END: came too late; LQ_EPARSE: no such codec's payload; LQ_ENOMEM. */
int lq__jitter_video_put(lq__jitter_video *j, const lq__video_packet *p);

typedef struct lq__video_frame {
	uint32_t codec, timestamp;
	uint8_t key, discontinuity;
	uint64_t capture_ntp;
	int64_t first_arrival, complete; /* when its first and its last packet came */
	const uint8_t *data;             /* valid until the next call */
	size_t len;
} lq__video_frame;
/* 1 and the next frame when it is complete, else 0. */
int lq__jitter_video_frame(lq__jitter_video *j, lq__video_frame *out);

/* Since when packets are there that cannot become a frame yet; LQ_TIME_NONE: not so. */
int64_t lq__jitter_video_blocked(const lq__jitter_video *j);
int lq__jitter_video_wants_key(const lq__jitter_video *j); /* only a key frame helps */
/* Gives up what is missing: goes on at the next key frame, one that is there or one to come. 1 when one is there. */
int lq__jitter_video_skip(lq__jitter_video *j);
int lq__jitter_video_has_key(const lq__jitter_video *j); /* a whole key frame waits behind the gap */
int64_t lq__jitter_video_position(const lq__jitter_video *j); /* nothing below this is of use */
uint64_t lq__jitter_video_dropped(const lq__jitter_video *j); /* frames */

#endif
