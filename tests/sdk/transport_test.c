/* transport.test: carries packets within this process, from the port that published a track to all ports that subscribed to it. Its
 * descriptions are lines "mid track"; a receiving port's mid is "r" and the track. */
#include "plugin_test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PORTS = 64, MAX_QUEUED = 8, MAX_DATA = 4096 };

typedef struct packet {
	uint32_t size;
	int64_t pts, capture_time;
	uint8_t data[MAX_DATA];
} packet;

typedef struct tport {
	struct transport *owner;
	int used, sends, listens;
	uint32_t number, media;
	char mid[64], track[64];
	packet queue[MAX_QUEUED]; /* the oldest is dropped when full */
	unsigned first, n;
} tport;

typedef struct transport {
	const lq_host *host;
	struct transport *next;
	const lq_format *formats[2]; /* audio, video packets */
	char describe_later;
	int asked[2];
	tport ports[MAX_PORTS];
} transport;

static pthread_mutex_t air = PTHREAD_MUTEX_INITIALIZER; /* of all transports' ports */
static transport *transports;

static int transport_create(const lq_host *host, const lq_value *params, void **self)
{
	transport *t = calloc(1, sizeof *t);
	lq_format a = packet_of(LQ_MEDIA_AUDIO), v = packet_of(LQ_MEDIA_VIDEO);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	t->describe_later = (char)params[0].i;
	t->formats[0] = host->format_new(host, &a);
	t->formats[1] = host->format_new(host, &v);
	pthread_mutex_lock(&air);
	t->next = transports;
	transports = t;
	pthread_mutex_unlock(&air);
	*self = t;
	return 0;
}

static void transport_destroy(void *self)
{
	transport *t = self;
	pthread_mutex_lock(&air);
	for (transport **p = &transports; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	pthread_mutex_unlock(&air);
	t->host->format_unref(t->host, t->formats[0]);
	t->host->format_unref(t->host, t->formats[1]);
	free(t);
}

static tport *port_of(transport *t, uint32_t number)
{
	for (int i = 0; i < MAX_PORTS; i++)
		if (t->ports[i].used && t->ports[i].number == number)
			return &t->ports[i];
	return NULL;
}

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	transport *t = self;
	for (int i = 0; i < MAX_PORTS; i++) {
		tport *p = &t->ports[i];
		if (p->used)
			continue;
		pthread_mutex_lock(&air);
		memset(p, 0, sizeof *p);
		p->owner = t;
		p->used = 1;
		p->number = port;
		p->sends = tmpl < 2;
		p->media = tmpl % 2 ? LQ_MEDIA_VIDEO : LQ_MEDIA_AUDIO;
		pthread_mutex_unlock(&air);
		return 0;
	}
	return LQ_EFULL;
}

static void remove_port(void *self, uint32_t port)
{
	tport *p = port_of(self, port);
	pthread_mutex_lock(&air);
	if (p)
		p->used = 0;
	pthread_mutex_unlock(&air);
}

static int transport_formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const tport *p = port_of(self, port);
	if (i || !p)
		return LQ_END;
	*out = packet_of(p->media);
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	return 0;
}

static int transport_open(void *self, uint32_t direction, const char *url)
{
	return 0;
}

static void transport_close(void *self, uint32_t direction)
{
}

static int transport_bind(void *self, uint32_t port, const char *id)
{
	tport *p = port_of(self, port);
	if (!p)
		return LQ_ENOENT;
	pthread_mutex_lock(&air);
	snprintf(p->mid, sizeof p->mid, "%s", id);
	if (!*id)
		*p->track = 0;
	pthread_mutex_unlock(&air);
	return 0;
}

static int transport_describe(void *self, uint32_t direction, char *out, size_t size)
{
	transport *t = self;
	if (t->describe_later && !t->asked[direction]++) {
		t->host->event(t->host, &(lq_event){.struct_size = sizeof(lq_event), .type = LQ_EVENT_DESCRIPTION, .direction = direction});
		return LQ_EAGAIN;
	}
	snprintf(out, size, "test\n");
	for (int i = 0; i < MAX_PORTS; i++)
		if (t->ports[i].used && *t->ports[i].mid && t->ports[i].sends == (direction == LQ_SEND))
			snprintf(out + strlen(out), size - strlen(out), "%s\n", t->ports[i].mid);
	return 0;
}

static int transport_set_remote(void *self, uint32_t direction, const char *text)
{
	transport *t = self;
	const char *want = direction == LQ_SEND ? "answer\n" : "offer\n";
	if (strncmp(text, want, strlen(want)))
		return t->host->fail(t->host, LQ_EPARSE, "not a description of the test transport");
	pthread_mutex_lock(&air);
	for (int i = 0; i < MAX_PORTS; i++) {
		tport *p = &t->ports[i];
		char line[80];
		snprintf(line, sizeof line, "\n%.60s ", p->mid);
		const char *at = p->used && p->sends == (direction == LQ_SEND) ? strstr(text, line) : NULL;
		if (at)
			sscanf(at + strlen(line), "%63s", p->track);
	}
	pthread_mutex_unlock(&air);
	return 0;
}

static void deliver(const tport *from, const lq_buffer *b)
{
	for (transport *t = transports; t; t = t->next)
		for (int i = 0; i < MAX_PORTS; i++) {
			tport *p = &t->ports[i];
			if (!p->used || p->sends || strcmp(p->mid + (*p->mid == 'r'), from->track))
				continue;
			if (p->n == MAX_QUEUED) {
				p->first = (p->first + 1) % MAX_QUEUED;
				p->n--;
			}
			packet *k = &p->queue[(p->first + p->n++) % MAX_QUEUED];
			k->size = b->size;
			k->pts = b->pts;
			k->capture_time = b->capture_time;
			memcpy(k->data, b->planes[0], b->size);
			t->host->wake_at(t->host, 0);
		}
}

static int transport_send(void *self, uint32_t port, lq_buffer *b)
{
	const tport *p = port_of(self, port);
	if (!p || b->size > MAX_DATA || (b->flags & LQ_BUFFER_EOS && !b->size))
		return 0;
	pthread_mutex_lock(&air);
	if (*p->track)
		deliver(p, b);
	pthread_mutex_unlock(&air);
	return 0;
}

static lq_buffer *take(transport *t, tport *p)
{
	packet k = {0};
	pthread_mutex_lock(&air);
	int have = p->used && p->n;
	if (have) {
		k = p->queue[p->first];
		p->first = (p->first + 1) % MAX_QUEUED;
		p->n--;
	}
	pthread_mutex_unlock(&air);
	lq_buffer *b = have ? t->host->buffer_new(t->host, t->formats[p->media == LQ_MEDIA_VIDEO], k.size) : NULL;
	if (b) {
		memcpy(b->planes[0], k.data, k.size);
		b->pts = k.pts;
		b->capture_time = k.capture_time;
		b->flags = LQ_BUFFER_KEY;
	}
	return b;
}

static int transport_run(void *self, int64_t now)
{
	transport *t = self;
	lq_buffer *b;
	for (int i = 0; i < MAX_PORTS; i++)
		while ((b = take(t, &t->ports[i])))
			t->host->submit(t->host, t->ports[i].number, b);
	return 0;
}

static const lq_param_desc transport_params[] = {
	{.name = "describe_later", .type = LQ_PARAM_BOOL, .def = "false", .help = "The description is not there at once."},
};


static const lq_port_desc transport_ports[] = {
	{"audio", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"video", LQ_IN, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"audio", LQ_OUT, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
	{"video", LQ_OUT, LQ_MEDIA_VIDEO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
};

static const lq_node_ops transport_node = {.create = transport_create, .destroy = transport_destroy, .add_port = add_port, .remove_port = remove_port,
                                           .formats = transport_formats, .set_format = set_format, .run = transport_run};
static const lq_transport_ops transport_ops = {.open = transport_open, .close = transport_close, .bind = transport_bind,
                                               .describe = transport_describe,
                                               .set_remote = transport_set_remote, .send = transport_send};

const lq_node_desc transport_test = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_TRANSPORT,
	.id = "transport.test",
	.summary = "Carries packets within this process",
	.rank = 100,
	.flags = LQ_NODE_LIVE,
	.ports = transport_ports,
	.n_ports = sizeof transport_ports / sizeof *transport_ports,
	.params = transport_params,
	.n_params = 1,
	.ops = &transport_node,
	.kind_ops = &transport_ops,
};
