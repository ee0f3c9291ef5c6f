/* The graph: nodes, links between their ports, and the loops (threads) that run them.
 *
 * A link is a direct call when both ends are on one loop, else a bounded queue. Nodes are grouped so that a whole part (one
 * published source, one subscribed track) is added to and removed from a running graph at once.
 *
 * Threads: all functions are [control] (one thread at a time, never from a callback or an op: LQ_EREENTRANT) unless tagged otherwise. The graph
 * makes one thread a loop and one for each BLOCKING capture. With `threads` 0 it makes none: then lq_graph_run_until works everything off in
 * order of time, which is deterministic. */
#ifndef LOQUAT_GRAPH_H
#define LOQUAT_GRAPH_H

#include <loquat/api.h>
#include <loquat/clock.h>
#include <loquat/registry.h>

LQ_API_BEGIN

typedef struct lq_graph lq_graph;
typedef struct lq_node lq_node;
typedef struct lq_link lq_link;
typedef struct lq_edit lq_edit;

/* [any loop] An event of a node. Must not block and must not call [control] functions of the graph. */
typedef void (*lq_graph_event_fn)(void *arg, lq_node *node, const lq_event *event);

typedef struct lq_graph_config {
	lq_registry *registry;
	lq_clock *clock; /* with threads the real one (NULL); without them a virtual one */
	int threads;     /* 1: a thread a loop; 0: none, lq_graph_run_until drives */
	lq_graph_event_fn event_fn;
	void *event_arg;
} lq_graph_config;

int lq_graph_create(const lq_graph_config *config, lq_graph **out);
void lq_graph_destroy(lq_graph *graph); /* stops everything; NULL is fine */

/* A loop by name; made on first use. priority: 0 normal, 1 real-time where the system allows it. */
int lq_graph_loop(lq_graph *graph, const char *name, int priority);

/* A parameter as text, the way a profile writes it. */
typedef struct lq_param_text {
	const char *name, *value;
} lq_param_text;

typedef struct lq_node_config {
	const char *name;     /* unique in the graph */
	const char *use;      /* id or id@plugin */
	const char *loop;     /* NULL: "main" */
	const char *group;    /* NULL: "" */
	const char *base_dir; /* for FILE parameters; NULL: the working folder */
	const lq_param_text *params;
	size_t n_params;
	void *user; /* kept for lq_node_user */
	int isolate; /* 1: in a helper process; not for transports, nor in a graph without threads. What replaces an isolated node is isolated, too */
} lq_node_config;

/* Makes the node (create op). `place` prefixes messages. */
int lq_graph_add_node(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out);

enum { LQ_QUEUE_NONE = 0, LQ_QUEUE_BLOCK = 1, LQ_QUEUE_DROP_OLDEST = 2, LQ_QUEUE_LATEST = 3, LQ_QUEUE_DROP_TO_KEYFRAME = 4 };
typedef struct lq_queue_config {
	uint32_t policy;  /* NONE: direct where possible, else DROP_OLDEST for audio, LATEST for raw and DROP_TO_KEYFRAME for encoded video */
	uint32_t buffers; /* limit, at most 4096; 0: 1 for LATEST, else 64 */
	uint32_t ms;      /* limit by media time, 0: none */
} lq_queue_config;

/* Links "node.port" (or a node with one port in that direction) to another. An output may feed many inputs; an input of a MANY template
 * gets a new port, any other input takes one link. */
int lq_graph_link(lq_graph *graph, lq_node *from, const char *from_port, lq_node *to, const char *to_port, const lq_queue_config *queue,
                  const char *place, lq_diag *diag, lq_link **out);

/* A link's ends, and the port number that it uses on either side, for transport binding. */
lq_node *lq_link_from(const lq_link *link);
lq_node *lq_link_to(const lq_link *link);
uint32_t lq_link_from_port(const lq_link *link);
uint32_t lq_link_to_port(const lq_link *link);

/* Link `i` (0, 1, …) of a node in a direction (LQ_IN or LQ_OUT), oldest first, NULL behind the last. Once the group runs, an inserted converter
 * is a node like any other. */
lq_link *lq_node_link(const lq_node *node, uint32_t direction, uint32_t i);

/* [any] While muted a link passes raw audio as silence and drops all else; drops are counted. */
void lq_link_set_muted(lq_link *link, int muted);

/* [control] The limit of a link's queue by media time; 0: none. A link without a queue keeps it for when it gets one. */
void lq_link_set_time_limit(lq_link *link, uint32_t ms);

/* Negotiates and starts all nodes of a group that are not running: formats from source to sink, converters (filter.scale, filter.resample)
 * put in where needed, then start from sink to source. On failure nothing of the group runs and diag says why, with both lists of
 * formats. */
int lq_graph_start(lq_graph *graph, const char *group, lq_diag *diag);

/* The first half of it: formats and converters are found, and nothing is started. For who wants to see them (lq_graph_links) and then destroys
 * the graph; after a failure what was found so far can be seen. */
int lq_graph_negotiate(lq_graph *graph, const char *group, lq_diag *diag);

/* Stops the nodes of a group from source to sink, unlinks and destroys them. Links to other groups' nodes are removed (remove_port). Renderers
 * get what still waits for them. LQ_ENOENT: there is no such group. */
int lq_graph_remove(lq_graph *graph, const char *group);

lq_node *lq_graph_find(lq_graph *graph, const char *name);
const char *lq_node_name(const lq_node *node);
const char *lq_node_loop(const lq_node *node);
const char *lq_node_state(const lq_node *node); /* "new", "running", "stopped" or "failed" */
const lq_node_desc *lq_node_descriptor(const lq_node *node);
void *lq_node_user(const lq_node *node);

/* Runs fn on the node's loop and waits for it. That is how a caller reaches the ops of a kind (transport open, describe, …). fn's
 * result is returned; `host->fail` text goes to diag. */
typedef int (*lq_node_fn)(const lq_node_desc *desc, void *self, void *arg);
int lq_node_call(lq_node *node, lq_node_fn fn, void *arg, const char *place, lq_diag *diag);

/* A parameter's text as it was given; NULL: it has its default, or there is none of this name. Valid until it is set anew. */
const char *lq_node_param(const lq_node *node, const char *name);
int lq_node_set_param(lq_node *node, const char *name, const char *value, const char *place, lq_diag *diag);

/* ---- edits of a running graph ----
 *
 * An edit is asked for in parts and takes effect as a whole, or not at all. New nodes are made at once; lq_edit_commit negotiates and starts them beside the old
 * ones, which go on meanwhile. Then the streams change over, each between two buffers and encoded video at a key frame; what the old nodes still hold comes out
 * before the new ones' first buffer, so nothing is lost and no time goes back. New captures are waited for until they have given their first buffer, and what has
 * inputs must have taken its first one without an error. Whatever fails before that leaves the old nodes running, and diag says why.
 *
 * The old nodes and their links are gone after a successful commit. Nothing else of [control] may be done to the graph between lq_edit_create and the end of the
 * edit. A graph without threads is run on while the edit waits, so its clock moves. */
int lq_edit_create(lq_graph *graph, lq_edit **out);
void lq_edit_destroy(lq_edit *edit); /* gives up what was not committed; NULL is fine */

/* Puts a node in the place of a running one. Of the configuration, what is NULL is as it was: name (so that one name stands for two nodes until the commit), loop,
 * group, base_dir; with `use` NULL it is another instance of the same, and the parameters are laid over the old one's. Ports are matched by name, else by media. A node that stays between two others keeps its
 * formats: where those are to change it is replaced, too. */
int lq_edit_replace(lq_edit *edit, lq_node *old, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out);

/* Puts a node with one input and one output into a link. Where that is muted, it is what leads on from the node that is so afterwards. */
int lq_edit_insert(lq_edit *edit, lq_link *link, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out);

/* The same between an output and all that it feeds. `port` NULL: the node's only output that is linked. */
int lq_edit_insert_behind(lq_edit *edit, lq_node *node, const char *port, const lq_node_config *config, const char *place, lq_diag *diag, lq_node **out);

/* Takes a node out. What its one input is linked to feeds what it fed; a node that feeds nobody may have several. */
int lq_edit_remove(lq_edit *edit, lq_node *node, const char *place, lq_diag *diag);

/* Blocks. `patience`: ns that first buffers and key frames are waited for, each; 0: 2 s. The edit is at its end in any case and is only to be destroyed. LQ_ETIMEDOUT,
 * LQ_EFORMAT, or what the failing node said. */
int lq_edit_commit(lq_edit *edit, int64_t patience, lq_diag *diag);

/* Edits of one change, with the usual patience. lq_node_change with `use` NULL sets the parameters where all of them may change while the node runs, else it makes
 * another instance. */
int lq_node_change(lq_node *node, const lq_node_config *config, const char *place, lq_diag *diag);
int lq_node_insert_behind(lq_node *node, const char *port, const lq_node_config *config, const char *place, lq_diag *diag);
int lq_node_take_out(lq_node *node, const char *place, lq_diag *diag);

/* [any] Sends an event to a node; it arrives on its loop. A node that has no `event` op, or answers LQ_ENOTSUP, lets it pass on to the nodes
 * that feed it. LQ_EFULL when too many wait. */
int lq_node_send_event(lq_node *node, const lq_event *event);

/* Entry `i` of the formats that a port (a row of the descriptor's table) has as the node stands, as text; LQ_END behind the last. For a look at a
 * node, not at a running one: a MANY port is made for the question. LQ_ENOSPACE. */
int lq_node_format(lq_node *node, uint32_t row, uint32_t i, char *out, size_t size);

/* Every figure of every node, its "errors", and of each input "passed", "dropped", "formatChanges" and with a queue "depth", "maxDepth". */
typedef void (*lq_graph_stat_fn)(void *arg, const char *node, uint32_t port, const char *name, double value);
void lq_graph_stats(lq_graph *graph, lq_graph_stat_fn fn, void *arg);

/* Every link with its format as text; valid during the call. */
typedef struct lq_link_info {
	const lq_link *link;
	const char *from, *from_port, *to, *to_port; /* names of nodes and ports */
	char format[120];                            /* "" when not negotiated */
	const char *converter;                       /* the id of the node that was put between, NULL none */
	char converted[120];                         /* the format behind it */
	const char *policy;                          /* of its queue, as a profile names it; NULL: a direct call */
	uint32_t depth, max_depth, limit;            /* buffers in the queue: now, at most so far, at most ever */
	uint64_t passed, dropped;                    /* buffers since the link was made */
	int muted;
} lq_link_info;
typedef void (*lq_graph_link_fn)(void *arg, const lq_link_info *info);
void lq_graph_links(lq_graph *graph, lq_graph_link_fn fn, void *arg);

/* The graph as Graphviz DOT with formats, loops, queue depths and drops. The caller frees it with free(). NULL: no memory. */
char *lq_graph_dot(lq_graph *graph);

/* threads == 0 only: works off everything that is due until `time` on the virtual clock, moving it along. */
int lq_graph_run_until(lq_graph *graph, int64_t time);

LQ_API_END
#endif
