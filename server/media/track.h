/* Published tracks and their forwards, as the worker sees them. */
#ifndef LQ_SERVER_MEDIA_TRACK_H
#define LQ_SERVER_MEDIA_TRACK_H

#include "server/media/worker.h"

#define LQ_RING_VIDEO 1024 /* packets kept, a power of two */
#define LQ_RING_AUDIO 64
#define LQ_MISSING_MAX 256 /* packets that are waited for */
#define LQ_NACK_TRIES 10
#define LQ_RTX_BUDGET 1000 /* retransmissions in a second to one subscriber of one track */

/* A packet kept in the clear. */
typedef struct lq__slot {
	int64_t seq; /* extended, -1: empty */
	uint32_t timestamp;
	uint16_t len;
	uint8_t marker, level_len, capture_len;
	uint8_t level[1], capture[16];
	uint8_t payload[LQ_PAYLOAD_MAX];
} lq__slot;

typedef struct lq__missing {
	int64_t seq, ask_at;
	uint32_t tries;
} lq__missing;

struct lq__media_track {
	lq__link link, forwards;
	lq__peer *peer;
	lq__track_config config;
	uint32_t generation; /* counts up when the sender begins anew with another SSRC */
	lq__slot *ring;
	uint32_t mask;
	lq_unwrap unwrap;
	int64_t highest; /* -1: nothing received */
	lq__missing missing[LQ_MISSING_MAX];
	uint32_t n_missing;
	/* For reception reports (RFC 3550 A.3, A.8). */
	int64_t first;
	uint64_t received, expected_before, received_before;
	double jitter, transit;
	/* The publisher's latest sender report. */
	lq_sender_info sr;
	int64_t sr_at; /* LQ_TIME_NONE: none */
	int key_wanted;
	int64_t key_asked_at; /* LQ_TIME_NONE: never */
	uint32_t key_timestamp;
	lq__count packets_received, bytes_received, packets_repaired, packets_lost, key_frames, nacks_sent, plis_sent;
	lq__letter open_letter, close_letter;
};

struct lq__forward {
	lq__link link, peer_link; /* of the track, of the receiving peer */
	lq__media_track *track;
	lq__peer *peer;
	lq__forward_config config;
	int waiting_for_key; /* video starts with a key frame */
	int started;
	uint32_t generation;
	uint16_t seq_offset; /* sent minus received */
	uint32_t ts_offset;
	uint16_t last_seq, rtx_seq;
	uint32_t last_ts;
	int64_t last_at;
	/* As of the last reception report: what the receiver had as the highest number, what we had sent, and how much. */
	uint32_t reported_seq, reported_packets;
	uint16_t reported_last;
	uint32_t sr_id; /* of the report that was sent last: the middle of its NTP time */
	int64_t sr_sent;
	int reported; /* the receiver knows the SSRC: MID is needed no longer */
	uint32_t packets, octets;
	uint32_t budget; /* retransmissions left in this second */
	int64_t budget_at;
	lq__count packets_sent, bytes_sent, packets_retransmitted, nacks_received, plis_received;
	lq__letter open_letter, close_letter;
};

/* ---- source.c: what publishers send ---- */
void lq__track_rtp(lq__peer *p, const uint8_t *data, size_t len);
void lq__track_tick(lq__media_track *t);
void lq__track_reconfigure(lq__media_track *t, const lq__track_config *config);
void lq__track_want_key(lq__media_track *t);
const lq__slot *lq__track_slot(const lq__media_track *t, uint16_t seq); /* NULL: no longer there */

/* ---- forward.c: what subscribers get ---- */
void lq__forward_begin(lq__forward *f); /* the receiver can be reached */
void lq__forward_packet(lq__forward *f, const lq__slot *slot, int key);
void lq__forward_sr(lq__forward *f);
void lq__forward_nack(lq__forward *f, uint16_t seq);

/* ---- feedback.c ---- */
void lq__feedback_rtcp(lq__peer *p, const uint8_t *data, size_t len);
void lq__feedback_report(lq__peer *p);
void lq__feedback_nack(lq__media_track *t, const uint16_t *seqs, uint32_t n);
void lq__feedback_pli(lq__media_track *t);

#endif
