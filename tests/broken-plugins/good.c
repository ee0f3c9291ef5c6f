#include "nodes.h"

static const lq_node_desc pass = TEST_FILTER("filter.pass", 100), spare = TEST_FILTER("filter.spare", 100);
static const lq_node_desc *const nodes[] = {&pass, &spare};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("good", nodes)};
