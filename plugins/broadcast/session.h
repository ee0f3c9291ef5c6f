/* One connection or one file: from the header to the trailer. On the worker's thread; every call may block and can be interrupted. */
#ifndef LQ_PLUGINS_BROADCAST_SESSION_H
#define LQ_PLUGINS_BROADCAST_SESSION_H

#include "outlet.h"

/* What the worker knows of a track. */
typedef struct worker_track {
	uint32_t generation;
	int index;              /* in the container, -1: not in it */
	AVCodecParameters *par; /* NULL: nothing known yet */
} worker_track;

typedef struct session {
	outlet *o;
	AVFormatContext *av;
	AVPacket *packet;
	int begun, late;
	int io_error;               /* AVERROR of a file that the muxer opened and closed by itself */
	int64_t deadline;           /* CLOCK_MONOTONIC ns, of the call that runs; 0 none */
	int64_t origin;             /* media time of its beginning, LQ_TIME_NONE: not known yet */
	int64_t last[OUTLET_SLOTS]; /* decoding time of each track's last packet, in its time base */
	char error[WHY_TEXT];
} session;

int64_t session_clock(void);

/* Connects and writes the header for the tracks with parameters, whose index it sets. Returns 0 or LQ_E* with the reason in s->error. */
int session_open(session *s, outlet *o, const char *url, int again, worker_track tracks[OUTLET_SLOTS]);
int session_write(session *s, uint32_t slot, const worker_track *t, const lq_buffer *buf);

/* Writes the trailer where `finish` says so. Returns 0 or LQ_E*, with the reason in s->error. */
int session_close(session *s, int finish);

#endif
