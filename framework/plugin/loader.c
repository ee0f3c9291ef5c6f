/* Plugins are loaded through libltdl, whose own loader binds lazily: an undefined symbol would kill the program at its first use, long
 * after loading. So it is replaced by one that binds at once and that keeps the dynamic linker's own words, since lt_dlerror only ever says
 * "file not found". */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BAD(code, ...) (snprintf(text, size, __VA_ARGS__), (code))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* libltdl is not thread-safe; guards all below */
static int ready;
static char first_error[512];

static lt_module open_now(lt_user_data data, const char *file, lt_dladvise advise)
{
	void *m = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const char *e = m ? NULL : dlerror();
	if (!m && !first_error[0])
		snprintf(first_error, sizeof first_error, "%s", e ? e : "unknown reason");
	return m;
}

static int leaving;

static int close_now(lt_user_data data, lt_module module)
{
	return leaving ? 0 : dlclose(module);
}

static void *find_symbol(lt_user_data data, lt_module module, const char *name)
{
	return dlsym(module, name);
}

static const lt_dlvtable bind_now = {
	.name = "loquat_bind_now", .module_open = open_now, .module_close = close_now, .find_sym = find_symbol, .priority = LT_DLLOADER_PREPEND};

static int set_up(void)
{
	if (ready)
		return 0;
	if (lt_dlinit())
		return LQ_ENOMEM;
	lt_dlvtable *table = malloc(sizeof *table); /* lt_dlexit frees it */
	if (!table)
		return LQ_ENOMEM;
	*table = bind_now;
	if (lt_dlloader_add(table)) {
		free(table);
		return LQ_ENOMEM;
	}
	free((void *)lt_dlloader_remove("lt_dlopen")); /* its table was allocated, and is now ours */
	ready = 1;
	return 0;
}

/* This library is unloaded: libltdl, which may be unloaded with it, gives back what it keeps. Plugins stay mapped, since not all of what they use could be
 * unloaded; who loads this library again finds them. */
__attribute__((destructor)) static void leave(void)
{
	leaving = 1;
	if (ready)
		lt_dlexit();
}

/* The linker begins with the file's name, which our reader knows. */
static const char *without_file(const char *message, const char *file)
{
	size_t n = strlen(file);
	return !strncmp(message, file, n) && !strncmp(message + n, ": ", 2) ? message + n + 2 : message;
}

static int no_symbol(lt_dlhandle module, char *text, size_t size)
{
	char name[32];
	for (int major = 0; major < 10; major++) {
		snprintf(name, sizeof name, "lq_plugin_abi%d", major);
		if (lt_dlsym(module, name))
			return BAD(LQ_EABI, "built for plugin ABI %d, this is %d: rebuild it", major, LQ_ABI_MAJOR);
	}
	return BAD(LQ_EINVAL, "is no Loquat plugin: it exports no " LQ_PLUGIN_SYMBOL);
}

static int open_locked(const char *file, const lq_plugin **out, char *text, size_t size)
{
	if (set_up())
		return BAD(LQ_ENOMEM, "libltdl cannot be set up");
	first_error[0] = 0;
	lt_dlhandle module = lt_dlopen(file);
	if (!module)
		return BAD(LQ_ENOLIB, "%s", first_error[0] ? without_file(first_error, file) : lt_dlerror());
	const lq_plugin *plugin = lt_dlsym(module, LQ_PLUGIN_SYMBOL);
	if (!plugin)
		return no_symbol(module, text, size);
	*out = plugin;
	return 0;
}

int lq__loader_open(const char *file, const lq_plugin **out, char *text, size_t size)
{
	int err = lq__elf_check(file, text, size);
	if (err)
		return err;
	pthread_mutex_lock(&lock);
	err = open_locked(file, out, text, size);
	pthread_mutex_unlock(&lock);
	return err;
}

static struct user {
	const lq_plugin *plugin;
	unsigned n;
	struct user *next;
} *users;

int lq__plugin_acquire(const lq_plugin *plugin)
{
	int err = 0;
	pthread_mutex_lock(&lock);
	struct user *u = users;
	while (u && u->plugin != plugin)
		u = u->next;
	if (u) {
		u->n++;
	} else if (!(u = lq__malloc(sizeof *u))) {
		err = LQ_ENOMEM;
	} else if ((err = plugin->init ? plugin->init() : 0)) {
		lq__free(u);
	} else {
		*u = (struct user){plugin, 1, users};
		users = u;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void lq__plugin_release(const lq_plugin *plugin)
{
	pthread_mutex_lock(&lock);
	struct user **at = &users;
	while (*at && (*at)->plugin != plugin)
		at = &(*at)->next;
	struct user *u = *at;
	if (u && !--u->n) {
		*at = u->next;
		if (plugin->exit)
			plugin->exit();
		lq__free(u);
	}
	pthread_mutex_unlock(&lock);
}
