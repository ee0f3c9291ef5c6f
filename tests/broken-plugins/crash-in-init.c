/* Loads, and dies when it is first spoken to. */
#include <signal.h>

#include "nodes.h"

static int init(void)
{
	return raise(SIGILL);
}

static const lq_node_desc pass = TEST_FILTER("filter.crashinit", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("crashinit", nodes), .init = init};
