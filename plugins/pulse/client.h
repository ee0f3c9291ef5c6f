/* A connection to the server with one stream on it, on libpulse's own thread. A server that goes away is told to the app and tried
 * again a few times, with growing pauses. [pulse]: on libpulse's thread, or elsewhere under its lock. */
#ifndef LQ_PULSE_CLIENT_H
#define LQ_PULSE_CLIENT_H

#include <loquat/plugin/plugin.h>
#include <pulse/pulseaudio.h>
#include <stdatomic.h>

typedef struct lq__client {
	/* Set before open. */
	const lq_host *host;
	int is_playback;
	char device[128]; /* empty: the server's choice */
	uint32_t channels;
	pa_buffer_attr attr;
	void (*prepare)(void *arg, pa_stream *stream); /* [pulse] a new stream, before it is connected */
	void *arg;

	pa_threaded_mainloop *loop;
	/* [pulse] */
	pa_context *context;
	pa_stream *stream;
	int state;
	int timed_out;
	char reason[200];
	/* [any] */
	atomic_int news; /* something for lq__client_run */
	atomic_int devices_changed;
	/* [loop] */
	int64_t timer; /* the next attempt, or the end of this one */
	uint32_t attempts;
	uint64_t reconnects;
} lq__client;

/* [loop] Connects and waits for it, 3 seconds at most. Says why not through host->fail. */
int lq__client_open(lq__client *c);
void lq__client_close(lq__client *c); /* once more is fine */

/* [loop] Tells the app what has happened and tries again where it is time. Returns when it wants to be called again. */
int64_t lq__client_run(lq__client *c, int64_t now);

#endif
