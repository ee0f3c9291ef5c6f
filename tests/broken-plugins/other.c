/* Offers an id of "good" at a higher rank. */
#include "nodes.h"

static const lq_node_desc pass = TEST_FILTER("filter.pass", 200);
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("other", nodes)};
