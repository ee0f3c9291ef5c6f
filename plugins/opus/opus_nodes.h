/* The two nodes of the plugin. */
#ifndef LQ_PLUGINS_OPUS_H
#define LQ_PLUGINS_OPUS_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__opus_encoder, lq__opus_decoder;

#endif
