/* One file being written. */
#ifndef LQ_PLUGINS_AVFORMAT_MUXER_H
#define LQ_PLUGINS_AVFORMAT_MUXER_H

#include <libavformat/avformat.h>

#include "../common/av.h"

enum { MUX_TRACKS = 32 };

typedef struct muxer {
	const lq_host *host;
	AVFormatContext *av;
	AVPacket *packet;
	int begun;        /* the header is written */
	int64_t origin;   /* graph time of the file's beginning */
	int64_t last[MUX_TRACKS]; /* decoding time of each track's last packet, in its time base */
} muxer;

/* Where a packet belongs in the file. What a live transport delivers is due when its jitter buffer says, which wavers; when it was captured does
 * not, and holds for sound and picture alike. */
static inline int64_t mux_pts(const lq_buffer *buf)
{
	return buf->capture_time != LQ_TIME_NONE && buf->dts == LQ_TIME_NONE ? buf->capture_time : buf->pts;
}

static inline int64_t mux_dts(const lq_buffer *buf)
{
	return buf->dts != LQ_TIME_NONE ? buf->dts : mux_pts(buf);
}

/* The container for a file name; NULL: none is known. */
const AVOutputFormat *mux_container(const char *file);

/* Makes the file, so that a place that cannot be written to is known at once. host->fail says why not. */
int mux_open(muxer *m, const lq_host *host, const char *file);

/* Before mux_begin. Returns the track's number or a negative LQ_E*. */
int mux_add_track(muxer *m, const AVCodecParameters *par);
int mux_begin(muxer *m, int64_t origin);
int mux_write(muxer *m, int track, const lq_buffer *buf);

/* Finishes the file; one without a track is removed. */
int mux_close(muxer *m, const char *file);

#endif
