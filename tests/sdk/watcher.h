/* Frames as an app sees them: counted, and waited for. */
#ifndef SDK_WATCHER_H
#define SDK_WATCHER_H

#include <pthread.h>

#include <loquat/loquat.h>

typedef struct watcher {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int frames;
	/* what the look callback makes of them */
	uint32_t width, height;
	int luma, wrong;
	float sample;
	uint32_t number, ms;
	int codes, falls;
	double energy;
	lq_room *room;
	int stats_result, graph_is_null, remove_self;
} watcher;

#define WATCHER {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}

void frames_after(watcher *w, int n);  /* waits until n more have come */
watcher watcher_now(watcher *w);       /* a copy of the figures */

#endif
