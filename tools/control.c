/* The serving side of the control socket: one thread, a bounded number of clients, JSON lines. */
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <loquat/log.h>

#include "tool.h"

typedef struct client {
	int fd; /* -1: free */
	char *in;
	size_t n_in;
	char *out; /* the answer that is under way; nothing is read before it has gone */
	size_t n_out, sent;
	int64_t until;
} client;

struct control {
	control_config config;
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	int listening, wake;
	pthread_t thread;
	client clients[CONTROL_CLIENTS];
};

static void drop(client *c)
{
	close(c->fd);
	free(c->in);
	free(c->out);
	*c = (client){.fd = -1};
}

static int send_some(client *c)
{
	while (c->sent < c->n_out) {
		ssize_t n = send(c->fd, c->out + c->sent, c->n_out - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0)
			return -1;
		c->sent += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	c->n_out = c->sent = 0;
	return 0;
}

/* Takes the answer's reference. */
static int answer_with(client *c, json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (!text)
		return -1;
	size_t n = strlen(text);
	c->out = realloc(text, n + 2);
	if (!c->out) {
		free(text);
		return -1;
	}
	c->out[n] = '\n';
	c->n_out = n + 1;
	return send_some(c);
}

static json_t *refusal(const char *why)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", why);
}

static json_t *answer_line(const control *ctl, const char *line, size_t n)
{
	json_error_t error;
	json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
	json_t *answer = request ? control_answer(&ctl->config, request) : refusal("a request is one JSON object on one line");
	json_decref(request);
	return answer;
}

/* Answers what has come whole, one request after the other. */
static int answer_requests(const control *ctl, client *c)
{
	char *end;
	while (!c->out && (end = memchr(c->in, '\n', c->n_in))) {
		size_t n = (size_t)(end - c->in);
		c->until = tool_now() + CONTROL_IDLE_MS * LQ_MSEC;
		if (answer_with(c, answer_line(ctl, c->in, n)))
			return -1;
		c->n_in -= n + 1;
		memmove(c->in, end + 1, c->n_in);
	}
	if (c->out || c->n_in < CONTROL_REQUEST_MAX)
		return 0;
	answer_with(c, refusal("the request is too long"));
	return -1;
}

static int receive(const control *ctl, client *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, CONTROL_REQUEST_MAX - c->n_in, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	c->n_in += (size_t)n;
	return answer_requests(ctl, c);
}

static void serve(const control *ctl, client *c, short events)
{
	int bad = 0;
	if (c->out) {
		bad = events & (POLLOUT | POLLHUP | POLLERR) ? send_some(c) : 0;
		if (!bad && !c->out)
			bad = answer_requests(ctl, c);
	} else if (events) {
		bad = receive(ctl, c);
	}
	if (bad || tool_now() > c->until)
		drop(c);
}

static void welcome(control *ctl)
{
	int fd = accept4(ctl->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	client *c = NULL;
	if (fd < 0)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (ctl->clients[i].fd < 0)
			c = &ctl->clients[i];
	client extra = {.fd = fd};
	if (!c) {
		answer_with(&extra, refusal("too many ask at the same time"));
		drop(&extra);
		return;
	}
	*c = (client){.fd = fd, .in = malloc(CONTROL_REQUEST_MAX), .until = tool_now() + CONTROL_IDLE_MS * LQ_MSEC};
	if (!c->in)
		drop(c);
}

static void *serve_all(void *arg)
{
	control *ctl = arg;
	for (;;) {
		struct pollfd p[2 + CONTROL_CLIENTS] = {{.fd = ctl->wake, .events = POLLIN}, {.fd = ctl->listening, .events = POLLIN}};
		for (int i = 0; i < CONTROL_CLIENTS; i++)
			p[2 + i] = (struct pollfd){.fd = ctl->clients[i].fd, .events = ctl->clients[i].out ? POLLOUT : POLLIN};
		if (poll(p, 2 + CONTROL_CLIENTS, 1000) < 0 && errno != EINTR)
			break;
		if (p[0].revents)
			break;
		for (int i = 0; i < CONTROL_CLIENTS; i++)
			if (p[2 + i].fd >= 0)
				serve(ctl, &ctl->clients[i], p[2 + i].revents);
		if (p[1].revents)
			welcome(ctl);
	}
	return NULL;
}

/* The socket gets its name when it listens already, so that nobody takes it for one that was left behind. */
static int listen_at(control *c, const char *folder, const char **why)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	snprintf(c->path, sizeof c->path, "%.80s/%d.sock", folder, (int)getpid());
	snprintf(addr.sun_path, sizeof addr.sun_path, "%.80s/.%d.sock", folder, (int)getpid());
	int other = control_connect(c->path);
	if (other >= 0) {
		close(other);
		*why = "a process of the same number serves there";
		return -1;
	}
	c->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(addr.sun_path);
	if (c->listening < 0 || bind(c->listening, (struct sockaddr *)&addr, sizeof addr) || chmod(addr.sun_path, 0600) || listen(c->listening, 16) ||
	    rename(addr.sun_path, c->path)) {
		*why = strerror(errno);
		unlink(addr.sun_path);
		return -1;
	}
	return 0;
}

static void end(control *c)
{
	if (c->listening >= 0)
		close(c->listening);
	if (c->wake >= 0)
		close(c->wake);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd >= 0)
			drop(&c->clients[i]);
	free(c);
}

static control *refuse(control *c, const char *place, const char *why)
{
	lq_log(LQ_LOG_WARNING, "control", "there is no control socket: %s: %s", place, why);
	if (c)
		end(c);
	return NULL;
}

control *control_start(const control_config *config)
{
	char folder[PATH_MAX];
	const char *why = "out of memory";
	control *c = calloc(1, sizeof *c);
	if (!c)
		return refuse(NULL, "control", why);
	c->config = *config;
	c->listening = -1;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = -1;
	c->wake = eventfd(0, EFD_CLOEXEC);
	if (control_folder(1, folder, sizeof folder, &why) || listen_at(c, folder, &why))
		return refuse(c, folder, why);
	int r = pthread_create(&c->thread, NULL, serve_all, c);
	if (!r)
		return c;
	unlink(c->path);
	return refuse(c, folder, strerror(r));
}

void control_stop(control *c)
{
	if (!c)
		return;
	unlink(c->path);
	if (eventfd_write(c->wake, 1))
		perror("loquat");
	pthread_join(c->thread, NULL);
	end(c);
}
