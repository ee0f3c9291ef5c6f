/* Is a plugin's descriptor sound? Everything that the host relies on later is checked here, once. */
#ifndef LQ_PLUGIN_CHECK_H
#define LQ_PLUGIN_CHECK_H

#include <loquat/plugin/plugin.h>

enum { LQ__NODES_MAX = 64, LQ__PORTS_MAX = 64, LQ__PARAMS_MAX = 256 };

/* 0, or LQ_EABI for another ABI, LQ_EINVAL for a fault of the plugin's author; the reason goes to text. */
int lq__plugin_check(const lq_plugin *plugin, char *text, size_t size);
/* The same without ops: all that can be said of a description. */
int lq__plugin_check_static(const lq_plugin *plugin, char *text, size_t size);

#endif
