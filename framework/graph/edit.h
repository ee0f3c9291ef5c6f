/* An edit's inside, shared by edit.c (what is asked for), plan.c (which links follow from that) and exchange.c (carrying it out). [control] */
#ifndef LQ_GRAPH_EDIT_H
#define LQ_GRAPH_EDIT_H

#include "graph/graph.h"

#define EDIT_CHANGES 64
#define EDIT_LINKS 512

typedef struct lq__change {
	lq_node *old;    /* goes; NULL: `fresh` comes into `at`, or behind `behind` */
	lq_node *fresh;  /* comes; NULL: what feeds `old` feeds what it fed */
	lq_link *at;
	lq__port *behind;
	char *place; /* lq__free; NULL none */
	int stopped; /* `old` had to let its device go before `fresh` could start */
} lq__change;

typedef struct lq__cutting {
	lq_node *node;
	lq__port *port;
	lq__cut cut;
	uint64_t flowed; /* over the old links, when it began to wait */
} lq__cutting;

typedef struct lq__cuts {
	lq__cutting *list; /* lq__free */
	size_t n;
} lq__cuts;

#define LQ__EDIT_IDLE (LQ_SEC / 4) /* a source that has sent nothing for so long is no reason to wait */

struct lq_edit {
	lq_graph *graph;
	lq_node *last_node; /* nodes and links behind these are the edit's */
	lq_link *last_link;
	lq__change changes[EDIT_CHANGES];
	size_t n_changes;
	lq_link *gone[EDIT_LINKS]; /* links that go, each tail before its link */
	size_t n_gone;
	lq__cuts cuts;
	int over; /* committed, or failed */
	lq_diag *diag;
	int64_t patience;

	pthread_mutex_t lock; /* the rest: what other threads tell */
	pthread_cond_t told;
	uint64_t pokes;
	lq_node *failed; /* a fresh node whose op failed, and why */
	int code;
	char text[512];
};

/* The edit's own nodes and links: for (n = lq__edit_nodes(e); n; n = n->next). */
lq_node *lq__edit_nodes(const lq_edit *e);
lq_link *lq__edit_links(const lq_edit *e);
int lq__edit_has(const lq_edit *e, const lq_node *node); /* is it one of the edit's own? */
int lq__edit_inserts(const lq__change *change, const lq_link *link); /* does it put a node into the link? */
const lq__change *lq__edit_change(const lq_edit *e, const lq_node *old); /* of a node that goes; NULL: it stays */

void lq__edit_take_back(lq_edit *e);

/* Makes the links that the changes imply, and notes those that go; and takes that back, with all that was negotiated. */
int lq__edit_plan(lq_edit *e);
void lq__edit_unplan(lq_edit *e);

/* Until `done` is true or `time` has come; without threads the graph is run on. Returns whether it is. */
int lq__edit_await(lq_edit *e, int (*done)(lq_edit *e), int64_t time);

int lq__link_is_coded_video(const lq_link *link);

/* cut.c. LQ_ETIMEDOUT: no key frame came, and nothing is cut. */
int lq__cuts_find(lq_edit *e);
int lq__cuts_make(lq_edit *e);
void lq__cuts_undo(lq_edit *e);

#endif
