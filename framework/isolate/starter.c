/* Starting helpers, and the thread that does it while the graph goes on: neither the end of a process nor the start of one is quick enough for a loop. */
#include "isolate/proxy.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plugin/spawn.h"

int lq__helper_start(const char *program, int *fd, pid_t *pid)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errno;
	int r = lq__helper_spawn(program, pair[1], pid);
	close(pair[1]);
	if (r)
		close(pair[0]);
	else
		*fd = pair[0];
	return r;
}

static void wait_until_due(lq__starter *s)
{
	struct timespec t = {.tv_sec = s->due / LQ_SEC, .tv_nsec = s->due % LQ_SEC};
	while (!s->cancelled && pthread_cond_timedwait(&s->changed, &s->lock, &t) != ETIMEDOUT)
		;
}

static void *work(void *arg)
{
	lq__starter *s = arg;
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	int status = s->old ? lq__helper_reap(s->old) : -1;
	pthread_mutex_lock(&s->lock);
	s->status = status;
	s->reaped = 1;
	pthread_mutex_unlock(&s->lock);
	s->host->wake_at(s->host, 0);
	pthread_mutex_lock(&s->lock);
	wait_until_due(s);
	int go = !s->cancelled;
	pthread_mutex_unlock(&s->lock);
	if (!go)
		return NULL;
	int fd = -1;
	pid_t pid = 0;
	int error = lq__helper_start(s->program, &fd, &pid);
	pthread_mutex_lock(&s->lock);
	s->error = error;
	s->fd = fd;
	s->pid = pid;
	s->finished = 1;
	pthread_mutex_unlock(&s->lock);
	s->host->wake_at(s->host, 0);
	return NULL;
}

/* `old` (0: none) was killed. LQ_ENOMEM: there is no thread to be had. */
int lq__starter_begin(lq__starter *s, pid_t old, int64_t due)
{
	s->old = old;
	s->due = due;
	s->cancelled = s->reaped = s->finished = 0;
	s->fd = -1;
	s->pid = 0;
	if (pthread_create(&s->thread, NULL, work, s))
		return LQ_ENOMEM;
	s->is_running = 1;
	return 0;
}

void lq__starter_end(lq__starter *s)
{
	if (!s->is_running)
		return;
	pthread_mutex_lock(&s->lock);
	s->cancelled = 1;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->is_running = 0;
	if (s->fd >= 0) {
		close(s->fd);
		kill(s->pid, SIGKILL);
		lq__helper_reap(s->pid);
		s->fd = -1;
	}
}
