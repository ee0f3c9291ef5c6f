/* An outlet: a transport that carries encoded tracks through one of libavformat's containers to a server, a player or a disk.
 *
 * Two threads. The node's loop checks packets and puts them into the ring (outlet.c); the worker (worker.c) connects, writes and reconnects, which
 * blocks. What both touch is atomic. When the worker cannot keep up, the loop drops whole groups of pictures (admit.c). */
#ifndef LQ_PLUGINS_BROADCAST_OUTLET_H
#define LQ_PLUGINS_BROADCAST_OUTLET_H

#include <libavformat/avformat.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../common/av.h"
#include "packet_ring.h"
#include "why.h"

enum { OUTLET_SLOTS = 16, OUTLET_CODECS = 4, PORT_AUDIO = 0, PORT_VIDEO = 1 };
enum { HLS_FMP4, HLS_TS };
enum { SRT_CALLER, SRT_LISTENER };
enum { TRACKS_LINKED, TRACKS_BOTH };

/* Every kind's parameters; one that a kind has not got is 0 or "". */
typedef struct outlet_options {
	char *url, *passphrase, *stream_id, *ca_file;
	int mode, segment_type, tls_verify, capture_clock, tracks;
	int64_t latency, timeout, retry, give_up, buffer, segment; /* ns */
	int window; /* segments, 0: all */
} outlet_options;

typedef struct outlet_kind {
	const char *name; /* "RTMP", for messages */
	int network;      /* late packets are of no use, and it connects again */
	uint32_t max_audio, max_video;
	const char *endings; /* of a file's name, separated by blanks; NULL: it is a URL */
	const char *schemes;
	/* The libavformat muxer for these options; NULL: none. */
	const char *(*container)(const outlet_options *o);
	/* Options for opening (protocol) and for the header (muxer). `again`: goes on with what an earlier session began. */
	void (*dictionaries)(const outlet_options *o, int again, AVDictionary **protocol, AVDictionary **muxer);
	/* Whether another process began what is there and did not end it, so that this one goes on with it; NULL: never. */
	int (*unfinished)(const outlet_options *o);
} outlet_kind;

extern const outlet_kind outlet_rtmp, outlet_srt, outlet_hls, outlet_dash, outlet_file;

/* The codecs that a container carries, best first, 0 at the end. */
const uint32_t *outlet_codecs(const char *container, uint32_t media);

/* Whether a URL is of this kind, and its folder there. host->fail says why not. */
int outlet_check_url(const lq_host *host, const outlet_kind *kind, const outlet_options *o);

/* What the loop knows of a track. */
typedef struct outlet_track {
	atomic_uint linked, generation; /* generation: a slot can be used again */
	atomic_uint port, media;
	int need_key;                   /* [loop] nothing goes before the next key frame */
	int64_t asked;                  /* [loop] for one, last */
	uint64_t taken;                 /* [loop] packets */
} outlet_track;

/* Where the worker stands. */
enum {
	PHASE_IDLE,  /* no worker: packets are dropped */
	PHASE_FIRST, /* finds out what the tracks are: all is kept */
	PHASE_EARLY, /* connects to a network for the first time: packets are skipped */
	PHASE_OPEN,  /* writes: the queue's limit counts */
	PHASE_CLOSED /* waits before it connects again: packets are dropped */
};

typedef struct outlet {
	const lq_host *host;
	const outlet_kind *kind;
	outlet_options opt;
	char where[WHERE_TEXT];
	outlet_track tracks[OUTLET_SLOTS];
	packet_ring ring;
	int wake; /* eventfd: something for the worker */
	int room; /* eventfd: the worker has taken something, where the loop waits for that */
	int patient; /* time is virtual: the loop waits for room, nothing is dropped */
	pthread_t thread;
	int has_thread;
	atomic_int phase, stopping, state;
	_Atomic int64_t stop_at;

	/* [loop] dropping */
	int dropping, dropping_audio;
	int64_t told;
	uint64_t gap_packets, gap_groups;
	int64_t gap_start;
	uint64_t dropped, dropped_bytes, groups, wrong_codec;

	/* counted by the worker */
	atomic_ullong packets, bytes, connects, failures, skipped, parts;
} outlet;

/* [loop] admit.c: puts a packet in, or drops it by policy; waits for room instead where time is virtual. */
void outlet_admit(outlet *o, uint32_t slot, lq_buffer *buf);
int64_t outlet_time(const outlet *o, const lq_buffer *buf);

/* [loop] worker.c. Stop waits: until what is queued is written, at most a second to a network. */
int outlet_start(outlet *o);
void outlet_stop(outlet *o);

/* [any] */
void outlet_tell_state(outlet *o, int state, const char *reason);

#endif
