/* What the encoders do with libavcodec's packets. */
#ifndef LQ_PLUGINS_FFMPEG_PACKETS_H
#define LQ_PLUGINS_FFMPEG_PACKETS_H

#include <libavcodec/avcodec.h>
#include <string.h>

#include "../common/util.h"

/* A buffer with the packet's bytes. NULL: no memory. */
static inline lq_buffer *packet_buffer(const lq_host *host, const lq_format *format, const AVPacket *packet)
{
	lq_buffer *buf = host->buffer_new(host, format, (uint32_t)packet->size);
	if (buf)
		memcpy(buf->planes[0], packet->data, (size_t)packet->size);
	return buf;
}

/* Calls `submit` for each packet that is ready, up to the first that fails. Returns what the last one did. */
static inline int packets_receive(AVCodecContext *av, AVPacket *packet, int (*submit)(void *encoder), void *encoder)
{
	int r = 0;
	while (!r && avcodec_receive_packet(av, packet) >= 0) {
		r = submit(encoder);
		av_packet_unref(packet);
	}
	return r;
}

#endif
