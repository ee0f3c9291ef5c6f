/* What stands in for nodes that are not there. */
#include "../common/util.h"
#include "null_nodes.h"

static const lq_node_desc *const nodes[] = {&lq__null_sink, &lq__null_pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "null", .version = "0.1", .licence = "Apache-2.0",
	.summary = "A renderer that discards, a filter that changes nothing", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
