/* A worker's UDP socket, read and written in batches. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "server/media/worker.h"

#define SOCKET_BUFFER (4 * 1024 * 1024)

static void set_buffer(int fd, int forced, int plain)
{
	int size = SOCKET_BUFFER;
	/* The first goes beyond the system's limit where we may. */
	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof size))
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof size);
}

int lq__socket_open(const char *host, uint16_t port, uint16_t *bound)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t len = sizeof a;
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &len)) {
		close(fd);
		return -1;
	}
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	*bound = ntohs(a.sin_port);
	return fd;
}

int lq__socket_read(lq__worker *w)
{
	struct mmsghdr m[LQ_BATCH];
	struct iovec v[LQ_BATCH];
	for (int i = 0; i < LQ_BATCH; i++) {
		v[i] = (struct iovec){w->in[i].data, LQ_DATAGRAM_MAX};
		m[i].msg_hdr = (struct msghdr){.msg_name = &w->in[i].addr.in6, .msg_namelen = sizeof w->in[i].addr.in6, .msg_iov = &v[i], .msg_iovlen = 1};
	}
	int n = recvmmsg(w->socket, m, LQ_BATCH, 0, NULL);
	for (int i = 0; i < n; i++) {
		w->in[i].addr.len = m[i].msg_hdr.msg_namelen;
		w->in[i].len = m[i].msg_hdr.msg_flags & MSG_TRUNC ? LQ_DATAGRAM_MAX + 1 : m[i].msg_len;
		lq__add(&w->count.bytes_received, m[i].msg_len);
	}
	if (n > 0)
		lq__add(&w->count.datagrams_received, (uint64_t)n);
	return n > 0 ? n : 0;
}

lq__datagram *lq__socket_next(lq__worker *w)
{
	if (w->n_out == LQ_BATCH)
		lq__socket_flush(w);
	return &w->out[w->n_out];
}

void lq__socket_commit(lq__worker *w, const lq_addr *to, size_t len)
{
	w->out[w->n_out].addr = *to;
	w->out[w->n_out++].len = len;
}

void lq__socket_flush(lq__worker *w)
{
	struct mmsghdr m[LQ_BATCH];
	struct iovec v[LQ_BATCH];
	uint32_t sent = 0;
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < w->n_out; i++) {
		lq__datagram *d = &w->out[i];
		v[i] = (struct iovec){d->data, d->len};
		m[i].msg_hdr = (struct msghdr){.msg_name = &d->addr.sa, .msg_namelen = d->addr.len, .msg_iov = &v[i], .msg_iovlen = 1};
	}
	while (sent < w->n_out) {
		int n = sendmmsg(w->socket, m + sent, w->n_out - sent, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			n = 0; /* this address cannot be sent to: go on behind it */
		if (n < 0)
			break; /* the socket's buffer is full: waiting would only make what is behind late */
		for (int i = 0; i < n; i++)
			bytes += m[sent + (uint32_t)i].msg_len;
		sent += n ? (uint32_t)n : 1;
		if (n)
			lq__add(&w->count.datagrams_sent, (uint64_t)n);
		else
			lq__add(&w->count.dropped_send, 1);
	}
	lq__add(&w->count.bytes_sent, bytes);
	lq__add(&w->count.dropped_send, w->n_out - sent);
	w->n_out = 0;
}
