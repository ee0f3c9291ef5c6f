/* Decoded frames of a file as buffers of the formats that the graph chose. */
#ifndef LQ_PLUGINS_AVFORMAT_CONVERT_H
#define LQ_PLUGINS_AVFORMAT_CONVERT_H

#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#include "../common/av.h"

typedef struct picture_maker {
	const lq_host *host;
	const lq_format *out;
	int turn; /* degrees clockwise */
	struct SwsContext *sws;
} picture_maker;

/* Takes the frame's picture: without a copy where it is right already. The caller sets the times. NULL: no memory. */
lq_buffer *make_picture(picture_maker *p, AVFrame *frame);

typedef struct sound_maker {
	const lq_host *host;
	const lq_format *out;
	SwrContext *swr;
	int in_rate, in_format, in_channels; /* what swr was made for */
	int64_t anchor;                      /* file time of the first sample, LQ_TIME_NONE: not begun */
	int64_t in, made;                    /* samples since then, before and after */
} sound_maker;

/* Makes *out (NULL when the resampler keeps all for now) with pts in file time: samples are counted on from the first, since containers round
 * times. A gap starts anew and is flagged. */
int make_sound(sound_maker *s, const AVFrame *frame, int64_t time, lq_buffer **out);
void sound_restart(sound_maker *s);

#endif
