/* Believes that it is a program. */
#include <unistd.h>

#include "nodes.h"

__attribute__((constructor)) static void leave(void)
{
	_exit(7);
}

static const lq_node_desc pass = TEST_FILTER("filter.exit", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("exit", nodes)};
