/* The plugin "v4l2": Linux's cameras. */
#include "common/util.h"
#include "v4l2_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__camera};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "v4l2",
	.version = "0.1",
	.licence = "Apache-2.0",
	.summary = "Cameras on Video4Linux",
	.nodes = nodes,
	.n_nodes = LQ__COUNT(nodes),
};
