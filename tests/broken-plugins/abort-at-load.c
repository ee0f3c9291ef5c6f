/* Thinks that something is wrong, and takes the process with it. */
#include <stdlib.h>

#include "nodes.h"

__attribute__((constructor)) static void give_up(void)
{
	abort();
}

static const lq_node_desc pass = TEST_FILTER("filter.abort", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("abort", nodes)};
