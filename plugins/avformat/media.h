/* A media file: demultiplexed and decoded track by track. Times are ns since the beginning of the file. */
#ifndef LQ_PLUGINS_AVFORMAT_MEDIA_H
#define LQ_PLUGINS_AVFORMAT_MEDIA_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "../common/av.h"

enum { TRACK_VIDEO, TRACK_AUDIO, N_TRACKS };
enum { MAX_PACKETS = 1024 }; /* of a track, read while looking for the other track's: a file must be interleaved at least so well */

typedef struct media_track {
	AVStream *stream; /* NULL: the file has no such track */
	AVCodecContext *av;
	AVFrame *frame;   /* the last one of media_next */
	int64_t time, duration; /* its time */
	AVPacket *packets[MAX_PACKETS];
	uint32_t head, n;
	int draining;
} media_track;

typedef struct media_file {
	const lq_host *host;
	AVFormatContext *av;
	AVPacket *packet;
	media_track tracks[N_TRACKS];
	int64_t start; /* ns of the file's own clock */
	int64_t end;   /* of the longest track so far */
	int at_end;
	uint64_t errors, dropped; /* packets */
} media_file;

/* host->fail says why not. What was opened is closed again then. */
int media_open(media_file *m, const lq_host *host, const char *file);
void media_close(media_file *m);

/* Back to the beginning. */
int media_rewind(media_file *m);

/* Decodes the next frame of a track into its `frame`. LQ_END: there are no more. */
int media_next(media_file *m, int track);

#endif
