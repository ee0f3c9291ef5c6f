/* The registry's inside, shared by registry.c (loading) and find.c (choosing). */
#ifndef LQ_PLUGIN_REGISTRY_H
#define LQ_PLUGIN_REGISTRY_H

#include <loquat/registry.h>

typedef struct lq__entry {
	const lq_plugin *plugin; /* NULL: not loaded, see reason */
	char *file, *reason;
	int code;
} lq__entry;

struct lq_registry {
	lq__entry *entries;
	size_t n, room;
	lq_node_info *nodes; /* sorted by id, then rank (highest first), then plugin */
	size_t n_nodes;
};

#endif
