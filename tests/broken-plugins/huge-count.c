#include "nodes.h"

static const lq_node_desc pass = TEST_FILTER("filter.huge", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "huge", .version = "1.0", .licence = "Apache-2.0",
	.summary = "says more than it has", .nodes = nodes, .n_nodes = 0x7fffffff};
