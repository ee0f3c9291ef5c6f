/* The nodes of the plugin. */
#ifndef LQ_PLUGINS_AVFORMAT_H
#define LQ_PLUGINS_AVFORMAT_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__file_source, lq__recorder;

#endif
