/* The nodes of the plugin. */
#ifndef LQ_PLUGINS_BROADCAST_NODES_H
#define LQ_PLUGINS_BROADCAST_NODES_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__transport_rtmp, lq__transport_srt, lq__transport_hls, lq__transport_dash, lq__transport_file, lq__capture_url;

#endif
