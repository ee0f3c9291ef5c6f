/* Live broadcast: to servers, players and files, and from them, through libavformat. FFmpeg's libraries as Debian builds them are GPL. */
#include <libavformat/avformat.h>

#include "broadcast_nodes.h"
#include "why.h"

static const lq_node_desc *const nodes[] = {&lq__transport_rtmp, &lq__transport_srt, &lq__transport_hls, &lq__transport_dash, &lq__transport_file,
                                            &lq__capture_url};

/* Broken connections are ordinary; the nodes report what matters themselves. */
static int init(void)
{
	av_log_set_level(AV_LOG_FATAL);
	why_install();
	return avformat_network_init() < 0 ? LQ_EIO : 0;
}

static void leave(void)
{
	why_remove();
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "broadcast",
	.version = "0.1",
	.licence = "GPL-2.0-or-later",
	.summary = "RTMP, SRT, HLS, DASH and files, out and in, by FFmpeg",
	.nodes = nodes,
	.n_nodes = sizeof nodes / sizeof *nodes,
	.init = init,
	.exit = leave,
};
