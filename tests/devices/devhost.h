/* A host and a loop for one node of a device plugin, on the test's own thread and the real clock. */
#ifndef LQ_TESTS_DEVHOST_H
#define LQ_TESTS_DEVHOST_H

#include <loquat/plugin/plugin.h>
#include <pthread.h>

#define DEV_EVENTS 64
#define DEV_BUFFERS 256
#define DEV_WATCHES 4

typedef struct dev_host {
	lq_host host; /* first */
	const lq_plugin *plugin;
	const lq_node_desc *desc;
	void *self;
	char fail[512];

	pthread_mutex_t lock; /* nodes report from any thread */
	int notify;           /* an eventfd: something was reported */
	int64_t wake;         /* wake_at; INT64_MAX none */
	_Atomic int64_t frozen; /* where not 0, the node's clock stands still here */
	lq_event events[DEV_EVENTS];
	char texts[DEV_EVENTS][256];
	uint32_t n_events;
	lq_buffer *out[DEV_BUFFERS];
	uint32_t n_out;
	lq_format *formats[64];
	uint32_t n_formats;
	int buffers_alive;

	int watch_fds[DEV_WATCHES]; /* the loop's */
	short watch_events[DEV_WATCHES];
	uint32_t n_watch;
	int64_t next_read;
} dev_host;

/* Finds a node of a plugin in LQ_PLUGIN_PATH. Fails the test when it is not there. */
const lq_node_desc *dev_find(const char *plugin, const char *id);

/* Makes the node; params is "name=value;name=value" or NULL. Returns create's result. */
int dev_open(dev_host *h, const char *plugin, const char *id, const char *params);
void dev_close(dev_host *h); /* stop, destroy; checks that no buffer is left */
int dev_set_param(dev_host *h, const char *name, const char *value);

/* Sets the format of port 0 and starts. */
int dev_start(dev_host *h, const lq_format *fmt);
lq_format dev_video(uint32_t pixel, uint32_t w, uint32_t ht);
lq_format dev_audio(uint32_t channels);

lq_buffer *dev_buffer(dev_host *h, const lq_format *fmt, uint32_t size);
int dev_render(dev_host *h, lq_buffer *buf); /* consumes buf */

/* Runs the loop until cond holds (1) or ms have passed (0). */
typedef int (*dev_cond)(dev_host *h, void *arg);
int dev_wait(dev_host *h, dev_cond cond, void *arg, int ms);
int dev_wait_event(dev_host *h, uint32_t type, int ms); /* index of the first such event, or -1 */
int dev_count_events(dev_host *h, uint32_t type);
lq_buffer *dev_take(dev_host *h, int ms); /* the next submitted buffer, NULL: none came; release with host.buffer_unref */
double dev_stat(dev_host *h, const char *name); /* -1 when there is none */

/* The monotonic clock, ns. */
int64_t dev_now(void);

/* Starts a program; `out_fd`, where not NULL, gets the read end of its stdout. Ends with the test. */
int dev_spawn(char *const argv[], int *out_fd);
void dev_kill(int pid);
int dev_has_program(const char *name);

/* Starts Xvfb on a free display and sets DISPLAY. Returns its pid, or exits with 77 when there is none. */
int dev_xvfb(const char *screen);

#endif
