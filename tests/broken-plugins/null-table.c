#include "nodes.h"

static const lq_node_desc pass = {.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.null", .summary = "has no ports table",
                                  .n_ports = 2, .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("null", nodes)};
