/* The engine's inside: what rooms use of it. */
#ifndef LQ_SDK_ENGINE_H
#define LQ_SDK_ENGINE_H

#include <pthread.h>

#include <loquat/loquat.h>
#include <loquat/profile.h>

#include "control.h"
#include "device_test.h"
#include "devices.h"
#include "events.h"
#include "handles.h"
#include "logfile.h"

enum { LQ__CLOCK_RATE_MAX = 10000, LQ__SILENCE_MS = 9000, LQ__SILENCE_MIN_MS = 1000, LQ__LOG_MAX_KB = 20480 };

struct lq_engine {
	lq__events *events;
	lq__control *control;
	lq__tasks media; /* the media thread's: graphs, registry and profile are touched only there once the engine runs */
	pthread_t media_thread;
	int has_media_thread, has_screen, has_voice;
	lq__logfile *log; /* NULL: none */
	char device[33]; /* which the server knows this engine by */
	int64_t joins;   /* control thread */
	double clock_rate; /* of time-outs and periods; at least a little above 0 */
	lq_registry *registry;
	lq_profile *profile;
	lq_profile *live; /* what it becomes in a live room; NULL: it stays as it is */
	lq__devices *devices;
	pthread_mutex_t test_lock;
	lq__device_test *device_tests[2]; /* of a microphone, of a speaker */
	pthread_mutex_t lock; /* of `rooms` and `sessions` */
	pthread_cond_t empty;
	lq_room *rooms;
	lq_session *sessions;
};

/* Real milliseconds until so many of the engine's have passed; at least 1. [any] */
uint32_t lq__engine_ms(const lq_engine *engine, uint32_t ms);
/* After which a server that says nothing is gone. Never less than a second: the machine may be busy. [any] */
uint32_t lq__engine_silence_ms(const lq_engine *engine);

#endif
