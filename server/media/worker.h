/* The inside of the packet forwarder: one thread a worker, which alone touches what is not marked otherwise. */
#ifndef LQ_SERVER_WORKER_H
#define LQ_SERVER_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/list.h"
#include "server/media/mailbox.h"
#include "server/media/media.h"
#include "webrtc/dtls.h"
#include "webrtc/ice_lite.h"
#include "webrtc/rtcp.h"
#include "webrtc/rtp.h"
#include "webrtc/srtp.h"

#define LQ_BATCH 64            /* datagrams read or written with one system call */
#define LQ_DATAGRAM_MAX 1500   /* longer ones are dropped */
#define LQ_BUCKETS 4096        /* of a worker's two tables */
#define LQ_PEER_ADDRESSES 4    /* an association is reached at so many addresses at most */
#define LQ_PEERS_MAX 20000     /* of a worker */
#define LQ_PAYLOAD_MAX 1400
#define LQ_TICK INT64_C(10000000) /* ns */

/* Every counter of a worker: name, and help for /metrics. */
#define LQ_COUNTERS(X) \
	X(datagrams_received, "Datagrams read.") \
	X(datagrams_sent, "Datagrams written.") \
	X(bytes_received, "Bytes of datagrams read.") \
	X(bytes_sent, "Bytes of datagrams written.") \
	X(packets_received, "Authentic RTP packets from publishers.") \
	X(packets_forwarded, "RTP packets sent to subscribers for the first time.") \
	X(packets_retransmitted, "RTP packets sent to subscribers again.") \
	X(nacks_sent, "Packets asked of publishers again.") \
	X(plis_sent, "Key frames asked of publishers.") \
	X(dtls_opened, "DTLS handshakes completed.") \
	X(dtls_failed, "DTLS handshakes that failed.") \
	X(dropped_unknown, "Datagrams from addresses of no peer, or of no known kind.") \
	X(dropped_long, "Datagrams or packets that were too long.") \
	X(dropped_stun, "STUN messages refused.") \
	X(dropped_early, "Media before DTLS was open.") \
	X(dropped_auth, "SRTP and SRTCP packets that were not authentic, or replayed.") \
	X(dropped_malformed, "RTP and RTCP packets that were malformed.") \
	X(dropped_track, "RTP packets of no negotiated track.") \
	X(dropped_late, "RTP packets that came twice or too late.") \
	X(dropped_nacks, "Packets asked for by subscribers that were too old or too many.") \
	X(dropped_relay, "Packets that another worker was too slow for.") \
	X(layer_switches, "Subscribers moved to another layer of a track.") \
	X(dropped_send, "Datagrams that the system did not take.")

typedef _Atomic uint64_t lq__count; /* written by the worker, read by the control thread */

static inline void lq__add(lq__count *c, uint64_t n)
{
	/* One writer: no locked instruction is needed. */
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t lq__get(const lq__count *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

typedef struct lq__datagram {
	lq_addr addr;
	size_t len;
	_Alignas(8) uint8_t data[LQ_DATAGRAM_MAX + 64]; /* with room for what SRTP appends */
} lq__datagram;

typedef struct lq__worker {
	lq__media *media;
	void (*wake_control)(void *arg); /* [any] NULL: nobody waits */
	void *wake_arg;
	uint32_t index;
	int socket, epoll, wake; /* wake: eventfd, when the inbox got its first letter */
	uint16_t port;
	pthread_t thread;
	lq_cert *cert;
	atomic_int stop;
	lq__mailbox inbox, outbox;
	int64_t now, next_tick;
	uint32_t n_open; /* peers; [control] */
	lq__link peers, mirrors; /* mirrors: of tracks of other workers */
	atomic_int poked;        /* there is something in them; set by the other workers */
	lq__link by_addr[LQ_BUCKETS], by_ufrag[LQ_BUCKETS];
	uint32_t n_out;
	lq__datagram in[LQ_BATCH], out[LQ_BATCH];
	struct {
#define LQ_COUNTER_FIELD(name, help) lq__count name;
		LQ_COUNTERS(LQ_COUNTER_FIELD)
#undef LQ_COUNTER_FIELD
	} count;
} lq__worker;

/* An address at which a peer was seen. */
typedef struct lq__peer_address {
	lq__link link;
	lq_addr addr; /* len 0: unused */
	lq__peer *peer;
} lq__peer_address;

struct lq__peer {
	lq__link link, by_ufrag;
	lq__worker *worker;
	lq_ice_lite ice; /* ufrag and pwd never change: any thread reads them */
	lq_dtls *dtls;
	lq_srtp *srtp; /* NULL before DTLS is open */
	lq__peer_address addresses[LQ_PEER_ADDRESSES];
	uint32_t next_address;
	lq__link tracks, forwards;
	uint32_t ssrc;     /* of our reports */
	int64_t report_at; /* LQ_TIME_NONE: nothing received yet */
	_Atomic int64_t seen;
	atomic_int open;
	lq__count packets_received, bytes_received, packets_sent, bytes_sent;
	/* How good its way to us is, and ours to it: sums over all tracks, and the latest values in us (0: not known). */
	lq__count packets_expected, packets_missed, reports, packets_reported, packets_unreceived, jitter_in, jitter_out, round_trip;
	lq__letter open_letter, close_letter;
};

/* ---- worker.c ---- */
int lq__worker_start(lq__worker *w, const char *host, uint16_t port, char *error, size_t error_size); /* [control] */
void lq__worker_stop(lq__worker *w);                                                                  /* [control] */
void lq__worker_close(lq__worker *w); /* [control] once all have stopped: they wake each other */
void lq__worker_post(lq__worker *w, lq__letter *letter);                                              /* [control] */

/* ---- socket.c ---- */
int lq__socket_open(const char *host, uint16_t port, uint16_t *bound); /* fd, or -1 with errno */
int lq__socket_read(lq__worker *w);                                     /* datagrams in w->in */
lq__datagram *lq__socket_next(lq__worker *w);                           /* a buffer to write to; not sent before lq__socket_commit */
void lq__socket_commit(lq__worker *w, const lq_addr *to, size_t len);
void lq__socket_flush(lq__worker *w);

/* ---- peer.c ---- */
void lq__peer_datagram(lq__worker *w, lq__datagram *d);
void lq__peer_tick(lq__peer *p);
void lq__peer_dtls_output(void *arg, const uint8_t *data, size_t len); /* an lq_dtls_output_fn; arg is the peer */
void lq__peer_dtls_changed(lq__peer *p, int before);                   /* DTLS had the state `before` */
lq__link *lq__peer_ufrag_bucket(lq__worker *w, const char *ufrag, size_t len);
/* Encrypts what is in the buffer that lq__socket_next gave, and sends it. */
void lq__peer_send_rtp(lq__peer *p, lq__datagram *d, size_t len);
void lq__peer_send_rtcp(lq__peer *p, lq__datagram *d, size_t len);
int lq__peer_ready(const lq__peer *p); /* packets can be sent */

#endif
