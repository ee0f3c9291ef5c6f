/* What capture.url reads: a URL opened by libavformat, its best picture and best sound. On one thread at a time; every call may block and can be interrupted. */
#ifndef LQ_PLUGINS_BROADCAST_SOURCE_H
#define LQ_PLUGINS_BROADCAST_SOURCE_H

#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <stdatomic.h>

#include "../common/av.h"
#include "why.h"

enum { SOURCE_VIDEO, SOURCE_AUDIO, SOURCE_TRACKS, SOURCE_WAITING = 512 };

typedef struct source_track {
	AVStream *stream;   /* NULL: there is none */
	uint32_t codec;     /* LQ_CODEC_*, LQ_CODEC_NONE: one that can only be given decoded */
	AVBSFContext *bsf;  /* to Annex B, or away from ADTS; NULL: none is needed */
	AVCodecContext *av; /* decoder, made when it is wanted */
	AVPacket *waiting[SOURCE_WAITING]; /* for the other track's of the same time */
	uint32_t first, n_waiting;
	int unwanted;       /* nobody listens: its packets are dropped */
} source_track;

typedef struct source_options {
	const char *url, *passphrase;
	int64_t timeout; /* ns: connecting, and silence that counts as a lost connection */
	int listener, rtsp_udp, live; /* listener: SRT and RTMP: waits for a call, however long */
} source_options;

typedef struct source {
	AVFormatContext *av;
	source_track tracks[SOURCE_TRACKS];
	char where[WHERE_TEXT];
	int b_frames; /* the pictures are not in the order of their showing */
	atomic_int *stopping;
	int64_t deadline, timeout;
	int64_t wait;      /* ns: how far one track may be ahead in what comes */
	int over;          /* LQ_END or LQ_E*: nothing more comes; 0: it goes on */
	int64_t opened_at; /* CLOCK_MONOTONIC ns: when it began to send */
	int late;
	char error[WHY_TEXT];
} source;

/* Whether the URL itself says that a call is waited for: ?mode=listener, ?listen. */
int source_listens(const char *url);

/* Returns 0 or LQ_E* with the reason in s->error; nothing is open then. */
int source_open(source *s, const source_options *o, atomic_int *stopping);
void source_close(source *s);

/* How long ago it began to send, ns: what comes first has waited so long, while it was found out what it is. */
int64_t source_age(const source *s);

/* The next packet of either track, in the order of decoding times: a container may bring one up to a second after the other. *track says whose. 0, LQ_END, or LQ_E* with a reason. */
int source_read(source *s, AVPacket *packet, int *track);

/* Takes the packet; the next encoded ones by source_encoded: Annex B with parameter sets before each key frame, raw AAC. LQ_EAGAIN: no more. */
int source_filter(source *s, int track, AVPacket *packet);
int source_encoded(source *s, int track, AVPacket *packet);

/* The same decoded. */
int source_decode(source *s, int track, const AVPacket *packet);
int source_decoded(source *s, int track, AVFrame *frame);

/* Codec configuration of a track for lq_format.extra; NULL: none. */
const uint8_t *source_extra(const source *s, int track, uint32_t *size);

#endif
