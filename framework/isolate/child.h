/* The helper's side of an isolated node: a graph of its own with that node in it, and what stands for the graph that it belongs to. Used by
 * tools/loquat-node.c. The main thread loads and creates, the loop does the rest. */
#ifndef LQ_ISOLATE_CHILD_H
#define LQ_ISOLATE_CHILD_H

#include "graph/graph.h"
#include "isolate/outbox.h"

/* Called once on the node's loop after its start, for a node that says LQ_NODE_PURE: gives up all rights that computing does not need. */
typedef int (*lq__confine_fn)(char *text, size_t size);

typedef struct lq__child lq__child;

/* A buffer that came from the graph and is not freed yet. */
typedef struct lq__child_input {
	lq__child *child;
	uint32_t number;
	lq__segment *segment; /* one reference; NULL: there is no memory */
} lq__child_input;

struct lq__child {
	int fd;
	lq__confine_fn confine;
	int is_confined;
	lq_registry *registry;
	lq_graph *graph;
	lq_node *node, *bridge;
	int leave_fd;   /* eventfd: the graph said good-bye */
	uint8_t *room;  /* LQ__WIRE_MAX: the message that is being read */
	int fds[LQ__WIRE_FDS];
	uint32_t n_fds, next_fd;

	/* [loop] what the graph sends */
	lq__segment *segments[LQ__WIRE_SEGMENTS];
	const lq_format *formats[LQ__WIRE_FORMATS];
	lq__child_input inputs[LQ__WIRE_INPUTS];

	/* under lock: what is sent to the graph */
	pthread_mutex_t lock;
	lq__outbox out;
	int is_held; /* records wait for the end of what the loop is doing */
	pthread_t holder;
	lq_buffer *results[LQ__WIRE_RESULTS];
	uint32_t last_result;
	_Atomic uint64_t dropped;
};

/* child.c: runs it all until the graph says good-bye or is gone. Returns the exit status. */
int lq__child_main(int fd, lq__confine_fn confine);

/* bridge.c: the node on the same loop that reads the socket. */
extern const lq_plugin lq__bridge_plugin;
extern lq__child *lq__the_child; /* of this process; set before the bridge is made */

/* outlet.c: [any] */
void lq__outlet_adapt(lq_node *node);
void lq__outlet_hold(lq__child *c);
void lq__outlet_let_go(lq__child *c);
void lq__outlet_free_input(void *opaque);
void lq__outlet_result_freed(lq__child *c, uint32_t number);
void lq__outlet_event(void *arg, lq_node *node, const lq_event *event);
void lq__outlet_finish(lq__child *c);

/* Fills a record and sends it, or lets it wait while held: begin locks, end unlocks. */
lq__bytes *lq__outlet_begin(lq__child *c, uint32_t type, size_t *begin);
void lq__outlet_end(lq__child *c, size_t begin);
void lq__outlet_reply(lq__child *c, uint32_t request, int code, const char *text); /* one without more to it */

#endif
