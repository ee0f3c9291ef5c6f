/* A one-way WebRTC peer session: media sections, DTLS, SRTP, RTP and RTCP for one peer connection, above ICE. Access units go in at one
 * side and come out at the other. Sans-IO, single-threaded: datagrams and times in, datagrams, events and the next time-out out. ICE is the
 * caller's: it gives candidates and ICE credentials for the description and carries the datagrams. */
#ifndef LQ_WEBRTC_SESSION_H
#define LQ_WEBRTC_SESSION_H

#include <loquat/plugin/buffer.h>

#include "dtls.h"
#include "sdp.h"

typedef struct lq_session lq_session;

/* A received access unit, or the news that an audio packet is missing. */
typedef struct lq_session_frame {
	const char *mid;
	uint32_t codec;
	uint32_t flags;   /* LQ_BUFFER_KEY, _DISCONTINUITY, _LOST */
	int64_t due;      /* when to play it: local monotonic ns, in step with the other media of the session */
	int64_t duration; /* audio */
	int64_t capture_time; /* the sender's capture time on our clock as well as it is known, else LQ_TIME_NONE */
	const uint8_t *data;
	size_t len;
} lq_session_frame;

typedef struct lq_session_callbacks {
	void (*send)(void *arg, const uint8_t *datagram, size_t len);
	void (*frame)(void *arg, const lq_session_frame *frame); /* data valid during the call */
	void (*state)(void *arg, int state, const char *reason);  /* LQ_STATE_* of DTLS */
	void (*key_frame_request)(void *arg, const char *mid);
	void (*loss)(void *arg, const char *mid, uint32_t per_mille); /* the far side's report */
	void (*rate)(void *arg, uint64_t bitrate);                    /* REMB: bit/s for the whole session; may be NULL */
} lq_session_callbacks;

typedef struct lq_session_config {
	int direction;       /* LQ_SEND or LQ_RECEIVE */
	const lq_cert *cert; /* NULL: one of its own */
	lq_session_callbacks callbacks;
	void *arg;
	uint32_t max_video_delay_ms; /* jitter buffer limit, 0: 500 */
	uint32_t min_delay_ms;       /* jitter buffer floor, 0: none */
	int64_t wall_offset;         /* the wall clock (ns since 1970) minus the session's clock; goes into sender reports */
} lq_session_config;

int lq_session_create(const lq_session_config *config, lq_session **out);
/* Other limits of the jitter buffers from now on, as in the config. What is received goes on with them: sound stretches, pictures wait. */
void lq_session_set_delays(lq_session *s, uint32_t min_delay_ms, uint32_t max_video_delay_ms);
void lq_session_destroy(lq_session *s);

/* SEND: declares a track before the offer. RECEIVE: says what is wanted, when we offer and the other side answers (WHEP); without, it offers. codecs: LQ_CODEC_*, preferred first; the answer chooses. Several encodings of one track (RFC 8853) are
 * declared one by one, the best first, each by its own name, "MID/RID", which it then has everywhere where a mid is wanted or told. When the other
 * side wants one encoding only, the first is sent. */
int lq_session_add_track(lq_session *s, const char *mid, uint32_t media, const uint32_t *codecs, uint32_t n_codecs, const char *msid);
int lq_session_remove_track(lq_session *s, const char *mid);
/* Other codecs for a track, from the next offer on; until its answer what was agreed holds. LQ_ENOENT, LQ_EINVAL. */
int lq_session_set_codecs(lq_session *s, const char *mid, const uint32_t *codecs, uint32_t n_codecs);

/* ICE credentials and candidates ("candidate:…" lines) that go into the local description. */
int lq_session_set_local_ice(lq_session *s, const char *ufrag, const char *pwd, const char *const *candidates, uint32_t n);

/* SEND writes an offer, RECEIVE (after set_remote) an answer, with tracks added an offer; setup is `active` in an answer unless the offer says so. Length or LQ_E*. */
int lq_session_describe(lq_session *s, char *out, size_t size);
/* SEND takes the answer, RECEIVE an offer, or the answer to ours (may come again with more or fewer media). `error` says what is wrong with it. */
int lq_session_set_remote(lq_session *s, const char *text, char *error, size_t error_size);
const lq_sdp *lq_session_remote(const lq_session *s); /* for ICE: ufrag, pwd, candidates; NULL before */
/* The codec of a track: negotiated, or for RECEIVE the offer's first that we know. LQ_CODEC_NONE: none. */
uint32_t lq_session_codec(const lq_session *s, const char *mid);

/* ICE is connected: DTLS may start. LQ_ESTATE before set_remote. */
int lq_session_connected(lq_session *s, int64_t now);
/* A datagram that is not STUN. Garbage is counted and ignored. */
void lq_session_input(lq_session *s, const uint8_t *data, size_t len, int64_t now);
int64_t lq_session_next(const lq_session *s); /* LQ_TIME_NONE: nothing to wait for */
void lq_session_timeout(lq_session *s, int64_t now);

/* SEND: one access unit. pts ns (any epoch), capture_time on the session's clock (LQ_TIME_NONE: now). LQ_ESTATE before DTLS is open, LQ_EFULL
 * while too much waits for the pacer: dropped and counted. */
int lq_session_send(lq_session *s, const char *mid, const uint8_t *data, size_t len, uint32_t flags, int64_t pts, int64_t capture_time, int64_t now);
/* RECEIVE: asks for a key frame (at most once in 300 ms is sent). */
int lq_session_request_key_frame(lq_session *s, const char *mid, int64_t now);

/* W3C webrtc-stats names: packetsSent, bytesSent, retransmittedPacketsSent, nackCount, pliCount, firCount, roundTripTime, framesSent;
 * packetsReceived, bytesReceived, packetsLost, jitter, framesReceived, framesDropped, keyFramesReceived, jitterBufferDelay,
 * jitterBufferEmittedCount, concealedSamples, totalSamplesReceived, retransmittedPacketsReceived, packetsDiscarded, badPackets. */
typedef void (*lq_session_stat_fn)(void *arg, const char *mid, const char *name, double value);
void lq_session_stats(lq_session *s, lq_session_stat_fn fn, void *arg);

#endif
