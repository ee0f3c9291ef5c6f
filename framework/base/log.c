#include <loquat/log.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *const level_names[] = {"fatal", "error", "warning", "info", "debug", "trace"};
#define N_LEVELS (sizeof level_names / sizeof *level_names)

static lq_log_fn sink;
static void *sink_arg;
static _Atomic uint32_t max_level = LQ_LOG_WARNING;
static char areas[256]; /* ",webrtc=debug,graph=trace," of LQ_LOG */
static pthread_once_t once = PTHREAD_ONCE_INIT;

int lq_log_level_parse(const char *name, uint32_t *out)
{
	for (uint32_t i = 0; i < N_LEVELS; i++)
		if (!strcasecmp(name, level_names[i])) {
			*out = i;
			return 0;
		}
	return LQ_EINVAL;
}

static void read_environment(void)
{
	const char *e = getenv("LQ_LOG");
	char copy[sizeof areas], *save = NULL;
	if (!e)
		return;
	snprintf(copy, sizeof copy, "%s", e);
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		uint32_t level;
		if (strchr(t, '=')) {
			size_t n = strlen(areas);
			snprintf(areas + n, sizeof areas - n, ",%s", t);
		} else if (!lq_log_level_parse(t, &level)) {
			atomic_store(&max_level, level);
		}
	}
}

static int wanted(uint32_t level, const char *area)
{
	pthread_once(&once, read_environment);
	if (level <= atomic_load_explicit(&max_level, memory_order_relaxed))
		return 1;
	size_t n = strlen(area);
	for (const char *p = areas; (p = strchr(p, ',')); ) {
		p++;
		uint32_t l;
		char name[16];
		if (!strncmp(p, area, n) && p[n] == '=') {
			snprintf(name, sizeof name, "%.*s", (int)strcspn(p + n + 1, ","), p + n + 1);
			return !lq_log_level_parse(name, &l) && level <= l;
		}
	}
	return 0;
}

/* ---- more sinks ---- */

enum { MORE_SINKS = 8 };
static struct { lq_log_fn fn; void *arg; uint32_t level; } more[MORE_SINKS];
static pthread_mutex_t more_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int32_t more_level = -1; /* the highest of all */

static void measure_more(void)
{
	int32_t level = -1;
	for (int i = 0; i < MORE_SINKS; i++)
		if (more[i].fn && (int32_t)more[i].level > level)
			level = (int32_t)more[i].level;
	atomic_store(&more_level, level);
}

static int put_more(lq_log_fn from, void *from_arg, lq_log_fn fn, void *arg, uint32_t level)
{
	int r = LQ_EFULL;
	pthread_mutex_lock(&more_lock);
	for (int i = 0; i < MORE_SINKS && r; i++)
		if (more[i].fn == from && more[i].arg == from_arg) {
			more[i].fn = fn;
			more[i].arg = arg;
			more[i].level = level;
			r = 0;
		}
	measure_more();
	pthread_mutex_unlock(&more_lock);
	return r;
}

int lq_log_add_sink(lq_log_fn fn, void *arg, uint32_t level)
{
	return put_more(NULL, NULL, fn, arg, level);
}

void lq_log_remove_sink(lq_log_fn fn, void *arg)
{
	put_more(fn, arg, NULL, NULL, 0);
}

static void tell_more(uint32_t level, const char *area, const char *text)
{
	pthread_mutex_lock(&more_lock);
	for (int i = 0; i < MORE_SINKS; i++)
		if (more[i].fn && level <= more[i].level)
			more[i].fn(more[i].arg, level, area, text);
	pthread_mutex_unlock(&more_lock);
}

void lq_log_set_sink(lq_log_fn fn, void *arg)
{
	sink = fn;
	sink_arg = arg;
}

void lq_log_set_level(uint32_t level)
{
	pthread_once(&once, read_environment);
	atomic_store(&max_level, level);
}

void lq_logv(uint32_t level, const char *area, const char *fmt, va_list args)
{
	char text[1024];
	int more_want = (int32_t)level <= atomic_load_explicit(&more_level, memory_order_relaxed), want = wanted(level, area);
	if (!want && !more_want)
		return;
	vsnprintf(text, sizeof text, fmt, args);
	if (more_want)
		tell_more(level, area, text);
	if (!want)
		return;
	if (sink) {
		sink(sink_arg, level, area, text);
		return;
	}
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	fprintf(stderr, "%6ld.%03ld %s %s: %s\n", (long)ts.tv_sec, ts.tv_nsec / 1000000, level_names[level < N_LEVELS ? level : N_LEVELS - 1], area, text);
}

void lq_log(uint32_t level, const char *area, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	lq_logv(level, area, fmt, args);
	va_end(args);
}

const char *lq_error_name(int code)
{
	switch (code) {
	case LQ_OK:
		return "OK";
#define NAME(name, number, text) case -(number): return #name;
	LQ_ERRORS(NAME)
#undef NAME
	}
	return "unknown";
}

const char *lq_error_text(int code)
{
	switch (code) {
	case LQ_OK:
		return "success";
#define TEXT(name, number, text) case -(number): return text;
	LQ_ERRORS(TEXT)
#undef TEXT
	}
	return "unknown error";
}
