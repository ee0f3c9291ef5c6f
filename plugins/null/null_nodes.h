#ifndef LQ_PLUGINS_NULL_NODES_H
#define LQ_PLUGINS_NULL_NODES_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__null_sink, lq__null_pass;

#endif
