#include "plugin/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <loquat/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

/* VERSION: raise it when the format changes, or what lq__plugin_check takes. */
enum { VERSION = 1, ENTRIES_MAX = 1024, FILE_MAX_BYTES = 32 << 20, PATH_ROOM = 4096 };
static const char magic[8] = "LQSCAN\r\n";

typedef struct entry {
	char *path;
	uint64_t size;
	int64_t sec, nsec; /* the file's last change */
	int64_t scanned;   /* s since 1970 */
	uint8_t *finding;
	uint32_t n;
} entry;

struct lq__cache {
	entry *entries;
	size_t n, room;
	int is_dirty;
};

static void drop(lq__cache *c, size_t i)
{
	lq__free(c->entries[i].path);
	lq__free(c->entries[i].finding);
	memmove(&c->entries[i], &c->entries[i + 1], (c->n - i - 1) * sizeof *c->entries);
	c->n--;
}

/* Copies what e points to. The oldest entry gives way to one too many. */
static int add(lq__cache *c, const entry *e)
{
	if (c->n == ENTRIES_MAX)
		drop(c, 0);
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 32;
		entry *p = lq__realloc(c->entries, room * sizeof *p);
		if (!p)
			return LQ_ENOMEM;
		c->entries = p;
		c->room = room;
	}
	entry own = *e;
	own.path = lq__strdup(e->path);
	own.finding = lq__malloc(e->n);
	if (!own.path || !own.finding) {
		lq__free(own.path);
		lq__free(own.finding);
		return LQ_ENOMEM;
	}
	memcpy(own.finding, e->finding, e->n);
	c->entries[c->n++] = own;
	return 0;
}

static uint64_t fnv1a(const uint8_t *data, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);
	while (n--)
		h = (h ^ *data++) * UINT64_C(1099511628211);
	return h;
}

static int read_entry(lq__reader *r, entry *e)
{
	e->path = (char *)lq__read_chars(r);
	e->size = lq__read_u64(r);
	e->sec = (int64_t)lq__read_u64(r);
	e->nsec = (int64_t)lq__read_u64(r);
	e->scanned = (int64_t)lq__read_u64(r);
	e->n = lq__read_u32(r);
	e->finding = (uint8_t *)lq__read_bytes(r, e->n);
	return r->bad || !e->path ? LQ_EPARSE : 0;
}

int lq__cache_parse(lq__cache *c, const uint8_t *data, size_t size)
{
	lq__reader r = {data, data + size, 0};
	const uint8_t *m = lq__read_bytes(&r, sizeof magic);
	int err = 0;
	if (!m || memcmp(m, magic, sizeof magic) || lq__read_u32(&r) != VERSION || lq__read_u32(&r) != LQ_ABI_MINOR || lq__read_u32(&r) != sizeof(void *))
		return LQ_EPARSE;
	uint64_t sum = lq__read_u64(&r);
	if (r.bad || sum != fnv1a(r.at, (size_t)(r.end - r.at)))
		return LQ_EPARSE;
	while (!err && r.at < r.end) {
		entry e;
		err = read_entry(&r, &e);
		if (!err)
			err = add(c, &e);
	}
	while (err && c->n)
		drop(c, c->n - 1);
	return err;
}

/* With make_it set, makes the folders. */
static int file_name(char *out, size_t size, int make_it)
{
	const char *base = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int is_set = base && *base == '/', n;
	if (!is_set && (!home || *home != '/'))
		return LQ_ENOENT;
	n = snprintf(out, size, "%s%s/loquat", is_set ? base : home, is_set ? "" : "/.cache");
	if (n < 0 || (size_t)n + sizeof "/plugins.cache" > size)
		return LQ_ENOENT;
	if (make_it) {
		char *slash = strrchr(out, '/');
		*slash = 0;
		mkdir(out, 0700);
		*slash = '/';
		mkdir(out, 0700);
	}
	strcpy(out + n, "/plugins.cache");
	return 0;
}

static int read_file(lq__cache *c, int fd)
{
	struct stat st;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size > FILE_MAX_BYTES)
		return LQ_EPARSE;
	uint8_t *data = lq__malloc((size_t)st.st_size);
	if (!data)
		return LQ_ENOMEM;
	int err = read(fd, data, (size_t)st.st_size) == st.st_size ? lq__cache_parse(c, data, (size_t)st.st_size) : LQ_EPARSE;
	lq__free(data);
	return err;
}

int lq__cache_open(lq__cache **out)
{
	char name[PATH_ROOM];
	int err = 0, fd;
	lq__cache *c = lq__calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	if (!file_name(name, sizeof name, 0) && (fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) >= 0) {
		err = read_file(c, fd);
		close(fd);
		if (err == LQ_EPARSE)
			lq_log(LQ_LOG_INFO, "registry", "%s is of another version or damaged, and will be made anew", name);
	}
	if (err == LQ_ENOMEM) {
		lq__cache_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void lq__cache_close(lq__cache *c)
{
	if (!c)
		return;
	while (c->n)
		drop(c, c->n - 1);
	lq__free(c->entries);
	lq__free(c);
}

static int is_of(const entry *e, const struct stat *st)
{
	return e->size == (uint64_t)st->st_size && e->sec == st->st_mtim.tv_sec && e->nsec == st->st_mtim.tv_nsec;
}

/* A crash or a hang may have had a reason outside the file, so it is tried again another day. */
static int is_stale(const entry *e, const lq__finding *f)
{
	int64_t now = time(NULL);
	int is_today = e->scanned <= now && e->scanned >= now - 24 * 3600; /* any number may stand in the file */
	return f->keep == LQ__KEEP_NO || (f->keep == LQ__KEEP_A_DAY && !is_today);
}

int lq__cache_find(const lq__cache *c, const char *path, const struct stat *st, lq__finding *out)
{
	lq__finding f;
	for (size_t i = 0; i < c->n; i++) {
		const entry *e = &c->entries[i];
		if (strcmp(e->path, path) || !is_of(e, st))
			continue;
		int err = lq__finding_read(e->finding, e->n, &f);
		if (err == LQ_EPARSE)
			return LQ_ENOENT;
		if (!err && is_stale(e, &f)) {
			lq__image_destroy(f.image);
			return LQ_ENOENT;
		}
		if (!err)
			*out = f;
		return err;
	}
	return LQ_ENOENT;
}

int lq__cache_put(lq__cache *c, const char *path, const struct stat *st, const lq__bytes *finding)
{
	entry e = {(char *)path, (uint64_t)st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec, time(NULL), finding->data, (uint32_t)finding->n};
	for (size_t i = c->n; i-- > 0;)
		if (!strcmp(c->entries[i].path, path))
			drop(c, i);
	c->is_dirty = 1;
	return add(c, &e);
}

static void write_all(const lq__cache *c, lq__bytes *b)
{
	lq__bytes body = {0};
	for (size_t i = 0; i < c->n; i++) {
		const entry *e = &c->entries[i];
		lq__bytes_string(&body, e->path);
		lq__bytes_u64(&body, e->size);
		lq__bytes_u64(&body, (uint64_t)e->sec);
		lq__bytes_u64(&body, (uint64_t)e->nsec);
		lq__bytes_u64(&body, (uint64_t)e->scanned);
		lq__bytes_u32(&body, e->n);
		lq__bytes_add(&body, e->finding, e->n);
	}
	lq__bytes_add(b, magic, sizeof magic);
	lq__bytes_u32(b, VERSION);
	lq__bytes_u32(b, LQ_ABI_MINOR);
	lq__bytes_u32(b, sizeof(void *));
	lq__bytes_u64(b, fnv1a(body.data, body.n));
	lq__bytes_add(b, body.data, body.n);
	b->failed |= body.failed;
	lq__bytes_finish(&body);
}

/* Beside, then renamed: whoever reads meanwhile sees the old file or the new one. */
static int replace_file(const char *name, const lq__bytes *b)
{
	char temporary[PATH_ROOM + 8];
	snprintf(temporary, sizeof temporary, "%s.XXXXXX", name);
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -1;
	int bad = write(fd, b->data, b->n) != (ssize_t)b->n;
	bad |= close(fd);
	if (bad || rename(temporary, name)) {
		unlink(temporary);
		return -1;
	}
	return 0;
}

void lq__cache_save(lq__cache *c)
{
	char name[PATH_ROOM];
	struct stat st;
	lq__bytes b = {0};
	if (!c->is_dirty || file_name(name, sizeof name, 1))
		return;
	for (size_t i = c->n; i-- > 0;)
		if (stat(c->entries[i].path, &st))
			drop(c, i);
	write_all(c, &b);
	if (!b.failed && replace_file(name, &b))
		lq_log(LQ_LOG_DEBUG, "registry", "%s cannot be written: %s", name, strerror(errno));
	lq__bytes_finish(&b);
	c->is_dirty = 0;
}

void lq__cache_forget(void)
{
	char name[PATH_ROOM];
	if (!file_name(name, sizeof name, 0))
		unlink(name);
}
