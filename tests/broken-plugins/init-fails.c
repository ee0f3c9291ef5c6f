#include "nodes.h"

static int init(void)
{
	return LQ_ENODEV;
}

static const lq_node_desc pass = TEST_FILTER("filter.init", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("init", nodes), .init = init};
