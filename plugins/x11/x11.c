/* What is on an X11 screen, and pictures in its windows. */
#include "common/util.h"
#include "x11_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__screen, &lq__xwindow};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "x11",
	.version = "0.1",
	.licence = "Apache-2.0",
	.summary = "Screen capture from X11, and video in its windows",
	.nodes = nodes,
	.n_nodes = LQ__COUNT(nodes),
};
