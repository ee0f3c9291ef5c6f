/* The ops that all outlets share. */
#ifndef LQ_PLUGINS_BROADCAST_OUTLET_NODE_H
#define LQ_PLUGINS_BROADCAST_OUTLET_NODE_H

#include "outlet.h"

int outlet_create(const lq_host *host, const lq_node_desc *desc, const outlet_kind *kind, const lq_value *params, void **self);
void outlet_destroy(void *self);
int outlet_add_port(void *self, uint32_t tmpl, uint32_t port);
void outlet_remove_port(void *self, uint32_t port);
int outlet_formats(void *self, uint32_t port, uint32_t i, lq_format *out);
int outlet_set_format(void *self, uint32_t port, const lq_format *fmt);
int outlet_node_start(void *self);
void outlet_node_stop(void *self);
void outlet_stats(void *self, lq_stat_fn fn, void *arg);

extern const lq_port_desc outlet_ports[2];
extern const lq_transport_ops outlet_transport_ops;

#endif
