#include "relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PAIRS = 16 };

struct relay {
	pthread_t thread;
	int listener, wake[2], done[2], port;
	char url[64];
	int pairs[MAX_PAIRS][2];
	int n_pairs, refusing, frozen;
};

static void must(int ok)
{
	if (ok)
		return;
	perror("relay");
	abort();
}

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void drop(relay *r, int i)
{
	close(r->pairs[i][0]);
	close(r->pairs[i][1]);
	memcpy(r->pairs[i], r->pairs[--r->n_pairs], sizeof r->pairs[i]);
}

static void take_connection(relay *r)
{
	struct sockaddr_in to = local(r->port);
	int in = accept(r->listener, NULL, NULL), out = socket(AF_INET, SOCK_STREAM, 0);
	if (r->refusing || r->n_pairs == MAX_PAIRS || connect(out, (struct sockaddr *)&to, sizeof to)) {
		close(in);
		close(out);
		return;
	}
	r->pairs[r->n_pairs][0] = in;
	r->pairs[r->n_pairs++][1] = out;
}

static int pump(int from, int to)
{
	char data[65536];
	ssize_t n = recv(from, data, sizeof data, 0);
	return n <= 0 || send(to, data, (size_t)n, MSG_NOSIGNAL) != n;
}

/* 0: go on. */
static int obey(relay *r)
{
	char command = 'q';
	if (read(r->wake[0], &command, 1) != 1 || command == 'q')
		return 1;
	if (command == 'c')
		while (r->n_pairs)
			drop(r, 0);
	if (command == 'f' || command == 't')
		r->frozen = command == 'f';
	if (command == 'r' || command == 'a')
		r->refusing = command == 'r';
	return 0;
}

static void *run(void *arg)
{
	relay *r = arg;
	for (;;) {
		struct pollfd fds[2 + 2 * MAX_PAIRS] = {{r->wake[0], POLLIN, 0}, {r->listener, POLLIN, 0}};
		int n = r->frozen ? 0 : r->n_pairs; /* frozen: nobody listens to anything but us */
		fds[1].fd = r->frozen ? -1 : r->listener;
		for (int i = 0; i < 2 * n; i++)
			fds[2 + i] = (struct pollfd){r->pairs[i / 2][i % 2], POLLIN, 0};
		poll(fds, (nfds_t)(2 + 2 * n), -1);
		for (int i = n; i-- > 0; )
			if ((fds[2 + 2 * i].revents && pump(r->pairs[i][0], r->pairs[i][1])) || (fds[3 + 2 * i].revents && pump(r->pairs[i][1], r->pairs[i][0])))
				drop(r, i);
		if (fds[1].revents)
			take_connection(r);
		if (!fds[0].revents)
			continue;
		int stop = obey(r);
		if (write(r->done[1], "", 1) != 1 || stop)
			break;
	}
	while (r->n_pairs)
		drop(r, 0);
	return NULL;
}

relay *relay_start(const char *url)
{
	relay *r = calloc(1, sizeof *r);
	struct sockaddr_in at = local(0);
	socklen_t len = sizeof at;
	r->port = atoi(strrchr(url, ':') + 1);
	r->listener = socket(AF_INET, SOCK_STREAM, 0);
	must((bind(r->listener, (struct sockaddr *)&at, sizeof at) | listen(r->listener, 16) | pipe(r->wake) | pipe(r->done)) == 0);
	getsockname(r->listener, (struct sockaddr *)&at, &len);
	snprintf(r->url, sizeof r->url, "ws://127.0.0.1:%d", ntohs(at.sin_port));
	must((pthread_create(&r->thread, NULL, run, r)) == 0);
	return r;
}

const char *relay_url(const relay *r)
{
	return r->url;
}

/* Returns when it is so. */
static void tell(relay *r, char command)
{
	char done;
	must(((int)write(r->wake[1], &command, 1)) == 1);
	must(((int)read(r->done[0], &done, 1)) == 1);
}

void relay_cut(relay *r)
{
	tell(r, 'c');
}

void relay_refuse(relay *r, int on)
{
	tell(r, on ? 'r' : 'a');
}

void relay_freeze(relay *r, int on)
{
	tell(r, on ? 'f' : 't');
}

void relay_stop(relay *r)
{
	tell(r, 'q');
	pthread_join(r->thread, NULL);
	close(r->listener);
	close(r->wake[0]);
	close(r->wake[1]);
	close(r->done[0]);
	close(r->done[1]);
	free(r);
}
