/* Sound and picture of one sender in step: RTP time is mapped to the sender's clock by its reports, and the stream that is ahead waits. */
#ifndef LQ_WEBRTC_SYNC_H
#define LQ_WEBRTC_SYNC_H

#include <stdint.h>

/* The sender's report: its wall-clock time of an RTP time (unwrapped). */
typedef struct lq__sr_map {
	int known;
	int64_t ntp; /* ns since 1900 */
	int64_t rtp;
} lq__sr_map;

int64_t lq__ntp_to_ns(uint64_t ntp);
uint64_t lq__ns_to_ntp(int64_t ns);
/* The sender's time of an RTP time; only when known. */
int64_t lq__sr_ntp(const lq__sr_map *m, int64_t rtp, uint32_t rate);

/* audio, video: when each would play a moment of the sender's clock at the earliest, minus that moment; heard: when sound plays it now. Moves the extra delays
 * of both one step towards being in step. may_lag: sound that is so much late may stay so. */
void lq__sync_step(int64_t audio, int64_t heard, int64_t video, int64_t may_lag, int64_t *audio_extra, int64_t *video_extra);

#endif
