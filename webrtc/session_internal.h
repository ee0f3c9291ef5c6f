/* Private to the session's files. */
#ifndef LQ_WEBRTC_SESSION_INTERNAL_H
#define LQ_WEBRTC_SESSION_INTERNAL_H

#include "delay.h"
#include "history.h"
#include "jitter_audio.h"
#include "jitter_video.h"
#include "nack.h"
#include "pacer.h"
#include "payload.h"
#include "rtcp.h"
#include "rtp.h"
#include "sdp.h"
#include "session.h"
#include "srtp.h"
#include "sync.h"

#define MAX_TRACKS LQ_SDP_MAX_MEDIA
#define MAX_STREAMS 256
#define MAX_WANTED 8
#define DATAGRAM_MAX 2048
#define NO_PT 0xff
#define KEY_REQUEST_SPACE (300 * LQ_MSEC)
#define NTP_UNIX (INT64_C(2208988800) * LQ_SEC) /* 1900 to 1970 */

typedef struct lq__sender {
	lq_payloader payloader;
	lq__history *history; /* audio has a short one: it is not resent, but goes the same way */
	uint16_t seq, rtx_seq;
	uint32_t base_ts, last_ts;
	int64_t last_pts, last_capture;
	int64_t next_report; /* LQ_TIME_NONE: nothing sent yet */
	int64_t last_key_request;
	int key_frame_owed; /* asked for too soon after the last request */
	int64_t rtt; /* 0 unknown */
	/* W3C names */
	uint64_t packets_sent, bytes_sent, payload_bytes, retransmitted, nack_count, pli_count, fir_count, frames_sent, frames_dropped;
	uint32_t fraction_lost; /* of 256, reported last */
	int32_t lost;
	uint32_t remote_jitter;
} lq__sender;

/* What a track has received, whatever its SSRCs. */
typedef struct lq__received {
	uint64_t packets, bytes, retransmitted, discarded, frames, key_frames, nack_count, pli_count;
	double jitter_delay; /* s, video */
} lq__received;

typedef struct lq__receiver {
	int bound; /* its SSRC is known */
	uint32_t ssrc;
	lq_unwrap seq, ts;
	lq__nack nack;
	lq__jitter_video *video;
	lq__jitter_audio *audio;
	lq__delay delay; /* video */
	lq__sr_map sr;
	uint32_t sr_middle; /* of the last SR's NTP time */
	int64_t sr_arrival;
	int64_t extra; /* of the synchronisation */
	/* RFC 3550 A.3, A.8 */
	int64_t base_seq, highest;
	uint64_t received, expected_prior, received_prior;
	int64_t last_transit;
	double jitter;
	int64_t last_key_request; /* LQ_TIME_NONE: never */
	int key_wanted;           /* by the user of the session */
	lq__received sum;
} lq__receiver;

typedef struct lq__track {
	lq_session *session;
	uint16_t index;
	char mid[33], msid[130];
	char rid[LQ_SDP_RID_SIZE];       /* "": the only encoding of its section; tracks of one mid are encodings of the same */
	char name[33 + LQ_SDP_RID_SIZE]; /* mid, or mid/rid */
	uint32_t media;
	uint32_t wanted[MAX_WANTED], n_wanted; /* of what we offer */
	int removed; /* SEND: by the caller */
	int active;  /* negotiated */
	uint32_t codec, rate, feedback;
	uint8_t pt, rtx_pt; /* SEND */
	uint8_t ext_mid, ext_send_time, ext_capture_time, ext_rid, ext_repaired_rid;
	uint32_t ssrc, rtx_ssrc; /* SEND */
	const lq_sdp_media *remote; /* within session->remote; NULL before */
	lq__sender *send;
	lq__receiver *receive;
} lq__track;

/* RECEIVE: what an SSRC carries. */
typedef struct lq__stream {
	uint32_t ssrc;
	lq__track *track;
} lq__stream;

struct lq_session {
	lq_session_config config;
	lq_cert *own_cert;
	const lq_cert *cert;
	lq_dtls *dtls;
	lq_srtp *srtp;
	int state;
	uint32_t n_tracks;
	lq__track *tracks[MAX_TRACKS]; /* in order of the media sections */
	lq__pacer pacer;               /* SEND */
	uint32_t n_streams, next_stream;
	lq__stream streams[MAX_STREAMS];
	uint32_t ssrc; /* RECEIVE: of our reports */
	char cname[20];
	int64_t next_report, next_sync; /* RECEIVE */
	uint64_t bad_packets, unknown_packets;
	/* descriptions */
	char ufrag[257], pwd[257];
	char candidates[LQ_SDP_MAX_CANDIDATES][200];
	uint32_t n_candidates;
	uint64_t session_id, session_version;
	int has_remote, dtls_role;
	int offers; /* the first description is ours: SEND, and RECEIVE with tracks that the caller has added */
	lq_sdp remote;
};

/* session.c */
lq__track *lq__track_find(const lq_session *s, const char *name);
lq__track *lq__track_add(lq_session *s, const char *name, uint32_t media); /* a name that is valid */
const lq__track *lq__track_first(const lq__track *t); /* of the encodings in its section that are not removed; NULL none */
int lq__random(void *out, size_t len);
void lq__state(lq_session *s, int state, const char *reason);
int lq__dtls_open(lq_session *s, int role); /* makes the connection when there is none yet */
void lq__dtls_check(lq_session *s, int64_t now);
int lq__send_rtcp(lq_session *s, uint8_t *packet, size_t len); /* packet: 4-byte aligned, DATAGRAM_MAX */
int64_t lq__earlier(int64_t a, int64_t b);                     /* LQ_TIME_NONE is never */

/* session_send.c */
int lq__sender_create(lq__track *t);
void lq__sender_destroy(lq__sender *snd);
void lq__pace(lq_session *s, int64_t now);
void lq__resend(lq__track *t, uint16_t seq);
void lq__key_frame_asked(lq__track *t, int64_t now);

/* session_receive.c */
int lq__receiver_create(lq__track *t);
void lq__receiver_destroy(lq__receiver *r);
void lq__receiver_close(lq__track *t); /* also forgets its streams */
void lq__receive_rtp(lq_session *s, const uint8_t *packet, size_t len, int64_t now);
void lq__receive_poll(lq__track *t, int64_t now);
int64_t lq__receive_next(const lq__track *t);

int64_t lq__stream_time(lq__receiver *r, uint32_t timestamp); /* unwrapped */

/* session_play.c */
void lq__play_video(lq__track *t, const lq__video_frame *f, int64_t now);
void lq__play_audio(lq__track *t, const lq__audio_frame *f, int64_t now);
void lq__sync_tracks(lq_session *s);

/* session_rtcp.c */
void lq__receive_rtcp(lq_session *s, const uint8_t *packet, size_t len, int64_t now);
void lq__send_report(lq__track *t, int64_t now); /* SR */
void lq__receiver_reports(lq_session *s, int64_t now);
void lq__ask_packets(lq__track *t, const uint16_t *seqs, uint32_t n, int64_t now);
void lq__ask_key_frame(lq__track *t, int64_t now);

/* session_sdp.c */
int lq__negotiate_answer(lq_session *s, char *error, size_t error_size);
int lq__negotiate_offer(lq_session *s, char *error, size_t error_size);

#endif
