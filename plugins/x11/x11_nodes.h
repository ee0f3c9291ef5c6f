#ifndef LQ_PLUGINS_X11_NODES_H
#define LQ_PLUGINS_X11_NODES_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__screen, lq__xwindow;

#endif
