/* A worker's thread: letters from the control thread, datagrams, and a tick while there are peers. */
#include "server/media/relay.h"
#include "server/media/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <loquat/clock.h>
#include <loquat/log.h>
#include <loquat/plugin/errors.h>

void lq__worker_post(lq__worker *w, lq__letter *letter)
{
	uint64_t one = 1;
	if (lq__mailbox_put(&w->inbox, letter) && write(w->wake, &one, sizeof one) < 0)
		lq_log(LQ_LOG_ERROR, "media", "eventfd: %m");
}

static void read_letters(lq__worker *w)
{
	uint64_t ignored;
	if (read(w->wake, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
		lq_log(LQ_LOG_ERROR, "media", "eventfd: %m");
	for (lq__letter *l = lq__mailbox_take(&w->inbox), *next; l; l = next) {
		next = l->next;
		l->run(w, l);
		lq__mailbox_put(&w->outbox, l);
	}
}

/* A flood must not starve the letters and the tick. */
#define READS_IN_A_ROW 8

static void read_datagrams(lq__worker *w)
{
	int n = LQ_BATCH;
	for (int reads = 0; n == LQ_BATCH && reads < READS_IN_A_ROW; reads++) {
		n = lq__socket_read(w);
		for (int i = 0; i < n; i++)
			lq__peer_datagram(w, &w->in[i]);
	}
}

static void tick(lq__worker *w)
{
	if (w->now < w->next_tick)
		return;
	w->next_tick = w->now + LQ_TICK;
	LQ__EACH(lq__peer, p, &w->peers, link)
		lq__peer_tick(p);
	LQ__EACH(lq__media_track, t, &w->mirrors, link)
		lq__track_tick(t);
}

/* ms until the next tick, -1: nobody is there */
static int wait_time(const lq__worker *w)
{
	if (lq__list_empty(&w->peers))
		return -1;
	int64_t left = w->next_tick - w->now;
	return left <= 0 ? 0 : (int)((left + 999999) / 1000000);
}

static void *run(void *arg)
{
	lq__worker *w = arg;
	struct epoll_event events[2];
	while (!atomic_load(&w->stop)) {
		int n = epoll_wait(w->epoll, events, 2, wait_time(w));
		w->now = lq_clock_now(lq_clock_real());
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == w->wake)
				read_letters(w);
			else
				read_datagrams(w);
		}
		lq__relay_take(w);
		tick(w);
		lq__socket_flush(w);
	}
	read_letters(w);
	lq__socket_flush(w);
	return NULL;
}

static int watch(lq__worker *w, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

static int start_thread(lq__worker *w)
{
	sigset_t all, old;
	/* Signals are for the control thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int e = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return e ? LQ_ENOMEM : 0;
}

int lq__worker_start(lq__worker *w, const char *host, uint16_t port, char *error, size_t error_size)
{
	lq__list_init(&w->peers);
	lq__list_init(&w->mirrors);
	for (size_t i = 0; i < LQ_BUCKETS; i++) {
		lq__list_init(&w->by_addr[i]);
		lq__list_init(&w->by_ufrag[i]);
	}
	w->wake = w->epoll = -1;
	w->socket = lq__socket_open(host, port, &w->port);
	if (w->socket < 0) {
		snprintf(error, error_size, "cannot take UDP port %u of %s for media: %s; choose others with --media-port", port, host, strerror(errno));
		return LQ_EIO;
	}
	w->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->wake < 0 || w->epoll < 0 || watch(w, w->wake) || watch(w, w->socket) || lq_cert_create(&w->cert) || start_thread(w)) {
		snprintf(error, error_size, "cannot start a media worker: out of memory, file descriptors or threads");
		return LQ_ENOMEM;
	}
	return 0;
}

void lq__worker_stop(lq__worker *w)
{
	uint64_t one = 1;
	if (w->thread) {
		atomic_store(&w->stop, 1);
		if (write(w->wake, &one, sizeof one) < 0)
			lq_log(LQ_LOG_ERROR, "media", "eventfd: %m");
		pthread_join(w->thread, NULL);
	}
}

void lq__worker_close(lq__worker *w)
{
	int fds[] = {w->socket, w->wake, w->epoll};
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	lq_cert_destroy(w->cert);
}
