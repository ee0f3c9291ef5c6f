#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "room.h"
#include "session.h"
#include "views.h"

static void *media_loop(void *arg)
{
	lq__tasks_serve(arg);
	return NULL;
}

static int scan(lq_registry *registry, const char *path)
{
	char *copy, *save = NULL;
	if (!path)
		return lq_registry_scan_default(registry);
	if (!(copy = strdup(path)))
		return LQ_ENOMEM;
	int r = 0;
	for (char *dir = strtok_r(copy, ":", &save); dir && !r; dir = strtok_r(NULL, ":", &save))
		r = lq_registry_scan(registry, dir);
	free(copy);
	return r;
}

static int has_node(const lq_registry *registry, const char *id)
{
	lq_node_info n;
	for (size_t i = 0; !lq_registry_node(registry, i, &n); i++)
		if (!strcmp(n.desc->id, id))
			return 1;
	return 0;
}

/* A call's own profile has a live one beside it; an app's own stays as the app has made it. */
static void load_live(lq_engine *e, const lq_engine_config *c)
{
	lq_diag *diag = lq_diag_create();
	if (strcmp(lq_profile_name(e->profile), "communication"))
		goto done;
	int r = lq_profile_load("live-broadcast", diag, &e->live);
	if (!r && c->profile_patch)
		r = lq_profile_patch(e->live, c->profile_patch, "profile_patch", diag);
	if (!r)
		r = lq_profile_check(e->live, e->registry, diag);
	if (r) {
		lq_log(LQ_LOG_WARNING, "sdk", "live rooms have the media of calls: %s", lq_diag_count(diag) ? lq_diag_text(diag, 0) : lq_error_text(r));
		lq_profile_destroy(e->live);
		e->live = NULL;
	}
done:
	lq_diag_destroy(diag);
}

static int load(lq_engine *e, const lq_engine_config *c, lq_diag *diag)
{
	int r;
	if ((r = lq_registry_create(&e->registry)) || (r = lq_registry_add(e->registry, &lq__views_plugin, diag)))
		return r;
	if ((r = scan(e->registry, c->plugin_path)))
		return lq_diag_add(diag, r, "plugins", "the folder %s cannot be read: %s", c->plugin_path ? c->plugin_path : "of plugins", lq_error_text(r));
	e->has_screen = has_node(e->registry, "capture.screen");
	e->has_voice = has_node(e->registry, "filter.aec");
	if ((r = lq_profile_load(c->profile ? c->profile : "communication", diag, &e->profile)))
		return r;
	if (c->profile_patch && (r = lq_profile_patch(e->profile, c->profile_patch, "profile_patch", diag)))
		return r;
	r = lq_profile_check(e->profile, e->registry, diag);
	if (!r)
		load_live(e, c);
	if (!r)
		lq_profile_load_plugins(e->profile, e->registry); /* not when somebody waits for a first picture */
	return r;
}

static void join_messages(const lq_diag *diag, int code, char *error, size_t size)
{
	size_t n = 0;
	if (!error || !size)
		return;
	*error = 0;
	for (size_t i = 0; i < lq_diag_count(diag) && n < size; i++)
		n += (size_t)snprintf(error + n, size - n, "%s%s", n ? "\n" : "", lq_diag_text(diag, i));
	if (!*error && code)
		snprintf(error, size, "%s", lq_error_text(code));
}

/* ---- the engines of this process ---- */

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static int n_engines;

static void count_engines(int more)
{
	pthread_mutex_lock(&count_lock);
	n_engines += more;
	pthread_mutex_unlock(&count_lock);
}

/* LQ_ESTATE: there is one, and there may be only one. */
static int count_this(int single)
{
	pthread_mutex_lock(&count_lock);
	int r = single && n_engines ? LQ_ESTATE : 0;
	n_engines += !r;
	pthread_mutex_unlock(&count_lock);
	return r;
}

static void destroy(lq_engine *e)
{
	if (e->has_media_thread) {
		lq__device_tests_stop(e);
		lq__tasks_stop(&e->media);
		pthread_join(e->media_thread, NULL);
	}
	lq__control_destroy(e->control);
	lq__devices_destroy(e->devices);
	lq__events_destroy(e->events);
	lq_profile_destroy(e->profile);
	lq_profile_destroy(e->live);
	lq_registry_destroy(e->registry);
	lq__tasks_finish(&e->media);
	pthread_cond_destroy(&e->empty);
	pthread_mutex_destroy(&e->lock);
	pthread_mutex_destroy(&e->test_lock);
	lq__logfile_close(e->log);
	lq__handle_gone(e);
	count_engines(-1);
	free(e);
}

static int start_threads(lq_engine *e, const lq_engine_config *c)
{
	int r;
	if ((r = lq__events_create(c->event_cb, c->user_data, e, &e->events)) || (r = lq__devices_create(e, c->virtual_devices, &e->devices)) ||
	    (r = lq__control_create(&e->control)))
		return r;
	e->has_media_thread = !pthread_create(&e->media_thread, NULL, media_loop, &e->media);
	return e->has_media_thread ? 0 : LQ_ENOMEM;
}

/* ---- making one ---- */

static int open_log(lq_engine *e, const lq_engine_config *c, char *error, size_t size)
{
	static const uint32_t levels[] = {LQ_LOG_INFO, LQ_LOG_FATAL, LQ_LOG_ERROR, LQ_LOG_WARNING, LQ_LOG_INFO, LQ_LOG_DEBUG, LQ_LOG_TRACE};
	if (!c->log_dir || c->log_level == LQ_LOG_LEVEL_OFF)
		return 0;
	return lq__logfile_open(c->log_dir, levels[c->log_level], c->log_max_kb ? c->log_max_kb : LQ__LOG_MAX_KB, &e->log, error, size);
}

static int check_config(const lq_engine_config *c, char *error, size_t size)
{
	const char *wrong = c->app_id && !*c->app_id ? "app_id is empty" :
	                    !(c->clock_rate >= 0 && c->clock_rate <= LQ__CLOCK_RATE_MAX) ? "clock_rate is not 0 to 10,000" :
	                    (unsigned)c->log_level > LQ_LOG_LEVEL_OFF ? "log_level is none of lq_log_level" : NULL;
	if (wrong)
		snprintf(error, size, "%s", wrong);
	return wrong ? LQ_EINVAL : 0;
}

int lq_engine_create(const lq_engine_config *config, lq_engine **out, char *error, size_t error_size)
{
	char none[1];
	lq_engine_config defaults = LQ_INIT(lq_engine_config);
	const lq_engine_config *c = config ? config : &defaults;
	if (!error || !error_size) {
		error = none;
		error_size = sizeof none;
	}
	*error = 0;
	if (!out || c->size < sizeof *c || check_config(c, error, error_size))
		return LQ_EINVAL;
	if (count_this(c->single == LQ_ON)) {
		snprintf(error, error_size, "this process has an engine already");
		return LQ_ESTATE;
	}
	lq_diag *diag = lq_diag_create();
	lq_engine *e = calloc(1, sizeof *e);
	if (!diag || !e) {
		lq_diag_destroy(diag);
		free(e);
		count_engines(-1);
		return LQ_ENOMEM;
	}
	lq__random_name(e->device, sizeof e->device);
	e->clock_rate = c->clock_rate ? c->clock_rate : 1;
	pthread_mutex_init(&e->lock, NULL);
	pthread_mutex_init(&e->test_lock, NULL);
	pthread_cond_init(&e->empty, NULL);
	lq__tasks_init(&e->media);
	int r = lq__handle_born(e);
	if (!r)
		r = open_log(e, c, error, error_size);
	if (!r && !(r = load(e, c, diag)))
		r = start_threads(e, c);
	if (!*error)
		join_messages(diag, r, error, error_size);
	lq_diag_destroy(diag);
	if (r)
		destroy(e);
	else
		*out = e;
	return r;
}

uint32_t lq__engine_ms(const lq_engine *engine, uint32_t ms)
{
	double real = ms / engine->clock_rate;
	return real < 1 ? 1 : real > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)real;
}

uint32_t lq__engine_silence_ms(const lq_engine *engine)
{
	uint32_t ms = lq__engine_ms(engine, LQ__SILENCE_MS);
	return ms > LQ__SILENCE_MIN_MS ? ms : LQ__SILENCE_MIN_MS;
}

/* With the lock held, which is let go meanwhile. Calls close their rooms themselves, so sessions go first. */
static void close_sessions(lq_engine *engine)
{
	while (engine->sessions) {
		lq_session *s = engine->sessions;
		while (s && s->closed)
			s = s->next;
		if (!s) {
			pthread_cond_wait(&engine->empty, &engine->lock);
			continue;
		}
		lq__session_ref(s);
		pthread_mutex_unlock(&engine->lock);
		lq_session_close(s);
		lq__session_unref(s);
		pthread_mutex_lock(&engine->lock);
	}
}

int lq_engine_destroy(lq_engine *engine)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine)
		return 0;
	if (lq__inside_of(engine))
		return LQ_EREENTRANT;
	lq__handle_gone(engine);
	pthread_mutex_lock(&engine->lock);
	close_sessions(engine);
	for (;;) {
		lq_room *room = engine->rooms;
		while (room && atomic_load(&room->closed))
			room = room->next;
		if (room) {
			lq__room_ref(room);
			pthread_mutex_unlock(&engine->lock);
			lq_room_close(room);
			lq__room_unref(room);
			pthread_mutex_lock(&engine->lock);
		} else if (engine->rooms) {
			pthread_cond_wait(&engine->empty, &engine->lock);
		} else {
			break;
		}
	}
	pthread_mutex_unlock(&engine->lock);
	destroy(engine);
	return 0;
}

int lq_engine_feature(lq_engine *engine, const char *name)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	static const char *const features[] = {
		"rooms", "messages", "attributes", "calls", "presence", "resume", "rejoin", "streams", "views", "frames", "preview", "snapshot", "mirror",
		"devices", "volume", "audio-report", "quality", "stats", "swap", "log",
	};
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine || !name)
		return LQ_EINVAL;
	if (!strcmp(name, "screen"))
		return engine->has_screen ? 0 : LQ_ENOTSUP;
	if (!strcmp(name, "echo-cancel"))
		return engine->has_voice ? 0 : LQ_ENOTSUP;
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		if (!strcmp(features[i], name))
			return 0;
	return LQ_ENOTSUP;
}

int lq_engine_poll(lq_engine *engine, int timeout_ms, const lq_sdk_event **event)
{
	if (lq__is_dead(engine))
		return LQ_ESTATE;
	if (!engine || !event)
		return LQ_EINVAL;
	return lq__events_poll(engine->events, timeout_ms, event);
}
