/* The nodes of the plugin. */
#ifndef LQ_PLUGINS_FFMPEG_H
#define LQ_PLUGINS_FFMPEG_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__h264_encoder, lq__h264_decoder, lq__vp8_decoder, lq__vp9_decoder, lq__scale, lq__resample, lq__aac_encoder, lq__aac_decoder, lq__relay;

#endif
