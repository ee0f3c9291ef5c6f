/* A library whose exported symbols reach every type of the plugin ABI: libabigail sees only what a symbol leads to. */
#include <loquat/plugin/plugin.h>

#define ANCHOR(type) extern type *abi_##type; LQ_ANCHOR type *abi_##type
#define LQ_ANCHOR __attribute__((visibility("default")))

ANCHOR(lq_plugin);
ANCHOR(lq_node_desc);
ANCHOR(lq_port_desc);
ANCHOR(lq_param_desc);
ANCHOR(lq_node_ops);
ANCHOR(lq_capture_ops);
ANCHOR(lq_codec_ops);
ANCHOR(lq_filter_ops);
ANCHOR(lq_renderer_ops);
ANCHOR(lq_transport_ops);
ANCHOR(lq_host);
ANCHOR(lq_format);
ANCHOR(lq_buffer);
ANCHOR(lq_event);
ANCHOR(lq_value);
ANCHOR(lq_stat);
ANCHOR(lq_device);
