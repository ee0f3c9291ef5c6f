#include "sdl_thread.h"

#include <SDL.h>
#include <loquat/plugin/errors.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sdl.h"

typedef struct job {
	struct job *next;
	int (*fn)(void *arg);
	void *arg;
	int result, done;
} job;

enum { OFF, STARTING, ON, FAILED };
enum { LOOK_MS = 10 }; /* how often SDL is asked for events */

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

	int kicks;               /* eventfd */
	lq__sdl_client *clients; /* the thread's own */
} T = {.users_lock = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

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

/* SDL_WaitEvent is not used: an event that another thread pushes wakes it by a message to a window, on a connection of its own. When that window goes in the meantime
 * the X server complains, and Xlib ends the process. */
static void serve(void)
{
	struct pollfd kicks = {.fd = T.kicks, .events = POLLIN};
	SDL_Event e;
	while (!stopping()) {
		eventfd_t n;
		int any = poll(&kicks, 1, LOOK_MS) > 0 && !eventfd_read(T.kicks, &n);
		for (; SDL_PollEvent(&e); any = 1)
			dispatch(&e);
		if (!any)
			continue;
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
	set_state(ON);
	serve();
	lq__sdl_quit(SDL_INIT_VIDEO);
	return NULL;
}

static int start_thread(char *text, size_t size)
{
	T.state = STARTING;
	T.stop = 0;
	T.kicks = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (T.kicks < 0 || pthread_create(&T.thread, NULL, thread_main, NULL)) {
		close(T.kicks);
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
	close(T.kicks);
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
		close(T.kicks);
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
	eventfd_write(T.kicks, 1); /* it cannot come to the end of its 64 bits */
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
