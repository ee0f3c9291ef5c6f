#include "sdl_thread.h"

#include <SDL.h>
#include <loquat/plugin/errors.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdl.h"

typedef struct job {
	struct job *next;
	int (*fn)(void *arg);
	void *arg;
	int result, done;
} job;

enum { OFF, STARTING, ON, FAILED };

/* SDL's video state is one a process, and so is this. */
static struct {
	pthread_mutex_t users_lock; /* serialises enter and leave */
	unsigned users;
	pthread_t thread;

	pthread_mutex_t lock; /* the rest */
	pthread_cond_t changed;
	int state, stop;
	job *jobs; /* at most one a caller, each of which waits */
	char error[256];

	atomic_int kicked;         /* one wake-up event is on its way */
	pthread_mutex_t push_lock; /* held while SDL is called from another thread */
	Uint32 wake_event;
	lq__sdl_client *clients; /* the thread's own */
} T = {.users_lock = PTHREAD_MUTEX_INITIALIZER,
     .lock = PTHREAD_MUTEX_INITIALIZER,
     .changed = PTHREAD_COND_INITIALIZER,
     .push_lock = PTHREAD_MUTEX_INITIALIZER};

static void set_state(int state)
{
	pthread_mutex_lock(&T.lock);
	T.state = state;
	pthread_cond_broadcast(&T.changed);
	pthread_mutex_unlock(&T.lock);
}

static void run_jobs(void)
{
	pthread_mutex_lock(&T.lock);
	while (T.jobs) {
		job *j = T.jobs;
		T.jobs = j->next;
		pthread_mutex_unlock(&T.lock);
		int result = j->fn(j->arg);
		pthread_mutex_lock(&T.lock);
		j->result = result;
		j->done = 1;
		pthread_cond_broadcast(&T.changed);
	}
	pthread_mutex_unlock(&T.lock);
}

static int stopping(void)
{
	pthread_mutex_lock(&T.lock);
	int stop = T.stop;
	pthread_mutex_unlock(&T.lock);
	return stop;
}

static void dispatch(const SDL_Event *e)
{
	lq__sdl_client *next;
	for (lq__sdl_client *c = T.clients; c; c = next) {
		next = c->next;
		c->event(c, e);
	}
}

static void serve(void)
{
	SDL_Event e;
	while (!stopping()) {
		if (!SDL_WaitEvent(&e))
			continue;
		do {
			if (e.type == T.wake_event)
				atomic_store(&T.kicked, 0);
			else
				dispatch(&e);
		} while (SDL_PollEvent(&e));
		run_jobs();
		for (lq__sdl_client *c = T.clients; c; c = c->next)
			c->update(c);
	}
}

static int init_failed(const char *why)
{
	pthread_mutex_lock(&T.lock);
	snprintf(T.error, sizeof T.error, "%s", why);
	pthread_mutex_unlock(&T.lock);
	return -1;
}

static int init_video(void)
{
	if (lq__sdl_init(SDL_INIT_VIDEO) < 0)
		return init_failed(SDL_GetError());
	/* Where no display answers SDL takes a driver that nobody sees: good only for those who asked for it. */
	const char *driver = SDL_GetCurrentVideoDriver();
	if (getenv("SDL_VIDEODRIVER") || (strcmp(driver, "offscreen") && strcmp(driver, "dummy") && strcmp(driver, "evdev")))
		return 0;
	lq__sdl_quit(SDL_INIT_VIDEO);
	return init_failed("no X11 or Wayland display answers");
}

static void *thread_main(void *arg)
{
	(void)arg;
	if (init_video() < 0) {
		set_state(FAILED);
		return NULL;
	}
	/* Our pictures are BT.601 whatever their size; SDL would guess by height. */
	SDL_SetYUVConversionMode(SDL_YUV_CONVERSION_BT601);
	T.wake_event = SDL_RegisterEvents(1);
	set_state(ON);
	serve();
	pthread_mutex_lock(&T.push_lock); /* the one who woke us to stop may still be inside SDL */
	pthread_mutex_unlock(&T.push_lock);
	lq__sdl_quit(SDL_INIT_VIDEO);
	return NULL;
}

static int start_thread(char *text, size_t size)
{
	T.state = STARTING;
	T.stop = 0;
	atomic_store(&T.kicked, 0);
	if (pthread_create(&T.thread, NULL, thread_main, NULL)) {
		snprintf(text, size, "cannot make the window thread");
		return LQ_ENOMEM;
	}
	pthread_mutex_lock(&T.lock);
	while (T.state == STARTING)
		pthread_cond_wait(&T.changed, &T.lock);
	int failed = T.state == FAILED;
	if (failed)
		snprintf(text, size, "cannot open the display: %s", T.error);
	pthread_mutex_unlock(&T.lock);
	if (!failed)
		return 0;
	pthread_join(T.thread, NULL);
	return LQ_ENODEV;
}

int lq__sdl_enter(char *text, size_t size)
{
	pthread_mutex_lock(&T.users_lock);
	int rc = T.users ? 0 : start_thread(text, size);
	if (rc == 0)
		T.users++;
	pthread_mutex_unlock(&T.users_lock);
	return rc;
}

void lq__sdl_leave(void)
{
	pthread_mutex_lock(&T.users_lock);
	if (--T.users == 0) {
		pthread_mutex_lock(&T.lock);
		T.stop = 1;
		pthread_mutex_unlock(&T.lock);
		lq__sdl_kick();
		pthread_join(T.thread, NULL);
	}
	pthread_mutex_unlock(&T.users_lock);
}

int lq__sdl_call(int (*fn)(void *arg), void *arg)
{
	job j = {.fn = fn, .arg = arg};
	pthread_mutex_lock(&T.lock);
	job **end = &T.jobs;
	while (*end)
		end = &(*end)->next;
	*end = &j;
	pthread_mutex_unlock(&T.lock);
	lq__sdl_kick();
	pthread_mutex_lock(&T.lock);
	while (!j.done)
		pthread_cond_wait(&T.changed, &T.lock);
	pthread_mutex_unlock(&T.lock);
	return j.result;
}

void lq__sdl_kick(void)
{
	if (atomic_exchange(&T.kicked, 1))
		return;
	SDL_Event e = {.type = T.wake_event};
	pthread_mutex_lock(&T.push_lock);
	if (SDL_PushEvent(&e) != 1)
		atomic_store(&T.kicked, 0);
	pthread_mutex_unlock(&T.push_lock);
}

void lq__sdl_add(lq__sdl_client *client)
{
	client->next = T.clients;
	T.clients = client;
}

void lq__sdl_remove(lq__sdl_client *client)
{
	lq__sdl_client **c = &T.clients;
	while (*c != client)
		c = &(*c)->next;
	*c = client->next;
}
