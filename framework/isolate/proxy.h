/* What stands in the graph for a node that runs in a helper process: a descriptor like any other, whose ops talk to the helper. The rest of the graph
 * sees no difference.
 *
 * Ops that have an answer wait for it, at most LQ_ISOLATE_TIMEOUT_MS (5000): a helper that does not answer is ended, like one that crashed. Media and
 * results never wait. A helper that ends is started again, by a thread of its own, and gets everything that the node was told before: parameters,
 * ports, formats, rates. */
#ifndef LQ_ISOLATE_PROXY_H
#define LQ_ISOLATE_PROXY_H

#include "graph/graph.h"
#include "isolate/helper.h"

/* The thread that waits for an old helper's end and starts a new one at its time. */
typedef struct lq__starter {
	pthread_t thread;
	int is_running; /* the thread is to be joined */
	const lq_host *host;
	char program[1024];
	pid_t old;
	int64_t due;
	pthread_mutex_t lock; /* all below */
	pthread_cond_t changed;
	int cancelled, reaped, finished;
	int status; /* of the old one */
	int error;  /* errno of a start that failed */
	int fd;     /* of the new one */
	pid_t pid;
} lq__starter;

/* DOWN: there is no process. STARTING: the starter is at it. REPLAYING: it is told what the node was told before. */
enum { LQ__PROXY_DOWN = 0, LQ__PROXY_STARTING, LQ__PROXY_REPLAYING, LQ__PROXY_UP };

struct lq__proxy {
	lq_node_desc desc;
	lq_node_ops ops;
	union {
		lq_capture_ops capture;
		lq_codec_ops codec;
		lq_filter_ops filter;
		lq_renderer_ops renderer;
	} kind_ops;
	char *file, *use, *name;
	int priority;
	lq_node *node;       /* NULL until create */
	const lq_host *host;
	uint32_t has; /* LQ__HAS_* */

	lq__helper *helper; /* NULL: DOWN or STARTING */
	int state;
	int is_created; /* later helpers have to create the node, too */
	int is_stopping;
	lq__starter starter;
	char death[320];      /* why the last one ended */
	char last_words[80];  /* what its sandbox did not allow */
	int is_told;          /* of the last death was said what there is to say */
	int64_t delay, up_since, started, last_report, next_tick;

	uint32_t last_request, replay_end;
	uint32_t awaited; /* 0: none */
	int has_reply, reply_code;
	char reply_text[512];
	lq__bytes reply; /* what came behind the text */
	uint32_t ping;   /* unanswered; 0: none */
	int64_t ping_time;

	lq__bytes listed; /* the formats of one port, as they came */
	lq_format list[LQ__WIRE_LISTED];
	uint32_t n_list, list_port;
	int params_changed;    /* while the replay was under way */
	lq_event rate, loss;   /* the last ones; type 0: none came */
	uint64_t mark_out;     /* ports (below 64) whose next result follows a gap */
	int mark_in;           /* the next input follows a gap */
	int skip_to_key;       /* encoded video: what comes has no use until a key frame */
	uint64_t restarts, lost, dropped, copied; /* figures */
	double errors, errors_before;             /* of this helper as it said last, of those before */
	double results_dropped, results_dropped_before;
	int64_t last_latency;
};

/* find.c. Starts a helper for the first plugin that has the node, where it works; *info describes it, and its desc is the proxy's. [control] */
int lq__proxy_find(lq_graph *graph, const lq_node_config *config, const char *place, lq_diag *diag, lq_node_info *info);
lq__proxy *lq__proxy_of(const lq_node_desc *desc); /* NULL: the node is none */
void lq__proxy_destroy(lq__proxy *proxy);         /* NULL is fine */

/* proxy.c */
void lq__proxy_set_ops(lq__proxy *p);

/* talk.c. All [loop], or [control] before the node is made. */
lq__bytes *lq__proxy_begin(lq__proxy *p, uint32_t type, size_t *begin); /* a request; p->last_request is its number */
void lq__proxy_end(lq__proxy *p, size_t begin);
int lq__proxy_wait(lq__proxy *p, uint32_t request, const char *what); /* the reply's code; LQ_ECRASH, LQ_ETIMEDOUT */
int lq__proxy_dispatch(lq__proxy *p);
int lq__proxy_fail(lq__proxy *p, int code); /* hands on the reply's text */
int64_t lq__proxy_limit(const char *variable, int ms); /* ns */
int64_t lq__proxy_now(void);
void lq__proxy_value_text(const lq_param_desc *row, const lq_value *value, char *out, size_t size); /* all but strings */
void lq__proxy_add_value(lq__proxy *p, lq__bytes *b, uint32_t index); /* name and value of a parameter */

/* restart.c */
int lq__proxy_launch(lq__proxy *p);   /* a process, which knows nothing yet; 0 or LQ_EIO with the reason in death */
void lq__proxy_say_load(lq__proxy *p);
void lq__proxy_say_create(lq__proxy *p);
int lq__proxy_bring_up(lq__proxy *p); /* at once, and waits for it */
void lq__proxy_died(lq__proxy *p, const char *why);
int lq__proxy_replied(lq__proxy *p, uint32_t request, int code); /* LQ_ESTATE: the node cannot be made again */
void lq__proxy_tick(lq__proxy *p, int64_t now);
void lq__proxy_farewell(lq__proxy *p); /* ends the helper in good order */
void lq__proxy_cancel(lq__proxy *p);   /* no restart any more */

/* starter.c */
int lq__starter_begin(lq__starter *s, pid_t old, int64_t due);
void lq__starter_end(lq__starter *s); /* cancels, waits for the thread, ends what it has started */
int lq__helper_start(const char *program, int *fd, pid_t *pid); /* 0 or an errno */

#endif
