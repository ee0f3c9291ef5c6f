/* What the programs that measure the graph have in common: a source whose end is waited for, and figures of processor time. */
#ifndef BENCH_COST_H
#define BENCH_COST_H

#include <loquat/graph.h>
#include <loquat/registry.h>
#include <stdint.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct cost_node {
	const lq_host *host;
	const lq_format *out;
	int64_t n; /* buffers */
	int64_t due;
} cost_node;

int cost_create(const lq_host *host, const lq_value *values, void **self);
void cost_destroy(void *self);
int cost_set_output(void *self, uint32_t port, const lq_format *fmt); /* lq_node_ops.set_format of a source */

void cost_check(int r, const lq_diag *diag); /* ends the program when r is an error */

/* For lq_graph_config.event_fn: sees the end of the stream at cost.sink. */
void cost_on_event(void *arg, lq_node *n, const lq_event *e);
void cost_wait(void);

int64_t cost_processor(int who); /* RUSAGE_SELF or RUSAGE_CHILDREN: ns */

#endif
