/* The plugin ABI, version 0: all that a plugin includes.
 *
 * A plugin is a shared object that exports one constant, `lq_plugin_abi0`:
 *
 *     LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
 *         .struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR,
 *         .name = "mycam", .version = "1.0", .licence = "Apache-2.0", .summary = "…",
 *         .nodes = nodes, .n_nodes = 1 };
 *
 * While the major version is 0 the host requires exactly its own minor. */
#ifndef LOQUAT_PLUGIN_PLUGIN_H
#define LOQUAT_PLUGIN_PLUGIN_H

#include <loquat/plugin/node.h>

#define LQ_ABI_MAJOR 0
#define LQ_ABI_MINOR 2
#define LQ_PLUGIN_SYMBOL "lq_plugin_abi0"

#ifdef __cplusplus
#define LQ_PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))
extern "C" {
#else
#define LQ_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

typedef struct lq_plugin {
	uint32_t struct_size;
	uint32_t abi_minor;
	const char *name;
	const char *version;
	const char *licence; /* SPDX */
	const char *summary;
	const lq_node_desc *const *nodes;
	uint32_t n_nodes;
	uint32_t reserved;
	int (*init)(void);  /* [control] once, before the first probe; may be NULL */
	void (*exit)(void); /* [control] once, after the last destroy; may be NULL */
} lq_plugin;

#ifdef __cplusplus
}
#endif
#endif
