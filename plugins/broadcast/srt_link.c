#include "srt_link.h"

#include <netdb.h>
#include <srt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavutil/avstring.h>

#include "srt_rate.h"

enum { MESSAGE = 1316 }; /* seven packets of MPEG-TS */
#define SEND_BUFFER (512 << 10)
#define LOOK 0.25        /* s between two looks at the figures */
#define TURN 50          /* ms, to look whether somebody has interrupted */

typedef struct srt_link {
	SRTSOCKET socket;
	int epoll;
	AVIOInterruptCB interrupt;
	double latency;      /* s */
	double looked;
	srt_rate rate;
} srt_link;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What stands behind "?" has its parameter's place. */
int srt_link_check(const outlet_options *o, const char *url, srt_target *t, char error[SRT_URL_ERROR])
{
	size_t length = strlen(o->passphrase);
	*t = (srt_target){.listener = o->mode == SRT_LISTENER, .latency = (int)(o->latency / LQ_MSEC)};
	if (length && (length < SRT_PASSPHRASE_MIN || length > SRT_PASSPHRASE_MAX)) {
		snprintf(error, SRT_URL_ERROR, "a passphrase has %d to %d characters", SRT_PASSPHRASE_MIN, SRT_PASSPHRASE_MAX);
		return -1;
	}
	if (strlen(o->stream_id) > SRT_STREAM_ID_MAX) {
		snprintf(error, SRT_URL_ERROR, "a stream id has at most %d characters", SRT_STREAM_ID_MAX);
		return -1;
	}
	av_strlcpy(t->passphrase, o->passphrase, sizeof t->passphrase);
	av_strlcpy(t->stream_id, o->stream_id, sizeof t->stream_id);
	return srt_url_read(url, t, error);
}

static int read_target(const outlet_options *o, const char *url, srt_target *t)
{
	char error[SRT_URL_ERROR];
	int e = srt_link_check(o, url, t, error);
	if (e)
		why_note(error);
	return e ? AVERROR(EINVAL) : 0;
}

/* ---- connecting ---- */

static int failed(void)
{
	why_note(srt_getlasterror_str());
	return AVERROR(EIO);
}

static int set(SRTSOCKET s, SRT_SOCKOPT option, int value)
{
	return srt_setsockflag(s, option, &value, sizeof value);
}

/* Late packets are not left out by SRT but by the queue, which knows where a group of pictures begins. */
static int set_options(SRTSOCKET s, const srt_target *t, int timeout)
{
	int bad = set(s, SRTO_SNDSYN, 0) | set(s, SRTO_RCVSYN, 0) | set(s, SRTO_LATENCY, t->latency) | set(s, SRTO_TLPKTDROP, 0) | set(s, SRTO_SNDBUF, SEND_BUFFER);
	if (timeout)
		bad |= set(s, SRTO_CONNTIMEO, timeout);
	if (*t->passphrase)
		bad |= srt_setsockflag(s, SRTO_PASSPHRASE, t->passphrase, (int)strlen(t->passphrase));
	if (*t->stream_id && !t->listener)
		bad |= srt_setsockflag(s, SRTO_STREAMID, t->stream_id, (int)strlen(t->stream_id));
	return bad ? failed() : 0;
}

/* Until the socket is ready for `what`. Returns 0, 1 when it is not yet after a turn, or AVERROR. */
static int wait_turn(srt_link *l, SRTSOCKET s, int what)
{
	SRT_EPOLL_EVENT ready;
	int events = what | SRT_EPOLL_ERR;
	if (l->interrupt.callback(l->interrupt.opaque))
		return AVERROR_EXIT;
	if (srt_epoll_add_usock(l->epoll, s, &events) < 0)
		return failed();
	int n = srt_epoll_uwait(l->epoll, &ready, 1, TURN);
	srt_epoll_remove_usock(l->epoll, s);
	return n > 0 ? 0 : 1;
}

static int call(srt_link *l, const struct sockaddr *address, socklen_t size)
{
	int r = srt_connect(l->socket, address, (int)size) < 0 ? failed() : 1;
	while (r == 1) {
		r = wait_turn(l, l->socket, SRT_EPOLL_OUT);
		SRT_SOCKSTATUS state = srt_getsockstate(l->socket);
		if (r >= 0 && state > SRTS_CONNECTED) {
			why_note(srt_rejectreason_str(srt_getrejectreason(l->socket)));
			return AVERROR(EIO);
		}
		r = r >= 0 ? state != SRTS_CONNECTED : r;
	}
	return r;
}

static int answer(srt_link *l, const struct sockaddr *address, socklen_t size)
{
	SRTSOCKET listener = l->socket;
	int r = srt_bind(listener, address, (int)size) < 0 || srt_listen(listener, 1) < 0 ? failed() : 1;
	while (r == 1)
		r = wait_turn(l, listener, SRT_EPOLL_IN);
	if (!r) {
		l->socket = srt_accept(listener, NULL, NULL);
		r = l->socket == SRT_INVALID_SOCK ? failed() : 0;
		srt_close(listener);
	}
	return r;
}

static int open_at(srt_link *l, const srt_target *t, int timeout, const struct addrinfo *at)
{
	l->socket = srt_create_socket();
	int r = l->socket == SRT_INVALID_SOCK ? failed() : set_options(l->socket, t, timeout);
	r = r ? r : t->listener ? answer(l, at->ai_addr, at->ai_addrlen) : call(l, at->ai_addr, at->ai_addrlen);
	if (r) {
		srt_close(l->socket);
		l->socket = SRT_INVALID_SOCK;
	}
	return r;
}

static int open_target(srt_link *l, const srt_target *t, int timeout)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = t->listener ? AI_PASSIVE : 0}, *list = NULL;
	if (getaddrinfo(*t->host ? t->host : NULL, t->service, &hints, &list)) {
		why_note("Failed to resolve hostname");
		return AVERROR(EIO);
	}
	int r = AVERROR(EIO);
	for (const struct addrinfo *at = list; at && r && r != AVERROR_EXIT; at = at->ai_next)
		r = open_at(l, t, timeout, at);
	freeaddrinfo(list);
	return r;
}

/* ---- writing ---- */

static void look(srt_link *l)
{
	SRT_TRACEBSTATS s;
	double t = now(), passed = t - l->looked;
	if (passed < LOOK || srt_bistats(l->socket, &s, 1, 1) < 0)
		return;
	double before = l->rate.limit, limit = srt_rate_follow(&l->rate, &(srt_report){s.pktSent, s.pktRetrans, (int64_t)s.byteSent, s.msRTT}, passed);
	int64_t most = limit ? (int64_t)limit : -1;
	l->looked = t;
	if (limit != before)
		srt_setsockflag(l->socket, SRTO_MAXBW, &most, sizeof most);
}

/* With a limit, SRT holds no more than gets there within half of the latency: what waits for longer would be left out on the other side. */
static int has_room(const srt_link *l)
{
	size_t blocks, bytes;
	if (!l->rate.limit || srt_getsndbuffer(l->socket, &blocks, &bytes) < 0)
		return 1;
	return (double)bytes < l->rate.limit * (l->latency / 2 + l->rate.least_rtt / 1000) + MESSAGE;
}

static int write_message(void *opaque, uint8_t *data, int size)
{
	srt_link *l = opaque;
	int r = 0;
	while (r >= 0) {
		look(l);
		if (has_room(l)) {
			int sent = srt_sendmsg(l->socket, (const char *)data, size, -1, 1);
			if (sent >= 0)
				return sent;
			if (srt_getlasterror(NULL) != SRT_EASYNCSND)
				return failed();
			r = wait_turn(l, l->socket, SRT_EPOLL_OUT);
		} else if (srt_getsockstate(l->socket) != SRTS_CONNECTED) {
			why_note("Connection was broken");
			return AVERROR(EIO);
		} else {
			struct timespec turn = {0, 5000000};
			if (l->interrupt.callback(l->interrupt.opaque))
				return AVERROR_EXIT;
			nanosleep(&turn, NULL); /* SRT tells of no such moment */
		}
	}
	return r;
}

static void destroy(srt_link *l)
{
	if (l->socket != SRT_INVALID_SOCK)
		srt_close(l->socket);
	if (l->epoll >= 0)
		srt_epoll_release(l->epoll);
	av_free(l);
	srt_cleanup();
}

int srt_link_open(const outlet_options *o, const char *url, const AVIOInterruptCB *interrupt, AVIOContext **pb)
{
	srt_target t;
	srt_link *l = av_mallocz(sizeof *l);
	uint8_t *buffer = av_malloc(MESSAGE);
	srt_startup();
	if (!l || !buffer || read_target(o, url, &t)) {
		int r = l && buffer ? AVERROR(EINVAL) : AVERROR(ENOMEM);
		av_free(l);
		av_free(buffer);
		srt_cleanup();
		return r;
	}
	srt_setloglevel(LOG_CRIT);
	l->interrupt = *interrupt;
	l->epoll = srt_epoll_create();
	l->latency = t.latency / 1000.0;
	int r = open_target(l, &t, (int)(o->timeout / LQ_MSEC));
	*pb = r ? NULL : avio_alloc_context(buffer, MESSAGE, 1, l, NULL, write_message, NULL);
	if (*pb) {
		(*pb)->max_packet_size = MESSAGE;
		l->looked = now();
		return 0;
	}
	av_free(buffer);
	destroy(l);
	return r ? r : AVERROR(ENOMEM);
}

void srt_link_close(AVIOContext **pb)
{
	if (!*pb)
		return;
	avio_flush(*pb);
	destroy((*pb)->opaque);
	av_freep(&(*pb)->buffer);
	avio_context_free(pb);
}
