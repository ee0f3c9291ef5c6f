/* render.speaker.virtual: plays into nothing, as loud as it is told, and says how loud that was. */
#include <math.h>
#include <stdlib.h>

#include "../common/util.h"
#include "virtual.h"

enum { P_DEVICE, P_VOLUME };

typedef struct speaker {
	const lq_host *host;
	virtual_watch watch;
	double volume, peak; /* peak: of the last second or so */
	int told_first;
	uint64_t samples, lost; /* lost: while it was not there */
} speaker;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	char name[128];
	speaker *s = calloc(1, sizeof *s);
	if (!s)
		return LQ_ENOMEM;
	s->host = host;
	s->watch.kind = "speaker";
	s->volume = params[P_VOLUME].f;
	int r = lq__virtual_choose(host, "speaker", params[P_DEVICE].s, s->watch.id, name, sizeof name);
	if (r)
		free(s);
	else
		*self = s;
	return r;
}

static void destroy(void *self)
{
	free(self);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, LQ_SAMPLE_F32, 48000, 2 - i);
	return 0;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	speaker *s = self;
	const float *f = (const float *)(const void *)buf->planes[0];
	if (!buf->n_planes || !buf->samples)
		return 0;
	if (lq__virtual_look(&s->watch, s->host)) {
		s->lost += buf->samples;
		return 0;
	}
	double peak = s->peak * 0.98;
	for (uint32_t i = 0; i < buf->size / sizeof *f; i++)
		peak = fabs(f[i]) * s->volume > peak ? fabs(f[i]) * s->volume : peak;
	s->peak = peak;
	s->samples += buf->samples;
	if (!s->told_first)
		lq__tell(s->host, LQ_EVENT_FIRST_BUFFER, port, s->host->now(s->host), NULL);
	s->told_first = 1;
	return 0;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	if (index != P_VOLUME)
		return LQ_ENOTSUP;
	((speaker *)self)->volume = value->f;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const speaker *s = self;
	lq__stat(fn, arg, 0, "totalSamplesCount", (double)s->samples);
	lq__stat(fn, arg, 0, "droppedSamples", (double)s->lost);
	lq__stat(fn, arg, 0, "audioLevel", s->peak > 1 ? 1 : s->peak);
}

static int devices(uint32_t i, lq_device *out)
{
	return lq__virtual_device("speaker", i, out);
}

static const lq_param_desc params[] = {
	[P_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Id of the speaker; empty: the first."},
	[P_VOLUME] = {"volume", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 4, NULL, "Factor for the sound; 0: silent."},
};
static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .formats = formats, .set_param = set_param, .stats = stats};
static const lq_renderer_ops renderer_ops = {.render = render, .devices = devices};

const lq_node_desc lq__virtual_speaker = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_RENDERER, .id = "render.speaker.virtual", .summary = "A speaker that nobody hears", .rank = 10,
	.flags = LQ_NODE_LIVE, .ports = ports, .n_ports = 1, .params = params, .n_params = LQ__COUNT(params), .ops = &ops, .kind_ops = &renderer_ops};
