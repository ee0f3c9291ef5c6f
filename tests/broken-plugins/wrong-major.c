#include <loquat/plugin/plugin.h>

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi1 = {.struct_size = sizeof(lq_plugin)};
