/* The graph's insides, shared by the files of this folder.
 *
 * Who may touch what: `graph` lists belong to [control]. Ports, links and formats of a node are changed on the node's loop only, and
 * under node->lock, so that the loop reads them without the lock and [any] thread with it. What other threads hand to a loop
 * (calls, events, buffers, wake-ups) is under loop->lock. Order of locks: node->lock, then loop->lock. */
#ifndef LQ_GRAPH_GRAPH_H
#define LQ_GRAPH_GRAPH_H

#include <loquat/graph.h>
#include <loquat/log.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "media/buffer.h"
#include "media/format.h"
#include "plugin/param.h"

#define AREA "graph"
#define DEFAULT_BUFFERS 64
#define MAX_BUFFERS 4096
#define MAX_FORMATS 32             /* entries of a node's list that negotiation looks at */
#define LQ__QUEUE_BATCH 16         /* buffers of one queue before the next one has its turn */
#define MAX_PENDING 32             /* buffers that wait for a node to come out of its op */
#define MAX_EVENTS 256             /* events that wait for a loop */
#define MAX_FDS 64                 /* that one node watches */
#define MAX_FAN_OUT 64             /* links of one output */
#define MAX_PORTS 4096             /* of one node */
#define GIVE_UP_ERRORS 100         /* errors in a row that stop a node */
#define READ_SLICE (100 * LQ_MSEC) /* longest wait of a blocking read: controls wait no longer than that */

typedef struct lq__loop lq__loop;
typedef struct lq__port lq__port;
typedef struct lq__proxy lq__proxy;

/* The ring of a queued link, under the consumer's loop->lock. */
typedef struct lq__queue {
	lq_buffer **ring; /* NULL: the link is a direct call */
	uint32_t policy, limit, first, n;
	uint32_t size;          /* places in the ring: one more than `limit`, or more while held */
	int64_t max_time;       /* ns of media, 0: no limit */
	int came_muted;         /* while held: something came, and was dropped because the link is muted */
	int held;               /* an edit's: keeps what comes until the old link's buffers are through */
	int skip_to_key;        /* dropping until the next key frame */
	int closed;             /* takes nothing more */
	int ready;              /* in loop->ready */
	uint32_t waiting;       /* producers blocked in push */
	pthread_cond_t room;
	uint64_t reported;      /* drops that the app knows of */
	int64_t last_report;
	lq_link *next_ready;
} lq__queue;

struct lq_link {
	lq_graph *graph;
	lq_link *next;      /* in graph->links, in the order of their making */
	lq_node *from, *to;
	lq__port *out, *in;
	lq_link *next_out;  /* at the same output port */
	uint32_t from_port, to_port;
	lq_link *tail;      /* `to` is a converter that negotiation put in: this one goes on from there */
	int is_tail;
	int is_direct;      /* a call, without a queue; known once it is prepared */
	char *bridge;       /* the group that it comes and goes with when neither end is of that group; lq__free */
	int attached;       /* in out->links */
	int negotiated;
	lq_link *succeeds;  /* of an edit under way: the link whose stream this one carries on */
	lq_link *instead;   /* likewise: the one whose place at the input it takes */
	lq_edit *edit;      /* likewise: wants to know of the first buffer. Under `to`'s loop->lock */
	_Atomic int muted;
	int eos;                 /* [loop of to] the last buffer has passed */
	int64_t last_pts;        /* [loop of to] of the last buffer that went in, LQ_TIME_NONE none */
	const lq_format *format; /* [loop of to] what the consumer is set to; one reference */
	const lq_format *refused; /* [loop of to] the last format that it would not take; one reference */
	lq_format *accepts;      /* the consumer's list as it was asked last; lq__free */
	uint32_t n_accepts;
	lq_queue_config queue_config;
	lq__queue queue;
	_Atomic uint64_t passed, dropped;
	_Atomic uint32_t max_depth, format_changes;
};

/* A change of an output's links between two of its buffers. */
typedef struct lq__cut {
	lq_link *off[MAX_FAN_OUT], *on[MAX_FAN_OUT];
	uint32_t n_off, n_on;
	int at_key;    /* waits for a key frame */
	_Atomic int done;
	lq_edit *edit; /* is told */
} lq__cut;

struct lq__port {
	const lq_port_desc *desc;
	uint32_t number, row;
	const lq_format *format; /* negotiated; one reference */
	const lq_format *fixed;  /* output: the format that will come, told from outside; one reference */
	lq_link *links;          /* output: attached links */
	lq_link *link;           /* input */
	int eos;                 /* output: an EOS buffer left */
	lq__cut *cut;            /* output: waits for its moment. Written on the loop and under node->lock */
};

enum { NODE_NEW = 0, NODE_RUNNING = 1, NODE_STOPPED = 2, NODE_FAILED = 3 };

typedef struct lq__pending {
	lq_link *link;
	lq_buffer *buf;
} lq__pending;

struct lq_node {
	lq_host host; /* host.host_data is this node */
	lq_graph *graph;
	lq_node *next;      /* in graph->nodes */
	lq_node *next_loop; /* in loop->nodes */
	char *name, *group;
	const lq_node_desc *desc;
	const lq_plugin *plugin;
	lq__loop *loop;
	lq__loop *named_loop; /* the one of the configuration: converters behind a blocking capture go there */
	int own_loop;         /* `loop` is this node's alone */
	int created;
	void *self, *user;
	lq__proxy *proxy; /* what stands here for a node that runs in a helper process; NULL: it runs here */
	lq__params *params;
	char *base_dir;
	int converter;
	_Atomic int state;
	_Atomic(lq_edit *) trial; /* an edit that wants to see how the first ops go */
	_Atomic int tried;        /* one went well */
	int64_t target_rate;      /* [loop] of the last LQ_EVENT_TARGET_RATE, 0 none */
	pthread_mutex_t lock;
	pthread_cond_t submitted; /* OWN_THREAD: under lock */
	uint64_t submits_begun, submits_done;

	lq__port **ports; /* by number; NULL where a MANY port was removed */
	uint32_t n_ports;

	int busy; /* [loop] inside an op */
	int give_up;
	lq__pending pending[MAX_PENDING];
	uint32_t n_pending, first_pending;

	int64_t wake;     /* under loop->lock; LQ_TIME_NONE none */
	size_t heap_slot; /* under loop->lock; 0: not in the heap */
	int fds[MAX_FDS]; /* [loop] watched */
	short fd_events[MAX_FDS];
	uint32_t n_fds;
	int ended; /* [loop] a capture that said LQ_END */

	char fail_text[512]; /* [loop] */
	_Atomic uint64_t errors, pending_dropped;
	uint32_t errors_in_row; /* [loop] */
	int64_t last_report;    /* [loop] */
	int order;              /* scratch of the topological sort */
};

/* A call that [control] waits for. */
typedef struct lq__call {
	int (*fn)(void *arg);
	void *arg;
	int result, done;
	struct lq__call *next;
} lq__call;

typedef struct lq__message {
	struct lq__message *next;
	lq_node *node;
	lq_event event;
	char text[];
} lq__message;

struct lq__loop {
	lq__loop *next;
	lq_graph *graph;
	char *name;
	int priority;
	int has_thread;
	pthread_t thread;
	int efd;           /* wakes the thread out of poll; -1 without threads */
	lq_node *nodes;    /* [loop] */
	int own;           /* of one BLOCKING capture alone */
	lq_node *blocking; /* that capture; under lock */

	pthread_mutex_t lock;
	pthread_cond_t call_done;
	_Atomic int quit;
	int sleeping;
	lq__call *calls, **calls_end;
	lq__message *events, **events_end;
	uint32_t n_events;
	_Atomic uint64_t events_dropped;
	lq_link *ready, **ready_end;
	lq_node **heap; /* [1..n_heap] by wake time */
	size_t n_heap, heap_room;

	pthread_mutex_t read_lock; /* guards `reading`, so that wake() never meets a node that is gone */
	int reading;

	struct pollfd *polls; /* [loop] [0] is efd */
	lq_node **poll_nodes;
	size_t n_polls, poll_room;
	int polls_stale;
};

struct lq_graph {
	lq_graph_config config;
	lq_clock *clock;
	lq__pool *pool;
	lq__loop *loops;
	lq_node *nodes;
	lq_link *links;
	uint32_t n_converters;
	char reason[512]; /* what the node said in the last call that failed */
	void (*adapt)(lq_node *node); /* changes a new node's host before the node sees it; NULL: as it is */
};

/* loop.c, loop_run.c */
int lq__loop_create(lq_graph *graph, const char *name, int priority, lq_node *blocking, lq__loop **out);
void lq__loop_destroy(lq__loop *loop);
void lq__loop_set_priority(lq__loop *loop, int priority);
int lq__loop_call(lq__loop *loop, int (*fn)(void *arg), void *arg);
int lq__loop_post_event(lq__loop *loop, lq_node *node, const lq_event *event);
void lq__loop_lock(lq__loop *loop);
void lq__loop_notify_unlock(lq__loop *loop);
int lq__loop_is_current(const lq__loop *loop);
int lq__loop_is_any(void);
const lq__loop *lq__loop_become(const lq__loop *loop);
int lq__loop_calls(lq__loop *loop);
int lq__loop_step(lq__loop *loop);
int lq__loop_next_time(lq__loop *loop, int64_t *time);
int lq__loop_add_node(lq__loop *loop, lq_node *node);
void lq__loop_drop_node(lq__loop *loop, lq_node *node);
void *lq__loop_main(void *arg);

/* timer.c: under loop->lock */
int lq__timer_reserve(lq__loop *loop, size_t n);
void lq__timer_set(lq__loop *loop, lq_node *node, int64_t time);
void lq__timer_clear(lq__loop *loop, lq_node *node);
lq_node *lq__timer_due(lq__loop *loop, int64_t now);
void lq__wake_at(lq_node *node, int64_t time);

/* host.c */
void lq__host_init(lq_node *node);

/* run.c */
int lq__graph_settle(lq_graph *graph);
int lq__graph_advance(lq_graph *graph, int64_t until);

/* node.c */
int lq__node_create(lq_graph *graph, const lq_node_config *config, const lq_node_info *info, const char *place, lq_diag *diag, lq_node **out);
void lq__node_destroy(lq_node *node);
int lq__node_add_port(lq_node *node, uint32_t row, const char *place, lq_diag *diag, lq__port **out);
void lq__node_remove_port(lq_node *node, lq__port *port);
lq__port *lq__node_port(const lq_node *node, uint32_t number);
int lq__node_call(lq_node *node, int (*fn)(lq_node *node, void *arg), void *arg);
const char *lq__call_reason(const lq_node *node, int code);

/* op.c: all on the node's loop */
void lq__node_enter(lq_node *node);
void lq__node_leave(lq_node *node);
void lq__node_result(lq_node *node, const char *op, int code);
void lq__node_run(lq_node *node, int64_t now);
void lq__node_read(lq_node *node, int64_t deadline);
void lq__node_event(lq_node *node, const lq_event *event);
void lq__node_pass_on(lq_node *node, const lq_event *event);
void lq__node_ended(lq_node *node);
int lq__node_start(lq_node *node);
void lq__node_stop(lq_node *node);
void lq__node_flush(lq_node *node);

/* deliver.c */
int lq__node_submit(lq_node *node, uint32_t port, lq_buffer *buf);
void lq__link_deliver(lq_link *link, lq_buffer *buf);
void lq__link_receive(lq_link *link, lq_buffer *buf);
void lq__submit_eos(lq_node *node);
void lq__node_await_submits(lq_node *node);

/* link.c */
int lq__link_new(lq_graph *graph, lq_node *from, lq__port *out, lq_node *to, lq__port *in, lq_link **link);
int lq__link_create(lq_graph *graph, lq_node *from, lq__port *out, lq_node *to, lq__port *in, lq_link **link);
void lq__link_plug(lq_link *link);
int lq__link_prepare(lq_link *link);
void lq__link_attach(lq_link *link);
void lq__port_cut(lq_node *node, lq__port *port);
void lq__link_unhook(lq_link *link);
void lq__link_detach(lq_link *link);
void lq__link_reset(lq_link *link);
void lq__link_destroy(lq_link *link);
int lq__link_fix_format(lq_link *link, const lq_format *fmt, lq_diag *diag);

/* queue.c */
int lq__queue_open(lq_link *link, uint32_t policy, uint32_t buffers, uint32_t ms);
void lq__queue_close(lq_link *link);
void lq__queue_finish(lq_link *link);
int lq__queue_push(lq_link *link, lq_buffer *buf);
lq_link *lq__queue_turn(lq__loop *loop, lq_buffer **out, uint32_t *n);
lq_buffer *lq__queue_pop(lq_link *link);
int lq__queue_hold(lq_link *link, lq_edit *edit, int to_key);
int lq__queue_held(lq_link *link, uint32_t *first_flags);
void lq__queue_muted(lq_link *link);
uint32_t lq__queue_release(lq_link *link, int64_t after);
const char *lq__queue_policy_name(uint32_t policy);

/* formats.c */
int lq__formats_list(lq_node *node, const lq__port *port, lq_format *list, uint32_t *n);
int lq__formats_match(const lq_format *fmt, const lq_format *list, uint32_t n, lq_format *out);
void lq__formats_fix(lq_format *fmt, const lq_format *hint);
void lq__formats_text(const lq_format *list, uint32_t n, char *out, size_t size);
int lq__set_format(lq_node *node, lq__port *port, const lq_format *fmt);

/* negotiate.c. The links that a choice has to please: those without a format, or while running the attached ones. */
typedef struct lq__candidates lq__candidates;
struct lq__candidates {
	const lq__port *port;
	const lq_link *port_links, *first;
	const lq_link *(*next)(const lq__candidates *c, const lq_link *link);
};
int lq__choose_format(const lq__candidates *c, const lq_format *list, uint32_t n, const lq_format *hint, lq_format *out);
int lq__no_common_format(lq_link *link, const lq_format *list, uint32_t n, const char *why, lq_diag *diag);
int lq__negotiate_port(lq_node *node, lq__port *port, const char *group, lq_diag *diag);
int lq__negotiate_node(lq_node *node, const char *group, lq_diag *diag);

/* convert.c, change.c */
int lq__convert(lq_link *link, const lq_format *fmt, const lq_format *list, uint32_t n, const char *group, lq_diag *diag);
void lq__unconvert(lq_link *link);
int lq__link_change_format(lq_link *link, const lq_format *fmt);

/* graph.c, connect.c */
int lq__graph_add_node(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out);
void lq__graph_drop_node(lq_node *node);
int lq__connect_rows(const lq_node_desc *from, const char *from_port, const lq_node_desc *to, const char *to_port, const char *place, lq_diag *diag,
                     uint32_t *out, uint32_t *in);
int lq__graph_link_rows(lq_graph *graph, lq_node *from, uint32_t out_row, lq__port *shared, lq_node *to, uint32_t in_row,
                        const lq_queue_config *queue, const char *place, lq_diag *diag, lq_link **result);

/* start.c: a NULL group is all of them */
void lq__graph_remove(lq_graph *graph, const char *group);
void lq__sort_nodes(lq_graph *graph);
lq_node *lq__node_at(const lq_graph *graph, int place);
int lq__check_inputs(const lq_graph *graph, lq_diag *diag);
int lq__prepare_links(lq_graph *graph, lq_diag *diag);
int lq__start_in_place(lq_graph *graph, lq_node *node, lq_diag *diag);
void lq__drain_inputs(lq_node *node);
void lq__stop(lq_node *node);
int lq__restart(lq_node *node);
void lq__forget_formats(lq_node *node);

/* exchange.c: [any] */
void lq__edit_poke(lq_edit *edit);
void lq__edit_result(lq_edit *edit, lq_node *node, int code);

#endif
