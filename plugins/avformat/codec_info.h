/* What a container must know of a track, taken from its first packet. */
#ifndef LQ_PLUGINS_AVFORMAT_CODEC_INFO_H
#define LQ_PLUGINS_AVFORMAT_CODEC_INFO_H

#include <libavcodec/avcodec.h>

#include "../common/av.h"

enum AVCodecID lq__av_codec(uint32_t codec);

/* Fills par from a packet where decoding can start. LQ_EAGAIN: this one does not say it all, try the next. */
int lq__codec_parameters(const lq_buffer *buf, AVCodecParameters *par);

/* Whether this packet, one where decoding can start, still fits par: size and parameter sets. */
int lq__codec_fits(const lq_buffer *buf, const AVCodecParameters *par);

#endif
