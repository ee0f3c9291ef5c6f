/* What FFmpeg does well for calls: x264, decoding, scaling and resampling. Its libraries as Debian builds them are GPL. */
#include <libavutil/log.h>

#include "ffmpeg_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__h264_encoder, &lq__h264_decoder, &lq__vp8_decoder,
                                            &lq__vp9_decoder,  &lq__scale,        &lq__resample,
                                            &lq__aac_encoder,  &lq__aac_decoder,  &lq__relay};

/* Damaged packets are ordinary here; the nodes report what matters themselves. */
static int init(void)
{
	av_log_set_level(AV_LOG_FATAL);
	return 0;
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "ffmpeg",
	.version = "0.1",
	.licence = "GPL-2.0-or-later",
	.summary = "H.264 and AAC encoders; H.264, VP8, VP9 and AAC decoders; scaling and resampling, by FFmpeg",
	.nodes = nodes,
	.n_nodes = sizeof nodes / sizeof *nodes,
	.init = init,
};
