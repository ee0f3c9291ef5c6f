/* loquat.log, and loquat.1.log with what came before. */
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

enum { LINE_MAX_BYTES = 1200 };

struct lq__logfile {
	struct lq__logfile *next;
	int refs, fd, folder;
	dev_t dev;
	ino_t ino;
	char name[40], old[44];
	size_t size, max; /* of one of the two files */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static lq__logfile *logs;

/* Half of the room is for the file that is written, half for the one before. */
static void rotate(lq__logfile *l)
{
	renameat(l->folder, l->name, l->folder, l->old);
	int fd = openat(l->folder, l->name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB);
	else
		return; /* what comes is lost until there is room again: the old file must not grow */
	close(l->fd);
	l->fd = fd;
	l->size = 0;
}

static void put(void *arg, uint32_t level, const char *area, const char *text)
{
	static const char *const names[] = {"fatal", "error", "warning", "info", "debug", "trace"};
	lq__logfile *l = arg;
	char line[LINE_MAX_BYTES], when[40];
	struct timespec now;
	struct tm t;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &t);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &t);
	int n = snprintf(line, sizeof line, "%s.%03ldZ %s %s: %s", when, now.tv_nsec / 1000000, names[level < 6 ? level : 5], area, text);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;
	if (len + 1 > l->max)
		len = l->max - 1;
	line[len++] = '\n';
	if (l->size + len > l->max)
		rotate(l);
	if (l->size + len <= l->max && write(l->fd, line, len) == (ssize_t)len)
		l->size += len;
}

/* ---- opening ---- */

static int fail(char *error, size_t size, const char *dir)
{
	snprintf(error, size, "log_dir %s: %s", dir, strerror(errno));
	return LQ_EIO;
}

/* Another process may write there, too: then it is a file of our own. */
static int open_file(lq__logfile *l)
{
	snprintf(l->name, sizeof l->name, "loquat.log");
	snprintf(l->old, sizeof l->old, "loquat.1.log");
	for (int own = 0; own < 2; own++) {
		l->fd = openat(l->folder, l->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (l->fd < 0)
			return -1;
		if (!flock(l->fd, LOCK_EX | LOCK_NB))
			break;
		close(l->fd);
		l->fd = -1;
		snprintf(l->name, sizeof l->name, "loquat-%d.log", (int)getpid());
		snprintf(l->old, sizeof l->old, "loquat-%d.1.log", (int)getpid());
	}
	return l->fd;
}

/* What was there before counts. */
static void fit(lq__logfile *l)
{
	struct stat s;
	if (!fstatat(l->folder, l->old, &s, 0) && (size_t)s.st_size > l->max)
		unlinkat(l->folder, l->old, 0);
	if (fstat(l->fd, &s))
		return;
	l->size = (size_t)s.st_size;
	if (l->size <= l->max)
		return;
	if (!ftruncate(l->fd, 0))
		l->size = 0;
}

static int create(const char *dir, uint32_t level, uint32_t max_kb, lq__logfile **out, char *error, size_t error_size)
{
	struct stat s;
	lq__logfile *l = calloc(1, sizeof *l);
	if (!l)
		return LQ_ENOMEM;
	l->refs = 1;
	l->max = (size_t)max_kb * 1024 / 2;
	l->fd = -1;
	l->folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->folder < 0 || fstat(l->folder, &s) || open_file(l) < 0) {
		int r = fail(error, error_size, dir);
		if (l->folder >= 0)
			close(l->folder);
		free(l);
		return r;
	}
	l->dev = s.st_dev;
	l->ino = s.st_ino;
	fit(l);
	int r = lq_log_add_sink(put, l, level);
	if (r) {
		close(l->fd);
		close(l->folder);
		free(l);
		snprintf(error, error_size, "log_dir %s: more logs than there may be", dir);
		return r;
	}
	l->next = logs;
	logs = l;
	*out = l;
	return 0;
}

int lq__logfile_open(const char *dir, uint32_t level, uint32_t max_kb, lq__logfile **out, char *error, size_t error_size)
{
	struct stat s;
	lq__logfile *l;
	pthread_mutex_lock(&lock);
	int known = !stat(dir, &s), r = 0;
	for (l = logs; l && !(known && l->dev == s.st_dev && l->ino == s.st_ino); l = l->next)
		;
	if (l) {
		l->refs++;
		*out = l;
	} else {
		r = create(dir, level, max_kb, out, error, error_size);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

void lq__logfile_close(lq__logfile *log)
{
	if (!log)
		return;
	pthread_mutex_lock(&lock);
	int last = !--log->refs;
	for (lq__logfile **p = &logs; last && *p; p = &(*p)->next)
		if (*p == log) {
			*p = log->next;
			break;
		}
	pthread_mutex_unlock(&lock);
	if (!last)
		return;
	lq_log_remove_sink(put, log);
	close(log->fd);
	close(log->folder);
	free(log);
}
