/* A filter that does nothing, for plugins whose point lies elsewhere. */
#ifndef TEST_NODES_H
#define TEST_NODES_H

#include <loquat/plugin/plugin.h>

static int create(const lq_host *host, const lq_value *params, void **self)
{
	*self = (void *)host;
	return 0;
}

static void destroy(void *self)
{
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	const lq_host *host = self;
	return host->submit(host, 1, host->buffer_ref(host, buf));
}

static const lq_node_ops ops = {.create = create, .destroy = destroy};
static const lq_filter_ops filter_ops = {.process = process};
static const lq_port_desc ports[] = {{"in", LQ_IN, 0, 0}, {"out", LQ_OUT, 0, 0}};

#define TEST_FILTER(node_id, node_rank) \
	{ \
		.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = node_id, .summary = "passes on", .rank = node_rank, .ports = ports, \
		.n_ports = 2, .ops = &ops, .kind_ops = &filter_ops \
	}

#define TEST_PLUGIN(plugin_name, table) \
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = plugin_name, .version = "1.0", .licence = "Apache-2.0", \
	.summary = "a plugin of the tests", .nodes = table, .n_nodes = sizeof table / sizeof *table

#endif
