/* Audio: packets in any order and pace become one packet each play-out period. What is missing is announced so that the decoder conceals it; the
 * delay follows the jitter by inserting or leaving out a packet. Sequence numbers and timestamps are unwrapped ones. */
#ifndef LQ_WEBRTC_JITTER_AUDIO_H
#define LQ_WEBRTC_JITTER_AUDIO_H

#include <stddef.h>
#include <stdint.h>

typedef struct lq__jitter_audio lq__jitter_audio;
int lq__jitter_audio_create(uint32_t rate, int64_t min_delay, lq__jitter_audio **out);
void lq__jitter_audio_destroy(lq__jitter_audio *j);

typedef struct lq__audio_packet {
	int64_t seq, timestamp;
	uint32_t codec;
	const uint8_t *data;
	size_t len;
	uint64_t capture_ntp; /* 0 none */
	int64_t now;
} lq__audio_packet;
/* 0; LQ_EEXIST: have it; LQ_END: came too late; LQ_EPARSE; LQ_ENOMEM. */
int lq__jitter_audio_put(lq__jitter_audio *j, const lq__audio_packet *p);

typedef struct lq__audio_frame {
	uint32_t codec;
	uint8_t lost, discontinuity;
	int64_t timestamp;
	int64_t due, duration; /* ns */
	uint64_t capture_ntp;
	const uint8_t *data; /* valid until the next call; of a lost one the packet after it, where that is there */
	size_t len;
} lq__audio_frame;
/* 1 and what is to be played now, else 0. */
int lq__jitter_audio_frame(lq__jitter_audio *j, int64_t now, lq__audio_frame *out);
int64_t lq__jitter_audio_next(const lq__jitter_audio *j); /* when to ask again; LQ_TIME_NONE: after the next packet */

/* For the synchronisation: play-out time minus the stream's time, without and with the extra delay. */
int64_t lq__jitter_audio_latency(const lq__jitter_audio *j);
int64_t lq__jitter_audio_now(const lq__jitter_audio *j);  /* as it is played now, with the extra delay: on its way to where it should be */
int64_t lq__jitter_audio_base(const lq__jitter_audio *j); /* the same of the fastest packet's arrival */
void lq__jitter_audio_set_min_delay(lq__jitter_audio *j, int64_t min_delay);
void lq__jitter_audio_set_extra(lq__jitter_audio *j, int64_t extra);

typedef struct lq__jitter_audio_stats {
	uint64_t total_samples, concealed_samples, silent_concealed_samples, concealment_events, inserted_samples, removed_samples, discarded;
	uint64_t emitted_samples;
	double delay_seconds; /* summed over the emitted samples */
	int64_t target;       /* ns */
} lq__jitter_audio_stats;
void lq__jitter_audio_get_stats(const lq__jitter_audio *j, lq__jitter_audio_stats *out);

/* Samples a channel of an audio payload at `rate`; 0: malformed. */
uint32_t lq__audio_samples(uint32_t codec, const uint8_t *data, size_t len);

#endif
