/* The engine's inside: what rooms use of it. */
#ifndef LQ_SDK_ENGINE_H
#define LQ_SDK_ENGINE_H

#include <pthread.h>

#include <loquat/loquat.h>
#include <loquat/profile.h>

#include "control.h"
#include "devices.h"
#include "events.h"

struct lq_engine {
	lq__events *events;
	lq__control *control;
	lq__tasks media; /* the media thread's: graphs, registry and profile are touched only there once the engine runs */
	pthread_t media_thread;
	int has_media_thread;
	lq_registry *registry;
	lq_profile *profile;
	lq__devices *devices;
	pthread_mutex_t lock; /* of `rooms` and `sessions` */
	pthread_cond_t empty;
	lq_room *rooms;
	lq_session *sessions;
};

#endif
