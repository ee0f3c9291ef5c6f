/* Another file with the name of "good" inside. */
#include "nodes.h"

static const lq_node_desc pass = TEST_FILTER("filter.twin", 100);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("good", nodes)};
