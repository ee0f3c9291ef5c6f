/* Dies of a bad address before anyone can ask it anything. */
#include "nodes.h"

static volatile int *volatile nowhere;

__attribute__((constructor, no_sanitize("undefined")))
static void crash(void)
{
	*nowhere = 1;
}

static const lq_node_desc pass = TEST_FILTER("filter.crash", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("crash", nodes)};
