/* A node as JSON, for `loquat inspect`. */
#ifndef LQ_TOOLS_INSPECT_NODE_H
#define LQ_TOOLS_INSPECT_NODE_H

#include <string.h>

#include "tool.h"

const char *inspect_kind(uint32_t kind);

/* What the descriptor says: nothing is loaded. */
json_t *inspect_node(const lq_node_info *info);

/* Besides: whether it works here, the formats of its ports and the devices that it finds. Loads the plugin. */
json_t *inspect_node_live(lq_registry *reg, const lq_node_info *info);

#endif
