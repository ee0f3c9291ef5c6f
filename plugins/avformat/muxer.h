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
