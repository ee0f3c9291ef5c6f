/* Published tracks and their forwards, as the worker sees them. */
#ifndef LQ_SERVER_MEDIA_TRACK_H
#define LQ_SERVER_MEDIA_TRACK_H

#include "server/media/worker.h"

#define LQ_RING_VIDEO 1024 /* packets kept, a power of two */
#define LQ_RING_AUDIO 64
#define LQ_LAYER_SILENCE INT64_C(1500000000) /* ns without a packet, and a layer counts as not sent */
#define LQ_MISSING_MAX 256 /* packets that are waited for */
#define LQ_NACK_TRIES 10
#define LQ_RTX_BUDGET 1000 /* retransmissions in a second to one subscriber of one track */

/* A packet kept in the clear. */
typedef struct lq__slot {
	int64_t seq; /* extended, -1: empty */
	uint32_t timestamp;
	uint16_t len;
	int32_t picture; /* VP8: picture id, -1 none */
	int16_t tl0;     /* VP8: TL0PICIDX, -1 none */
	uint8_t marker, level_len, capture_len;
	uint8_t level[1], capture[16];
	uint8_t payload[LQ_PAYLOAD_MAX];
} lq__slot;

typedef struct lq__missing {
	int64_t seq, ask_at;
	uint32_t tries;
} lq__missing;

/* One encoding. Of a track with layers the first is what the control thread knows, and the others hang on it. */
struct lq__media_track {
	lq__link link, forwards;
	lq__link comers; /* forwards that come over from another layer at the next key frame */
	lq__worker *worker;
	lq__peer *peer; /* NULL: it mirrors a track of another worker */
	lq__link relays; /* to mirrors of it */
	struct lq__relay *relay; /* a mirror's: to its source */
	struct mirror *mirror;   /* relay.c; of main */
	lq__media_track *main, *layers[LQ_LAYERS_MAX]; /* layers and n_layers: of main */
	uint32_t n_layers, level; /* level: LQ_LAYER_* */
	uint32_t alive;           /* of main: a bit for each layer that is sent */
	int64_t last_at;          /* of a packet, LQ_TIME_NONE */
	_Atomic uint32_t size;    /* width << 16 | height of the last key frame */
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

/* How packets of a track become packets of the forward; sent minus received. */
typedef struct lq__place {
	lq__media_track *track; /* NULL: none */
	uint32_t generation;
	int64_t from;       /* earlier packets have no place in it */
	uint16_t first_seq; /* that was sent of it */
	uint16_t seq_offset, picture_offset;
	uint32_t ts_offset;
	uint32_t ts_shift;  /* what of ts_offset only keeps time from standing still */
	uint8_t tl0_offset;
} lq__place;

struct lq__forward {
	lq__link link, peer_link; /* of the track, of the receiving peer */
	lq__link coming;          /* of the layer that it changes over to */
	lq__media_track *main; /* never changes */
	lq__media_track *track, *next; /* the layer that comes; the one that is to come, NULL: it stays */
	int64_t next_from;     /* its key frame that is there, while the frame under way ends; -1: none */
	int64_t next_at;       /* but no longer */
	uint32_t wish;         /* LQ_LAYER_* */
	int wished;            /* it has changed, and the control thread has not been told what came of it */
	lq__peer *peer;
	lq__forward_config config;
	int waiting_for_key; /* video starts with a key frame */
	int started;
	lq__place place, before; /* before: for packets that are asked for again */
	uint16_t last_seq, rtx_seq;
	uint32_t last_ts;
	int last_marker;
	uint16_t last_picture;
	uint8_t last_tl0;
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
	lq__count packets_sent, bytes_sent, packets_retransmitted, nacks_received, plis_received, layer_switches;
	atomic_int layer; /* LQ_LAYER_* that comes, -1: none yet */
	atomic_int told;  /* the notice is on its way */
	lq__letter open_letter, close_letter, notice;
};

typedef struct lq__relay lq__relay;

/* ---- media.c: [control] ---- */
/* main NULL: it becomes it. NULL: no memory. */
lq__media_track *lq__track_make(lq__worker *w, lq__peer *peer, lq__media_track *main, const lq__track_config *config, uint32_t i, uint32_t n);
void lq__track_destroy(lq__media_track *main); /* with its layers */
lq__worker *lq__media_worker(const lq__media *media, uint32_t i);
void lq__media_post(lq__worker *w, lq__letter *l, void (*run)(lq__worker *, lq__letter *), void (*done)(lq__letter *));

/* ---- source.c: what publishers send ---- */
void lq__track_rtp(lq__peer *p, const uint8_t *data, size_t len);
void lq__track_tick(lq__media_track *t);
void lq__track_begin_anew(lq__media_track *t, uint32_t ssrc);
void lq__track_report(lq__media_track *t, const lq_sender_info *sr); /* the publisher's */
void lq__track_mirrored(lq__media_track *t, const lq__slot *slot, int key, uint32_t size); /* a packet from another worker */
void lq__track_reconfigure(lq__media_track *t, const lq__track_config *config);
void lq__track_want_key(lq__media_track *t);
const lq__slot *lq__track_slot(const lq__media_track *t, uint16_t seq); /* NULL: no longer there */

/* ---- forward.c: what subscribers get ---- */
void lq__forward_begin(lq__forward *f); /* the receiver can be reached */
void lq__forward_packet(lq__forward *f, const lq__slot *slot, int key);
void lq__forward_sr(lq__forward *f);
void lq__forward_nack(lq__forward *f, uint16_t seq);

void lq__forward_join(lq__forward *f, lq__media_track *t, const lq__slot *slot); /* this packet of t goes on behind what was sent */

/* ---- layers.c: which layer of a track a subscriber gets ---- */
void lq__layers_tick(lq__media_track *main);
void lq__layers_aim(lq__forward *f);                    /* at the layer that is nearest to its wish */
void lq__layers_key(lq__media_track *t, const lq__slot *slot); /* who waits for t comes over */
void lq__layers_frame_end(lq__forward *f);              /* of the layer that it leaves */
void lq__layers_told(lq__forward *f);                   /* the control thread is to hear of it */
void lq__layers_leave(lq__forward *f);                  /* the forward goes */

/* ---- feedback.c ---- */
void lq__feedback_rtcp(lq__peer *p, const uint8_t *data, size_t len);
void lq__feedback_report(lq__peer *p);
void lq__feedback_nack(lq__media_track *t, const uint16_t *seqs, uint32_t n);
void lq__feedback_pli(lq__media_track *t);

#endif
