/* Files: any media file as a live source, and a recorder for what arrives encoded. FFmpeg's libraries as Debian builds them are GPL. */
#include <libavutil/log.h>

#include "avformat_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__file_source, &lq__recorder};

/* Damaged files are ordinary; the nodes report what matters themselves. */
static int init(void)
{
	av_log_set_level(AV_LOG_FATAL);
	return 0;
}

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "avformat",
	.version = "0.1",
	.licence = "GPL-2.0-or-later",
	.summary = "Media files as a live source and as a recording, by FFmpeg",
	.nodes = nodes,
	.n_nodes = sizeof nodes / sizeof *nodes,
	.init = init,
};
