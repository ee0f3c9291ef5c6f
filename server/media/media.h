/* The packet forwarder as the control thread sees it: workers, peers (one ICE, DTLS and SRTP association each), tracks that peers send, and
 * forwards of tracks to other peers. All functions are [control]; what they ask for is done by the worker, in the order of the calls. */
#ifndef LQ_SERVER_MEDIA_H
#define LQ_SERVER_MEDIA_H

#include <stddef.h>
#include <stdint.h>

typedef struct lq__media lq__media;
typedef struct lq__peer lq__peer;
typedef struct lq__media_track lq__media_track;
typedef struct lq__forward lq__forward;

typedef struct lq__media_config {
	const char *host; /* address to listen on */
	uint16_t port;    /* of the first worker; 0: any */
	uint32_t workers;
	const char *const *candidates; /* addresses that clients are told */
	uint32_t n_candidates;
	void (*wake)(void *arg); /* [any] lq__media_reap has something to do soon; NULL: it is called often enough */
	void *arg;
} lq__media_config;

int lq__media_create(const lq__media_config *config, lq__media **out, char *error, size_t error_size);
void lq__media_destroy(lq__media *media); /* every peer must have been closed; stops and joins the workers */
uint32_t lq__media_workers(const lq__media *media);
uint16_t lq__media_port(const lq__media *media, uint32_t worker);
uint32_t lq__media_hosts(const lq__media *media);   /* addresses that clients are told */
const char *lq__media_host(const lq__media *media, uint32_t i);
void lq__media_reap(lq__media *media); /* frees what the workers are done with; call it now and then */

/* A worker's counters, by the names that /metrics shows. */
typedef void (*lq__media_counter_fn)(void *arg, const char *name, const char *help, uint64_t value);
void lq__media_counters(const lq__media *media, lq__media_counter_fn fn, void *arg);

/* ---- peers ---- */

/* NULL: out of memory, or the worker's limit. */
lq__peer *lq__peer_open(lq__media *media, uint32_t worker);
void lq__peer_close(lq__peer *peer); /* its tracks and forwards must have been closed before */
/* The far description's ICE ufrag and its certificate's fingerprint. LQ_ERANGE, LQ_ENOMEM. */
int lq__peer_set_remote(lq__peer *peer, const char *ufrag, const char *hash, const uint8_t *fingerprint, size_t len);
const char *lq__peer_ufrag(const lq__peer *peer);
const char *lq__peer_pwd(const lq__peer *peer);
const uint8_t *lq__peer_fingerprint(const lq__peer *peer); /* of our certificate, 32 bytes */
const lq__media *lq__peer_media(const lq__peer *peer);
uint16_t lq__peer_port(const lq__peer *peer); /* UDP port that it is reached at */

typedef struct lq__peer_stats {
	int64_t seen; /* last packet that was authentic, LQ_TIME_NONE */
	int open;     /* DTLS is */
	uint64_t packets_received, bytes_received, packets_sent, bytes_sent;
	/* As it came: before anything was sent again. */
	uint64_t packets_expected, packets_missed;       /* from it, as of the last report, once a second */
	uint64_t reports, packets_reported, packets_unreceived; /* reception reports from it; what should have come to it, and what we sent and did not */
	uint32_t jitter_in_us, jitter_out_us;            /* of sound */
	uint32_t round_trip_us;                          /* 0: not known */
} lq__peer_stats;
void lq__peer_stats_get(const lq__peer *peer, lq__peer_stats *out);

/* ---- tracks ----
 *
 * A track comes in one encoding, or in up to LQ_LAYERS_MAX layers, the best first, each a stream of its own. */

#define LQ_LAYERS_MAX 3
enum { LQ_LAYER_TOP = 0, LQ_LAYER_MIDDLE = 1, LQ_LAYER_BOTTOM = 2 }; /* what receivers wish for; of two layers the second is the bottom */

typedef struct lq__track_config {
	uint32_t media, codec, clock_rate;
	uint32_t ssrc, rtx_ssrc; /* 0: learnt from the MID extension, the RID and the payload type */
	uint8_t pt, rtx_pt;      /* rtx_pt 0: none */
	uint8_t mid_ext, capture_time_ext, level_ext; /* ids, 0 not negotiated */
	uint8_t rid_ext, repaired_rid_ext;
	uint8_t nack, pli;       /* the sender takes them */
	char mid[33], rid[33];   /* rid "": told apart by SSRC, or the only one */
} lq__track_config;

lq__media_track *lq__media_track_open(lq__peer *peer, const lq__track_config *layers, uint32_t n);
int lq__media_track_update(lq__media_track *track, const lq__track_config *layers); /* after a new offer; as many as before */
uint32_t lq__media_track_layers(const lq__media_track *track);
void lq__media_track_close(lq__media_track *track);                                 /* its forwards must have been closed before */

typedef struct lq__track_stats {
	uint64_t packets_received, bytes_received, packets_repaired, key_frames, nacks_sent, plis_sent;
	uint64_t packets_lost;
	uint32_t width, height; /* of the last key frame, 0 unknown */
} lq__track_stats;
void lq__media_track_stats(const lq__media_track *track, uint32_t layer, lq__track_stats *out);

/* A track for receivers of another worker: itself where that is its own, else a mirror, which is handed its packets. NULL: no memory. To be given back before the track is
 * closed, when all forwards of it have been. */
lq__media_track *lq__media_track_lend(lq__media_track *track, uint32_t worker);
void lq__media_track_return(lq__media_track *lent);

/* ---- forwards ---- */

typedef struct lq__forward_config {
	uint32_t ssrc, rtx_ssrc;
	uint8_t pt, rtx_pt;
	uint8_t mid_ext, send_time_ext, capture_time_ext, level_ext;
	char mid[33], cname[33];
	uint32_t layer; /* LQ_LAYER_* that is wished for */
	int tell;       /* on_layer is to be called also for a track of one layer */
	void (*on_layer)(void *arg, lq__forward *forward); /* [control] within lq__media_reap: another layer comes, or a wish has been seen to */
	void *arg;
} lq__forward_config;

lq__forward *lq__forward_open(lq__peer *to, lq__media_track *track, const lq__forward_config *config);
void lq__forward_close(lq__forward *forward);

/* Another wish. What comes changes over at the next key frame of the layer that is nearest to it of those that are sent: it, or a lower one, or
 * else a higher one. on_layer is called when that is done, also when nothing had to be. LQ_ENOMEM. */
int lq__forward_wish(lq__forward *forward, uint32_t layer);
/* What comes now, as LQ_LAYER_*, with its size (0 unknown). 0: nothing yet. */
int lq__forward_layer(const lq__forward *forward, uint32_t *layer, uint32_t *width, uint32_t *height);

typedef struct lq__forward_stats {
	uint64_t layer_switches;
	uint64_t packets_sent, bytes_sent, packets_retransmitted, nacks_received, plis_received;
} lq__forward_stats;
void lq__forward_stats_get(const lq__forward *forward, lq__forward_stats *out);

#endif
