#include "server/egress/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <loquat/log.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"

#define TURN_BYTES (128 * 1024) /* read at most in one turn of the loop; more than a pipe holds */

struct lq__process {
	lq__link link;
	lq__processes *all;
	void *arg;
	pid_t pid;
	int in, out; /* our ends: a socket, since the end of its other side is then seen as any socket's; a pipe */
	struct lws *in_wsi, *out_wsi; /* NULL: closed */
	char *queue; /* what it has not taken yet */
	size_t queued;
	int closing;
};

/* ---- input ---- */

static void let_go(struct lws **wsi)
{
	if (*wsi) {
		lws_set_opaque_user_data(*wsi, NULL);
		lws_set_timeout(*wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	}
	*wsi = NULL;
}

static void flush(lq__process *p)
{
	ssize_t n = p->queued && p->in_wsi ? send(p->in, p->queue, p->queued, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
	if (n > 0) {
		memmove(p->queue, p->queue + n, p->queued - (size_t)n);
		p->queued -= (size_t)n;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		p->queued = 0; /* it does not read any more, and will end */
	if (p->queued && p->in_wsi)
		lws_callback_on_writable(p->in_wsi);
	if (!p->queued && p->closing && p->in_wsi)
		shutdown(p->in, SHUT_WR);
}

int lq__process_tell(lq__process *p, const json_t *command)
{
	size_t n = json_dumpb(command, NULL, 0, JSON_COMPACT);
	if (!p->in_wsi || p->closing || p->queued + n + 1 > LQ_PROCESS_QUEUE_MAX)
		return LQ_EAGAIN;
	char *queue = lq__realloc(p->queue, p->queued + n + 1);
	if (!n || !queue)
		return LQ_ENOMEM;
	p->queue = queue;
	json_dumpb(command, queue + p->queued, n, JSON_COMPACT);
	queue[p->queued + n] = '\n';
	p->queued += n + 1;
	flush(p);
	return 0;
}

void lq__process_close_input(lq__process *p)
{
	p->closing = 1;
	flush(p);
}

/* ---- output ---- */

static void read_some(lq__process *p)
{
	char bytes[16384];
	ssize_t n;
	for (size_t sum = 0; sum < TURN_BYTES && (n = read(p->out, bytes, sizeof bytes)) > 0; sum += (size_t)n)
		p->all->received(p->arg, bytes, (size_t)n);
}

int lq__process_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	lq__process *p = lws_get_opaque_user_data(wsi);
	if (!p)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_RAW_RX_FILE:
		if (wsi == p->out_wsi)
			read_some(p);
		return wsi == p->in_wsi; /* what can be read there is its end */
	case LWS_CALLBACK_RAW_WRITEABLE_FILE:
		if (wsi == p->in_wsi)
			flush(p);
		return 0;
	case LWS_CALLBACK_RAW_CLOSE_FILE: /* libwebsockets closes the descriptor */
		if (wsi == p->out_wsi) {
			read_some(p);
			p->out_wsi = NULL;
		} else {
			p->in_wsi = NULL;
		}
		return 0;
	default:
		return 0;
	}
}

/* ---- life ---- */

static int adopt(lq__process *p, int fd, struct lws **out)
{
	lws_sock_file_fd_type either = {.filefd = fd};
	*out = lws_adopt_descriptor_vhost(p->all->vhost, LWS_ADOPT_RAW_FILE_DESC, either, LQ_PROCESS_PROTOCOL, NULL); /* closes it if it fails */
	if (!*out)
		return -1;
	lws_set_opaque_user_data(*out, p);
	return 0;
}

/* Its environment is ours, but for the secrets, which it need not know. */
static char **environment(void)
{
	extern char **environ;
	size_t n = 0, kept = 0;
	while (environ[n])
		n++;
	char **copy = lq__calloc(n + 1, sizeof *copy);
	for (size_t i = 0; copy && i < n; i++)
		if (strncmp(environ[i], "LQ_SECRET=", 10) && strncmp(environ[i], "LQ_WEBHOOK_SECRET=", 18))
			copy[kept++] = environ[i];
	return copy;
}

/* A group of its own, so that a terminal's Ctrl-C is for us alone, who end it in order. SIGPIPE stays ignored as it is here: it must not kill a process
 * that still has files to close when we are gone. */
static int spawn(const lq__processes *all, int in, int out, pid_t *pid)
{
	char *argv[] = {"loquat", "broadcast", "--status-json", "--commands", NULL}, **env = environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int e = ENOMEM;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	if (env && !posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) && !posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) &&
	    !posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) && (!all->dir || !posix_spawn_file_actions_addchdir_np(&actions, all->dir)))
		e = posix_spawn(pid, all->program, &actions, &attributes, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	lq__free(env);
	return e;
}

static int start(lq__process *p, int in[2], int out[2], char *error, size_t size)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC) || fcntl(out[0], F_SETFL, O_NONBLOCK)) {
		snprintf(error, size, "no pipes for another process: %m");
		return LQ_EFULL;
	}
	int e = spawn(p->all, in[1], out[1], &p->pid);
	if (e) {
		snprintf(error, size, "%s does not start: %s", p->all->program, strerror(e));
		return LQ_ENOENT;
	}
	return 0;
}

static void close_ends(int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

int lq__process_start(lq__processes *all, void *arg, lq__process **out, char *error, size_t size)
{
	int in[2] = {-1, -1}, said[2] = {-1, -1};
	lq__process *p = lq__calloc(1, sizeof *p);
	if (!p) {
		snprintf(error, size, "the server is out of memory");
		return LQ_ENOMEM;
	}
	p->all = all;
	p->arg = arg;
	int e = start(p, in, said, error, size);
	if (e) {
		close_ends(in);
		close_ends(said);
		lq__free(p);
		return e;
	}
	close(in[1]);
	close(said[1]);
	p->in = in[0];
	p->out = said[0];
	lq__list_append(&all->all, &p->link);
	if (adopt(p, p->in, &p->in_wsi) | adopt(p, p->out, &p->out_wsi)) /* then it cannot be told or heard, and is gone soon */
		lq__process_kill(p);
	*out = p;
	return 0;
}

void lq__process_kill(lq__process *p)
{
	kill(-p->pid, SIGKILL); /* with its helpers */
}

static void gone(lq__process *p, int status)
{
	if (p->out_wsi)
		read_some(p);
	let_go(&p->in_wsi);
	let_go(&p->out_wsi);
	p->all->exited(p->arg, status);
	lq__list_remove(&p->link);
	lq__free(p->queue);
	lq__free(p);
}

void lq__processes_reap(lq__processes *all)
{
	int status;
	LQ__EACH(lq__process, p, &all->all, link)
		if (waitpid(p->pid, &status, WNOHANG) == p->pid)
			gone(p, status);
}
