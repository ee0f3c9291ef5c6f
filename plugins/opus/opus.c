/* Opus on libopus itself: FFmpeg's wrapper changes no rate while running and has neither loss concealment nor in-band FEC. */
#include "opus_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__opus_encoder, &lq__opus_decoder};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "opus",
	.version = "0.1",
	.licence = "Apache-2.0",
	.summary = "Opus encoder and decoder with in-band FEC and loss concealment",
	.nodes = nodes,
	.n_nodes = 2,
};
