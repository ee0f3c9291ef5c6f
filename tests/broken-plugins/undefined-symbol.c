/* Would die at the first use of the symbol if it were bound lazily. */
#include "nodes.h"

int loquat_test_nobody_has_this(void);

static int init(void)
{
	return loquat_test_nobody_has_this();
}

static const lq_node_desc pass = TEST_FILTER("filter.undefined", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("undefined", nodes), .init = init};
