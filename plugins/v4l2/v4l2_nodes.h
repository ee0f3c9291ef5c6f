/* The node of this plugin. */
#ifndef LQ_V4L2_NODES_H
#define LQ_V4L2_NODES_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__camera;

#endif
