/* Says that it has four thousand million parameters. */
#include "nodes.h"

static const lq_param_desc params[] = {{.name = "size", .type = LQ_PARAM_INT, .def = "1", .help = "the only one that there is"}};
static const lq_node_desc pass = {.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.params", .summary = "says more than it has",
                                  .ports = ports, .n_ports = 2, .params = params, .n_params = 0xffffffff, .ops = &ops, .kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&pass};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {TEST_PLUGIN("params", nodes)};
