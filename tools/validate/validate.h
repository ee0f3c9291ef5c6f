/* `loquat validate-plugin`: a host that watches every step of a plugin. Each check runs in a process of its own, so that a crash or a hang is a
 * finding like any other. */
#ifndef LQ_TOOLS_VALIDATE_H
#define LQ_TOOLS_VALIDATE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <loquat/plugin/plugin.h>

enum { V_PORTS = 128, V_FDS = 64, V_PARAMS = 256, V_LISTED = 64, V_HELD = 8 };

/* When the virtual clock begins: no time that another clock is likely to show. */
#define V_EPOCH (4000000 * LQ_SEC)

/* ---- findings (report.c) ---- */

/* What the process that is being watched leaves behind when it dies. In shared memory. */
typedef struct v_trace {
	char op[64];   /* it was in, "" none */
	char step[96]; /* what was being tried */
} v_trace;

void v_report_to(int fd, v_trace *trace);
v_trace *v_trace_now(void);
void v_step(const char *fmt, ...) LQ_PRINTF(1, 2);
/* One line in plain words about what is wrong; each format string is reported once a process. [any] */
void v_find(const char *fmt, ...) LQ_PRINTF(1, 2);
/* The check cannot be made here. Does not return. */
void v_skip(const char *fmt, ...) LQ_PRINTF(1, 2) __attribute__((noreturn));
/* A fatal finding, out of a signal handler. Does not return. */
void v_die(const char *text) __attribute__((noreturn));
int v_findings(void);

/* ---- buffers and formats (buffers.c, formats.c): each buffer has pages of its own, guarded behind and unreadable once released ---- */

void v_catch_faults(void);
void v_host_is_gone(const void *page); /* a host table that can no longer be read */
/* The next failure: the n-th allocation from now on fails, 0 none. Returns whether the last one set did. */
int v_fail_allocation(uint32_t n);
int v_allocation_fails(void);

lq_buffer *v_buffer_new(const lq_format *fmt, uint32_t size);
lq_buffer *v_buffer_wrap(const lq_format *fmt, lq_free_fn release, void *opaque);
lq_buffer *v_buffer_ref(lq_buffer *buf);
void v_buffer_unref(lq_buffer *buf);
lq_buffer *v_buffer_writable(lq_buffer *buf);
uint32_t v_buffers_live(void);
const char *v_buffers_oldest(void); /* the op that made the oldest buffer alive */
int v_buffer_is_ours(const lq_buffer *buf);
int v_buffer_is_shared(const lq_buffer *buf);
const char *v_buffer_misfit(const lq_buffer *buf); /* what of its layout does not fit its format or its memory; NULL: all fits */

const lq_format *v_format_new(const lq_format *fmt);
const lq_format *v_format_ref(const lq_format *fmt);
void v_format_unref(const lq_format *fmt);
uint32_t v_formats_live(void);
int v_format_is_ours(const lq_format *fmt);
const char *v_format_text(const lq_format *fmt, char *out, size_t size);
int v_format_matches(const lq_format *listed, const lq_format *fmt); /* zero fields of `listed` mean any */

/* ---- an instance (instance.c, host.c) ---- */

typedef struct v_port {
	int used;
	uint32_t row; /* in the descriptor's table */
	const lq_port_desc *desc;
	const lq_format *format;  /* an input's, as set */
	const lq_format *pending; /* of submitted buffers, not yet compared with the list */
	int64_t last_pts, fed_pts; /* submitted, and given, last */
	uint64_t count, bytes, keys, frames_in;
	int ended;
} v_port;

enum { V_NEW, V_CREATED, V_RUNNING, V_STOPPED, V_GONE };

typedef struct v_instance {
	lq_host *host; /* in a page of its own */
	const lq_node_desc *desc;
	void *self;
	int created, state, unlinked; /* unlinked: submit answers LQ_EPIPE */
	int real_time;                /* devices and threads of a node's own know no virtual clock */
	int64_t now, wake, next_read; /* LQ_TIME_NONE: none */
	int eos, fd_count;
	int fds[V_FDS];
	short fd_events[V_FDS];
	pthread_mutex_t lock;
	pthread_t loop;
	const char *op; /* that runs now, NULL none */
	int submitting; /* threads in submit */
	v_port ports[V_PORTS];
	char reason[512]; /* of host->fail */
	lq_buffer *held[V_HELD]; /* submitted, and kept by the node, too: as if somebody behind it held them */
	uint32_t n_held;
	int hashing;
	uint64_t hash; /* of all that was submitted */
	char device_missing;
} v_instance;

void v_host_init(v_instance *v);
void v_host_finish(v_instance *v);
void v_host_release(v_instance *v); /* the buffers that it holds */
int64_t v_now(const v_instance *v);

/* Ops, each with its result looked at. */
extern _Thread_local v_instance *v_current; /* the one whose op runs on this thread */
void v_enter(v_instance *v, const char *op);
int v_leave(v_instance *v, int result);
#define V_OP(v, name, call) (v_enter(v, name), v_leave(v, (call)))

v_instance *v_create(const lq_node_desc *desc, const lq_value *values, int *result);
void v_destroy(v_instance *v); /* stops, destroys and looks for what was left behind */
void v_destroy_beside(v_instance *v); /* the same while another one lives, whose buffers are no leak */
int v_negotiate(v_instance *v);
int v_set_input(v_instance *v, uint32_t port, const lq_format *fmt); /* fmt is completed */
int v_start(v_instance *v);
void v_stop(v_instance *v);
int v_give(v_instance *v, uint32_t port, lq_buffer *buf); /* to the op of the kind; consumes buf */
int v_feed(v_instance *v, uint32_t port);                /* the next buffer of that input's stream */
void v_feed_all(v_instance *v, uint32_t n);              /* n more to each input, with their time passing */
void v_run(v_instance *v, int64_t ns);
int v_flush(v_instance *v);
void v_end_inputs(v_instance *v);
int v_event(v_instance *v, uint32_t type, uint32_t port, int64_t value);
int v_list(v_instance *v, uint32_t port, lq_format *out, uint32_t room); /* the formats of a port; their number */
/* create, negotiate, start with these values; skips the check where that is not possible here. */
v_instance *v_open(const lq_node_desc *desc, const lq_value *values);
int v_is_expected(int code); /* failures that are the machine's and not the plugin's */

/* ---- what belongs to the whole program (world.c) ---- */

void v_world_save(void);
void v_world_check(void); /* finds what is not as it was */

/* ---- parameters (values.c) and media (media.c) ---- */

/* What stands in for the defaults: a value by name, and a folder for files that a node writes. */
typedef struct v_settings {
	const char *names[16], *values[16];
	int n;
	char dir[64]; /* the working folder of the checks, which goes away afterwards */
} v_settings;
void v_set_defaults(const v_settings *settings);
void v_defaults(const lq_node_desc *desc, lq_value *values);
/* Edge `i` of a parameter's range, with its text for messages; 0 behind the last. */
int v_edge(const lq_param_desc *d, uint32_t i, lq_value *out, char *text, size_t size);

lq_format v_complete(const lq_format *fmt, uint32_t media, const lq_format *hint);
lq_buffer *v_media(const lq_format *fmt, uint64_t n); /* buffer n of a stream; NULL: no such media is known here */

/* ---- the checks (checks*.c) ---- */

typedef struct v_check {
	const char *name;
	void (*run)(const lq_node_desc *desc);
} v_check;
extern const v_check v_checks[];
extern const uint32_t v_n_checks;

void v_check_lifecycle(const lq_node_desc *desc);
void v_check_restart(const lq_node_desc *desc);
void v_check_flow(const lq_node_desc *desc);
void v_check_twins(const lq_node_desc *desc);
void v_check_flood(const lq_node_desc *desc);
void v_check_starve(const lq_node_desc *desc);
void v_check_change(const lq_node_desc *desc);
void v_check_unlinked(const lq_node_desc *desc);
void v_check_garbage(const lq_node_desc *desc);
void v_check_events(const lq_node_desc *desc);
void v_check_parameters(const lq_node_desc *desc);
void v_check_memory(const lq_node_desc *desc);
void v_check_stats(const lq_node_desc *desc);
void v_check_transport(const lq_node_desc *desc);
void v_check_questions(const lq_node_desc *desc);

#endif
