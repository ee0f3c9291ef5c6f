/* A host for one node at a time: loads a plugin, resolves parameters, collects what the node submits, and keeps a virtual clock. One thread.
 * Misuse and whatever should not happen fails the test through check's assertions. */
#ifndef LQ_TESTS_PLUGINS_TESTHOST_H
#define LQ_TESTS_PLUGINS_TESTHOST_H

#include <check.h>
#include <loquat/plugin/plugin.h>

#include "media/buffer.h"

enum { TH_PORTS = 16, TH_EVENTS = 256, TH_PARAMS = 32 };

/* Buffers and time, shared by the nodes of a test. */
typedef struct th_env {
	lq__pool *pool;
	int64_t now;
} th_env;

typedef struct th_queue {
	lq_buffer **items;
	size_t head, n, room;
} th_queue;

typedef struct th_seen {
	uint32_t type, port;
	int64_t value;
} th_seen;

typedef struct th_node {
	lq_host host;
	th_env *env;
	const lq_node_desc *desc;
	void *self;
	th_queue out[TH_PORTS];
	th_seen events[TH_EVENTS], upstream[TH_EVENTS]; /* the first so many */
	size_t n_events, n_upstream;
	int64_t wake;     /* LQ_TIME_NONE: none asked for */
	int64_t next;     /* capture: when to read again */
	int unlinked;     /* submit answers LQ_EPIPE */
	char error[512];  /* the last host->fail */
	lq_value values[TH_PARAMS];
	char *texts[TH_PARAMS];
} th_node;

th_env *th_env_new(void);
void th_env_free(th_env *env); /* asserts that nothing is left */

/* params: "bitrate=32000;fec=true". */
th_node *th_open(th_env *env, const char *plugin, const char *id, const char *params);
/* The same where create may fail: *result is its answer; the node is there all the same (self NULL), for its error text. */
th_node *th_try_open(th_env *env, const char *plugin, const char *id, const char *params, int *result);
void th_close(th_node *node);
const lq_plugin *th_plugin(const char *plugin);

int th_set_format(th_node *node, uint32_t port, lq_format fmt);
int th_start(th_node *node);
void th_stop(th_node *node);
int th_send(th_node *node, uint32_t port, lq_buffer *buf); /* consumes buf */
int th_flush(th_node *node);
int th_set(th_node *node, const char *name, const char *value);
int th_event(th_node *node, uint32_t type, int64_t value);
double th_stat(th_node *node, uint32_t port, const char *name); /* NAN: no such figure */
size_t th_saw(const th_node *node, uint32_t type);              /* events to the app of a type */
size_t th_asked(const th_node *node, uint32_t type);            /* events upstream of a type */

/* Moves the clock to `time`, calling read or run whenever they are due. Returns the first error. */
int th_run_until(th_node *node, int64_t time);

size_t th_count(const th_node *node, uint32_t port);
lq_buffer *th_take(th_node *node, uint32_t port); /* the oldest; NULL: none. The caller owns it */
void th_drop(th_node *node, uint32_t port);       /* all */
void th_free(th_env *env, lq_buffer *buf);

/* Passes on all that one node gave to another. */
int th_pump(th_node *from, uint32_t port, th_node *to, uint32_t to_port);

/* Media to work with. */
lq_buffer *th_picture(th_env *env, uint32_t w, uint32_t h, uint32_t fps, uint32_t n);  /* I420, moving, textured; pts n/fps */
lq_buffer *th_raw(th_env *env, uint32_t pixel, uint32_t w, uint32_t h);
lq_buffer *th_tone(th_env *env, uint32_t sample, uint32_t rate, uint32_t channels, uint32_t samples, uint64_t at, double hz); /* pts at/rate */
lq_buffer *th_packet(th_env *env, lq_format fmt, const void *data, uint32_t size);
double th_psnr(const lq_buffer *a, const lq_buffer *b); /* luma of two I420 pictures of one size */
double th_power(const float *s, size_t n, uint32_t step, double hz, uint32_t rate); /* amplitude of a frequency (Goertzel) */

lq_format th_video(uint32_t codec, uint32_t pixel, uint32_t w, uint32_t h, uint32_t fps);
lq_format th_audio(uint32_t codec, uint32_t sample, uint32_t rate, uint32_t channels);

/* Runs a suite's cases; main's whole body. */
int th_main(const char *name, TCase *first, ...);

#endif
