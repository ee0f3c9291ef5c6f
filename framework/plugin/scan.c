/* Folders of plugins, described without loading any into the program: by the cache, else by a child process. */
#include <dirent.h>
#include <loquat/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plugin/cache.h"
#include "plugin/registry.h"
#include "plugin/scanner.h"

typedef struct scan {
	lq_registry *reg;
	lq__cache *cache;
	lq__scanner scanner;
} scan;

static int ask_scanner(scan *s, const char *path, const struct stat *st, lq__finding *f)
{
	lq__bytes bytes = {0};
	int err = lq__scanner_ask(&s->scanner, path, &bytes, f->text, sizeof f->text);
	if (!err)
		err = lq__finding_read(bytes.data, bytes.n, f);
	if (!err && f->keep != LQ__KEEP_NO && st->st_size) /* a cache that cannot grow is no reason to fail */
		lq__cache_put(s->cache, path, st, &bytes);
	if (err == LQ_EIO)
		f->code = err; /* there is no scanner */
	lq__bytes_finish(&bytes);
	return err == LQ_EIO ? 0 : err;
}

static int scan_file(scan *s, const char *name)
{
	char *path = lq__full_path(name);
	struct stat st;
	lq__finding f = {0};
	if (!path)
		return LQ_ENOMEM;
	if (lq__registry_knows(s->reg, path)) {
		lq__free(path);
		return 0;
	}
	if (stat(path, &st))
		memset(&st, 0, sizeof st);
	int err = lq__cache_find(s->cache, path, &st, &f);
	if (err == LQ_ENOENT)
		err = ask_scanner(s, path, &st, &f);
	if (err) {
		lq__free(path);
		return err;
	}
	lq__entry found = {.plugin = f.image ? lq__image_plugin(f.image) : NULL, .image = f.image, .file = path, .code = f.code};
	err = lq__registry_take(s->reg, &found, f.text, sizeof f.text);
	if (err && err != LQ_ENOMEM)
		lq_log(err == LQ_EEXIST ? LQ_LOG_DEBUG : LQ_LOG_WARNING, "registry", "%s: %s", name, f.text);
	return err == LQ_ENOMEM ? err : 0;
}

static int is_so(const struct dirent *d)
{
	size_t n = strlen(d->d_name);
	return n > 3 && d->d_name[0] != '.' && !strcmp(d->d_name + n - 3, ".so");
}

static int scan_names(scan *s, const char *dir, struct dirent **names, int n)
{
	int result = 0;
	for (int i = 0; i < n; i++) {
		size_t size = strlen(dir) + strlen(names[i]->d_name) + 2;
		char *name = lq__malloc(size);
		int err = LQ_ENOMEM;
		if (name) {
			snprintf(name, size, "%s/%s", dir, names[i]->d_name);
			err = scan_file(s, name);
		}
		lq__free(name);
		result = result ? result : err;
	}
	return result;
}

int lq_registry_scan(lq_registry *reg, const char *dir)
{
	struct dirent **names;
	scan s = {.reg = reg};
	int n = scandir(dir, &names, is_so, alphasort);
	if (n < 0)
		return LQ_ENOENT;
	int err = lq__cache_open(&s.cache);
	if (!err) {
		err = scan_names(&s, dir, names, n);
		lq__scanner_close(&s.scanner);
		lq__cache_save(s.cache);
		lq__cache_close(s.cache);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return err;
}

int lq_registry_scan_default(lq_registry *reg)
{
	const char *path = getenv("LQ_PLUGIN_PATH");
	if (!path || !*path)
		return lq_registry_scan(reg, LQ_PLUGIN_DIR);
	int result = LQ_ENOENT;
	while (*path) {
		size_t n = strcspn(path, ":");
		char *dir = n ? lq__strndup(path, n) : NULL;
		int err = n ? dir ? lq_registry_scan(reg, dir) : LQ_ENOMEM : LQ_ENOENT;
		if (err == LQ_ENOENT && n)
			lq_log(LQ_LOG_WARNING, "registry", "%s: no such folder (from LQ_PLUGIN_PATH)", dir);
		if (result != LQ_ENOMEM && err != LQ_ENOENT)
			result = err;
		lq__free(dir);
		path += n + (path[n] == ':');
	}
	return result;
}

void lq_registry_forget_scans(void)
{
	lq__cache_forget();
}
