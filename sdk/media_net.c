/* A room's transport: its two connections and their descriptions. */
#include "media_private.h"

#include <stdlib.h>
#include <string.h>

enum { SDP_MAX = 256 * 1024 };

static int op_close(const lq_node_desc *desc, void *self, void *arg)
{
	const lq_transport_ops *ops = desc->kind_ops;
	ops->close(self, *(uint32_t *)arg);
	return 0;
}

void lq__media_close_node(lq_node *transport, uint32_t direction)
{
	lq_node_call(transport, op_close, &direction, NULL, NULL);
}

void lq__media_close(lq__media *m, uint32_t direction)
{
	if (m->open[direction])
		lq__media_close_node(m->net, direction);
	m->open[direction] = 0;
}

typedef struct net_call {
	uint32_t direction, port;
	const char *text;
	char *out;
	size_t size;
} net_call;

static int op_open(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->open(self, c->direction, NULL);
}

static int op_bind(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->bind(self, c->port, c->text);
}

static int op_describe(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->describe(self, c->direction, c->out, c->size);
}

static int op_set_remote(const lq_node_desc *desc, void *self, void *arg)
{
	net_call *c = arg;
	return ((const lq_transport_ops *)desc->kind_ops)->set_remote(self, c->direction, c->text);
}

static int call(lq__media *m, lq_node_fn fn, net_call *c, lq_diag *diag)
{
	return lq_node_call(m->net, fn, c, c->direction == LQ_SEND ? "publish" : "subscribe", diag);
}

static int open_direction(lq__media *m, uint32_t direction, lq_diag *diag)
{
	int r = m->open[direction] ? 0 : call(m, op_open, &(net_call){.direction = direction}, diag);
	if (!r)
		m->open[direction] = 1;
	return r;
}

int lq__media_describe(lq__media *m, uint32_t direction, char **out, lq_diag *diag)
{
	int r = open_direction(m, direction, diag);
	if (r)
		return r;
	net_call c = {.direction = direction, .out = malloc(SDP_MAX), .size = SDP_MAX};
	if (!c.out)
		return LQ_ENOMEM;
	if ((r = call(m, op_describe, &c, diag))) {
		free(c.out);
		return r;
	}
	char *fit = realloc(c.out, strlen(c.out) + 1);
	*out = fit ? fit : c.out;
	return 0;
}

int lq__media_set_remote(lq__media *m, uint32_t direction, const char *sdp, lq_diag *diag)
{
	int r = open_direction(m, direction, diag);
	return r ? r : call(m, op_set_remote, &(net_call){.direction = direction, .text = sdp}, diag);
}

int lq__media_is_transport(lq__media *m, const char *node)
{
	return !strcmp(node, lq_node_name(m->net));
}

const lq__media_track *lq__media_port(lq__media *m, uint32_t direction, uint32_t port)
{
	for (lq__entry *e = m->tracks; e; e = e->next)
		if (e->port == port && lq__is_local(&e->track) == (direction == LQ_SEND))
			return &e->track;
	return NULL;
}

int lq__media_bind_port(lq__media *m, uint32_t direction, uint32_t port, const char *name, lq_diag *diag)
{
	net_call c = {.direction = direction, .port = port, .text = name};
	int r = open_direction(m, direction, diag);
	return r ? r : call(m, op_bind, &c, diag);
}
