#include "nodes.h"

int loquat_test_absent(void);

static int init(void)
{
	return loquat_test_absent();
}

static const lq_node_desc pass = TEST_FILTER("filter.missing", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("missing", nodes), .init = init};
