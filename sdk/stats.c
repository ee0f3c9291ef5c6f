/* Figures and drawings of a room: collected on the media thread, given to the app on its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

typedef struct figure {
	char owner[LQ__GROUP_MAX + 80];
	char name[64];
	double value;
} figure;

/* A question to the media thread that the asking thread waits for. */
typedef struct question {
	lq__task task; /* first */
	lq_room *room;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	int done, code;
	figure *figures;
	size_t n, space;
	char *dot;
	lq_room_graph_fn fn;
	void *arg;
} question;

static void add(question *q, const char *owner, const char *name, double value)
{
	if (q->n == q->space) {
		size_t space = q->space ? 2 * q->space : 128;
		figure *more = realloc(q->figures, space * sizeof *more);
		if (!more) {
			q->code = LQ_ENOMEM;
			return;
		}
		q->figures = more;
		q->space = space;
	}
	figure *f = &q->figures[q->n++];
	snprintf(f->owner, sizeof f->owner, "%s", owner);
	snprintf(f->name, sizeof f->name, "%s", name);
	f->value = value;
}

static void owner_of(const lq__media_track *t, char *out, size_t size)
{
	snprintf(out, size, "%s/%s/%s", *t->user ? t->user : "local", lq__stream_label(t->stream), lq__kind_label(t->kind));
}

/* Queues report as their nodes; what they count is not a track's. */
static int is_queue(const char *name)
{
	return !strcmp(name, "depth") || !strcmp(name, "passed") || !strcmp(name, "dropped");
}

/* What is a track's is told of its best encoding. */
static int is_further_layer(const char *node)
{
	return !strncmp(node, "publish/", 8) && strstr(node, "/" LQ__LAYER_PREFIX);
}

static void on_stat(void *arg, const char *node, uint32_t port, const char *name, double value)
{
	question *q = arg;
	lq__media *m = q->room->media;
	lq__media_track t = {0};
	char owner[sizeof((figure *)0)->owner];
	const lq__media_track *of = NULL;
	if (lq__media_is_transport(m, node)) {
		of = lq__media_port(m, LQ_RECEIVE, port);
		of = of ? of : lq__media_port(m, LQ_SEND, port);
	} else if (!is_further_layer(node) && !lq__group_parse(node, &t)) {
		of = &t;
	}
	if (of && !is_queue(name)) {
		owner_of(of, owner, sizeof owner);
		add(q, owner, name, value);
	}
	snprintf(owner, sizeof owner, "node/%s", node);
	add(q, owner, name, value);
}

/* Sums over all tracks, and the longest of the round trips. */
static void add_room(question *q)
{
	static const char *const names[] = {"bytesSent", "packetsSent", "bytesReceived", "packetsReceived", "packetsLost", "roundTripTime"};
	enum { ROUND_TRIP = 5, N = 6 };
	double sums[N] = {0};
	for (size_t k = 0; k < q->n; k++) {
		const figure *f = &q->figures[k];
		int remote_lost = !strncmp(f->owner, "local/", 6) && !strcmp(f->name, "packetsLost"); /* the other side's count of what we sent */
		for (int i = 0; i < N && strncmp(f->owner, "node/", 5) && !remote_lost; i++)
			if (!strcmp(f->name, names[i]))
				sums[i] = i < ROUND_TRIP ? sums[i] + f->value : f->value > sums[i] ? f->value : sums[i];
	}
	for (int i = 0; i < N; i++)
		add(q, "room", i < ROUND_TRIP ? names[i] : "currentRoundTripTime", sums[i]);
	pthread_mutex_lock(&q->room->lock);
	double members = q->room->n_members;
	pthread_mutex_unlock(&q->room->lock);
	add(q, "room", "members", members);
	add(q, "room", "duration", lq__room_elapsed(q->room) / 1000.0);
}

static void answer(question *q)
{
	pthread_mutex_lock(&q->lock);
	q->done = 1;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
}

static void run_stats(lq__task *task)
{
	question *q = (question *)task;
	if (q->room->media) {
		lq_graph_stats(lq__media_graph(q->room->media), on_stat, q);
		add_room(q);
	} else {
		q->code = LQ_ESTATE;
	}
	answer(q);
}

static void run_dot(lq__task *task)
{
	question *q = (question *)task;
	if (q->room->media)
		q->dot = lq_graph_dot(lq__media_graph(q->room->media));
	answer(q);
}

static void run_fn(lq__task *task)
{
	question *q = (question *)task;
	q->code = q->room->media ? q->fn(lq__media_graph(q->room->media), q->arg) : LQ_ESTATE;
	answer(q);
}

static void ask(question *q, lq_room *room, void (*run)(lq__task *))
{
	q->room = room;
	q->task.run = run;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->answered, NULL);
	lq__tasks_post(&room->engine->media, &q->task);
	pthread_mutex_lock(&q->lock);
	while (!q->done)
		pthread_cond_wait(&q->answered, &q->lock);
	pthread_mutex_unlock(&q->lock);
	pthread_cond_destroy(&q->answered);
	pthread_mutex_destroy(&q->lock);
}

int lq_room_stats(lq_room *room, lq_stats_cb fn, void *user_data)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	question q = {0};
	if (!room || !fn)
		return LQ_EINVAL;
	/* The media thread may be waiting for the very loop that this callback holds up. */
	if (lq__inside_of(room->engine) == LQ__INSIDE_FRAME)
		return LQ_EREENTRANT;
	ask(&q, room, run_stats);
	for (size_t i = 0; !q.code && i < q.n; i++)
		fn(q.figures[i].owner, q.figures[i].name, q.figures[i].value, user_data);
	free(q.figures);
	return q.code;
}

char *lq_room_graph(lq_room *room)
{
	if (lq__is_dead(room))
		return NULL;
	question q = {0};
	if (!room || lq__inside_of(room->engine) == LQ__INSIDE_FRAME)
		return NULL;
	ask(&q, room, run_dot);
	return q.dot;
}

int lq_room_with_graph(lq_room *room, lq_room_graph_fn fn, void *arg)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	question q = {.fn = fn, .arg = arg};
	if (!room || !fn)
		return LQ_EINVAL;
	if (lq__inside_of(room->engine) == LQ__INSIDE_FRAME)
		return LQ_EREENTRANT;
	ask(&q, room, run_fn);
	return q.code;
}
