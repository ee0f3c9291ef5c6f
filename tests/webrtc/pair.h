/* A sending and a receiving session joined by two simulated links, with a made-up camera and microphone. */
#ifndef LQ_TEST_PAIR_H
#define LQ_TEST_PAIR_H

#include "simlink.h"
#include "webrtc/session.h"

#define PAIR_TRACKS 6
#define PAIR_FRAMES 40000

typedef struct pair_config {
	simlink_config forth, back;
	uint32_t video_codec;   /* LQ_CODEC_NONE: no video */
	int audio;
	uint32_t frame_bytes;   /* mean size of a delta frame; a key frame has six times that. 0: 4000 */
	uint32_t key_every;     /* frames, 0: only when asked */
	int64_t wall_offset;    /* of the sender against the receiver: how wrong its clock is */
	int64_t audio_hold;     /* ns that the sender's sound is late in the encoder */
	uint32_t max_video_delay_ms;
	double audio_ppm;       /* the microphone's clock is so much fast */
} pair_config;

/* What the receiver got of one track. */
typedef struct pair_track {
	char mid[8];
	uint32_t media, codec;
	uint32_t sent, received, keys, lost, discontinuities;
	uint32_t wrong;      /* content or order is not what was sent */
	int64_t first_number, last_number; /* of a frame, -1 none */
	int64_t first_at, next_due, due_min, due_max; /* due - captured */
	int64_t late_max;    /* now - due */
	int64_t latency_sum, latency_max; /* handed over - captured */
	int64_t capture_error_max;
	int64_t last_due;
	int64_t due_of_capture; /* due - captured of the last frame */
	uint32_t backwards;  /* due went back */
	int removed, ask_key;
	int64_t next_frame;
} pair_track;

typedef struct pair {
	pair_config config;
	int64_t now;
	lq_session *a, *b;
	simlink *forth, *back;
	int state_a, state_b;
	char reason_a[200];
	uint32_t n_tracks;
	pair_track tracks[PAIR_TRACKS];
	uint64_t rate;
	uint32_t loss_reports, loss_per_mille;
	int64_t drop_from, drop_until; /* forth link is dead meanwhile */
	uint64_t random;
} pair;

void pair_open(pair *p, const pair_config *config);
pair_track *pair_add(pair *p, const char *mid, uint32_t media, uint32_t codec);
void pair_remove(pair *p, const char *mid);
void pair_negotiate(pair *p);
void pair_connect(pair *p); /* ICE is there */
void pair_run(pair *p, int64_t seconds_ns);
void pair_close(pair *p);
double pair_stat(lq_session *s, const char *mid, const char *name);

#endif
