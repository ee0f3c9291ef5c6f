/* Never comes back. */
#include "nodes.h"

static volatile int for_ever = 1;

__attribute__((constructor)) static void loop(void)
{
	while (for_ever)
		;
}

static const lq_node_desc pass = TEST_FILTER("filter.loop", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("loop", nodes)};
