/* What the files of filter.relay share. */
#ifndef LQ_PLUGINS_FFMPEG_RELAY_H
#define LQ_PLUGINS_FFMPEG_RELAY_H

#include <libavcodec/avcodec.h>

#include "../avformat/convert.h"
#include "h264_params.h"

enum { RELAY_IN, RELAY_OUT, RELAY_KEEP = 1024, RELAY_BYTES = 24 * 1024 * 1024 };

/* PASS: as it comes. CATCH_UP: the same, while what was sent since the last key frame is decoded. ANEW: decoded and encoded. */
enum { RELAY_PASS, RELAY_CATCH_UP, RELAY_ANEW };

typedef struct relay relay;

struct relay {
	const lq_host *host;
	const lq_format *in, *out;
	int state;
	int unfit; /* this group of pictures cannot go as it is */
	int64_t sent; /* pts of the last picture that has left */

	/* The group: from a key frame on. */
	lq_buffer *kept[RELAY_KEEP];
	uint32_t n_kept, decoded;
	uint64_t bytes;
	int whole;          /* all of it is kept */
	int seen_unfit;     /* something of it cannot go as it is */
	int64_t key_time, distance; /* pts of its key frame; from the one before to it, LQ_TIME_NONE: not known yet */
	int64_t rate;       /* bit/s of the group before, 0: not known yet */

	/* Anew. */
	AVCodecContext *av;
	AVPacket *packet;
	AVFrame *frame;
	picture_maker picture;
	lq_host inner; /* the encoder's */
	void *encoder; /* codec.h264.enc; NULL: not needed yet */
	lq_value params[N_H264_PARAMS];
	int64_t bitrate, key_wait; /* bitrate 0: the source's */

	uint64_t passed, anew, asked, spells, errors, odd;
};

void relay_forget(relay *r); /* what is kept of the group */
int relay_pass(relay *r, lq_buffer *buf);

void relay_host_init(relay *r); /* relay_host.c: makes `inner` */

/* relay_anew.c: all return 0 or LQ_E*. */
int relay_begin(relay *r);                    /* decoding, from the group's first picture on */
int relay_catch_up(relay *r);                 /* decodes some of what is kept; all of it: from then on ANEW */
int relay_encode(relay *r, const lq_buffer *buf); /* in ANEW: decodes it, encodes what comes out */
int relay_take_packet(relay *r, lq_buffer *buf); /* the encoder's; takes the reference */
void relay_end(relay *r);                     /* of a spell */
void relay_drain(relay *r);
void relay_set_rate(relay *r);
void relay_finish(relay *r);

#endif
