/* The graph of a broadcast: the profile with the targets laid over it. */
#ifndef LQ_TOOLS_BROADCAST_GRAPH_H
#define LQ_TOOLS_BROADCAST_GRAPH_H

#include <loquat/diag.h>

#include "spec.h"

#define BROADCAST_PROFILE "broadcast"
#define TARGET_NODE "to" /* of the names of the targets' nodes: to0, to1 … */

/* For lq_engine_config.profile_patch; free() it. NULL after messages in diag. */
char *broadcast_patch(const spec *s, lq_diag *diag);

/* The target that a node is; -1 none. */
int broadcast_target(const spec *s, const char *node);

#endif
