/* filter.pass: gives what it gets, unchanged. */
#include <stdlib.h>

#include "../common/util.h"
#include "null_nodes.h"

enum { PORT_IN, PORT_FAR, PORT_OUT };

typedef struct pass {
	const lq_host *host;
	const lq_format *in;
	uint64_t buffers;
} pass;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	pass *p = calloc(1, sizeof *p);
	if (!p)
		return LQ_ENOMEM;
	p->host = host;
	*self = p;
	return 0;
}

static void destroy(void *self)
{
	pass *p = self;
	lq__format_drop(p->host, &p->in);
	free(p);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const pass *p = self;
	if (i)
		return LQ_END;
	*out = port == PORT_OUT && p->in ? *p->in : (lq_format){.struct_size = sizeof *out};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	pass *p = self;
	return port == PORT_IN ? lq__format_replace(p->host, &p->in, fmt) : 0;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	pass *p = self;
	if (port == PORT_FAR)
		return 0;
	p->buffers++;
	return lq__submit(p->host, PORT_OUT, p->host->buffer_ref(p->host, buf));
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const pass *p = self;
	lq__stat(fn, arg, PORT_OUT, "buffers", (double)p->buffers);
}

static const lq_port_desc ports[] = {[PORT_IN] = {"in", LQ_IN, LQ_MEDIA_NONE, 0}, [PORT_FAR] = {"far", LQ_IN, LQ_MEDIA_NONE, LQ_PORT_OPTIONAL},
                                     [PORT_OUT] = {"out", LQ_OUT, LQ_MEDIA_NONE, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_format = set_format, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

const lq_node_desc lq__null_pass = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.pass", .summary = "Changes nothing", .rank = 10, .flags = LQ_NODE_PURE,
	.ports = ports, .n_ports = LQ__COUNT(ports), .ops = &ops, .kind_ops = &filter_ops};
