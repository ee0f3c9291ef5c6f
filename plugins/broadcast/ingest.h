/* What the files of capture.url share. */
#ifndef LQ_PLUGINS_BROADCAST_INGEST_H
#define LQ_PLUGINS_BROADCAST_INGEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "../avformat/convert.h"
#include "source.h"

enum { B_DECODE, B_PASS };

typedef struct ingest {
	const lq_host *host;
	source src;
	char *url, *passphrase;
	source_options opt;
	int loop, b_frames;
	int64_t retry;
	picture_maker picture;
	sound_maker sound;
	AVPacket *packet, *filtered;
	AVFrame *frame;
	pthread_t thread;
	int has_thread, wake;
	atomic_int stopping;
	pthread_mutex_t lock; /* of `agreed`: set on the node's loop, taken by the thread */
	const lq_format *agreed[SOURCE_TRACKS];
	atomic_int fresh;  /* something was agreed on */
	int whole; /* all that will listen is there when it starts */
	/* the thread's */
	const lq_format *out[SOURCE_TRACKS];  /* as negotiated; NULL: nobody listens */
	const lq_format *sent[SOURCE_TRACKS]; /* encoded: with the codec's configuration */
	int linked[SOURCE_TRACKS]; /* something has been taken */
	int64_t offset;      /* graph time minus source time; LQ_TIME_NONE: not begun */
	int64_t end;         /* source time behind all that was read, for the next lap */
	int64_t last[SOURCE_TRACKS];
	int catching_up;     /* with what came while the source was being looked at */
	int64_t shown;       /* encoded pictures: source time of the last one */
	int need_key;        /* encoded pictures: those before a key frame build on what nobody has */
	int broken[SOURCE_TRACKS];
	atomic_ullong packets[SOURCE_TRACKS], frames[SOURCE_TRACKS], errors, connects, jumps, laps, reordered;
} ingest;

/* ingest_read.c: reads and submits until it is stopped or the source has ended. `arg`: the ingest. */
void *ingest_work(void *arg);

#endif
