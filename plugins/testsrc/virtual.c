#include "virtual.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/util.h"

enum { MAX_DEVICES = 64, NAME_ROOM = 128 };

static const struct {
	const char *kind, *id, *name;
} built_in[] = {
	{"camera", "front", "Virtual camera, front"},       {"camera", "side", "Virtual camera, side"},
	{"camera", "table", "Virtual camera, table"},       {"microphone", "head", "Virtual microphone, head"},
	{"microphone", "room", "Virtual microphone, room"}, {"speaker", "desk", "Virtual speaker, desk"},
	{"speaker", "head", "Virtual speaker, head"},
};

static const char *folder(void)
{
	const char *dir = getenv("LQ_VIRTUAL_DEVICES");
	return dir && *dir ? dir : NULL;
}

uint32_t lq__virtual_hash(const char *id)
{
	uint32_t h = 2166136261u;
	while (*id)
		h = (h ^ (uint8_t)*id++) * 16777619u;
	return h;
}

static int is_id(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	return n && n < VIRTUAL_ID_MAX && !id[n];
}

/* The id in a file's name, NULL when it is no device of this kind. */
static const char *id_of(const char *file, const char *kind)
{
	size_t n = strlen(kind);
	return !strncmp(file, kind, n) && file[n] == '-' && is_id(file + n + 1) ? file + n + 1 : NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The ids of all files of a kind, sorted. */
static uint32_t list_files(const char *dir, const char *kind, char ids[MAX_DEVICES][VIRTUAL_ID_MAX])
{
	uint32_t n = 0;
	DIR *d = opendir(dir);
	const struct dirent *e;
	while (d && n < MAX_DEVICES && (e = readdir(d))) {
		const char *id = id_of(e->d_name, kind);
		if (id)
			snprintf(ids[n++], VIRTUAL_ID_MAX, "%s", id);
	}
	if (d)
		closedir(d);
	qsort(ids, n, VIRTUAL_ID_MAX, by_text);
	return n;
}

static void path_of(const char *kind, const char *id, char *out, size_t size)
{
	snprintf(out, size, "%s/%s-%s", folder(), kind, id);
}

/* The file's first line; the id where that is empty. */
static void read_name(const char *kind, const char *id, char *out, size_t size)
{
	char path[4096];
	path_of(kind, id, path, sizeof path);
	FILE *f = fopen(path, "re");
	*out = 0;
	if (f && fgets(out, (int)size, f))
		out[strcspn(out, "\r\n")] = 0;
	if (f)
		fclose(f);
	if (!*out)
		snprintf(out, size, "%s", id);
}

static int built_in_device(const char *kind, uint32_t i, lq_device *out)
{
	for (size_t k = 0; k < LQ__COUNT(built_in); k++)
		if (!strcmp(built_in[k].kind, kind) && i-- == 0) {
			snprintf(out->id, sizeof out->id, "%s", built_in[k].id);
			snprintf(out->name, sizeof out->name, "%s", built_in[k].name);
			return 0;
		}
	return LQ_END;
}

int lq__virtual_device(const char *kind, uint32_t i, lq_device *out)
{
	char ids[MAX_DEVICES][VIRTUAL_ID_MAX];
	lq_device d = {.struct_size = sizeof d, .is_default = i == 0};
	int r = 0;
	if (!folder())
		r = built_in_device(kind, i, &d);
	else if (i >= list_files(folder(), kind, ids))
		r = LQ_END;
	if (r)
		return r;
	if (folder()) {
		snprintf(d.id, sizeof d.id, "%s", ids[i]);
		read_name(kind, ids[i], d.name, sizeof d.name);
	}
	*out = d;
	return 0;
}

int lq__virtual_is_there(const char *kind, const char *id)
{
	char path[4096];
	if (folder()) {
		path_of(kind, id, path, sizeof path);
		return is_id(id) && access(path, F_OK) == 0;
	}
	for (size_t k = 0; k < LQ__COUNT(built_in); k++)
		if (!strcmp(built_in[k].kind, kind) && !strcmp(built_in[k].id, id))
			return 1;
	return 0;
}

int lq__virtual_choose(const lq_host *host, const char *kind, const char *wish, char *id, char *name, size_t name_size)
{
	lq_device d;
	uint32_t i = 0;
	int r;
	while (!(r = lq__virtual_device(kind, i, &d)) && *wish && strcmp(d.id, wish))
		i++;
	if (r && *wish)
		return host->fail(host, LQ_ENODEV, "there is no virtual %s \"%s\"", kind, wish);
	if (r)
		return host->fail(host, LQ_ENODEV, "there is no virtual %s: no file %s/%s-*", kind, folder(), kind);
	snprintf(id, VIRTUAL_ID_MAX, "%.*s", VIRTUAL_ID_MAX - 1, d.id);
	snprintf(name, name_size, "%s", d.name);
	return 0;
}

int lq__virtual_look(virtual_watch *w, const lq_host *host)
{
	char text[200];
	int64_t now = host->now(host);
	if (w->gone)
		return LQ_END;
	if (now < w->next)
		return 0;
	w->next = now + VIRTUAL_LOOK;
	if (lq__virtual_is_there(w->kind, w->id))
		return 0;
	w->gone = 1;
	snprintf(text, sizeof text, "the virtual %s %s has gone: was it unplugged?", w->kind, w->id);
	lq__tell(host, LQ_EVENT_ERROR, 0, LQ_ENODEV, text);
	lq__tell(host, LQ_EVENT_DEVICE, 0, 0, NULL);
	return LQ_END;
}
