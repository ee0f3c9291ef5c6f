/* filter.audiomix: adds any number of inputs up, in ticks of 10 ms of the graph's clock.
 *
 * Each input has a short ring of its own. A sample is heard when it is due, or as soon as it can when it comes late; what runs dry is filled
 * with silence, what piles up is cut out in blended steps of 5 ms. So clocks that differ never add delay, and every correction is counted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "input.h"

enum { PORT_IN, PORT_OUT, FIRST_PORT, MAX_INPUTS = 64 };
enum { P_GAIN, P_LEVEL_MS, P_SLACK };
#define TICK_NS (10 * LQ_MSEC)
#define MAX_CATCH_UP 10 /* ticks; a longer stop of the whole program is left out */
#define KNEE 0.8f       /* louder than this is bent so that nothing exceeds 1 */

typedef struct mixer {
	const lq_host *host;
	const lq_format *out;
	struct { uint32_t port; mix_input *in; } inputs[MAX_INPUTS];
	uint32_t n;
	float gain;
	int64_t level_interval, next_level;
	int64_t next; /* tick */
	int64_t slack; /* how long after its time a tick leaves */
	int running;
	uint64_t ticks, skipped, clipped;
} mixer;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	mixer *m = calloc(1, sizeof *m);
	if (!m)
		return LQ_ENOMEM;
	m->host = host;
	m->gain = (float)params[P_GAIN].f;
	m->level_interval = params[P_LEVEL_MS].i * LQ_MSEC;
	m->slack = params[P_SLACK].i * LQ_MSEC;
	*self = m;
	return 0;
}

static void destroy(void *self)
{
	mixer *m = self;
	for (uint32_t i = 0; i < m->n; i++)
		free(m->inputs[i].in);
	lq__format_drop(m->host, &m->out);
	free(m);
}

static mix_input *find(mixer *m, uint32_t port)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->inputs[i].port == port)
			return m->inputs[i].in;
	return NULL;
}

static int add_port(void *self, uint32_t tmpl, uint32_t port)
{
	mixer *m = self;
	if (m->n == MAX_INPUTS)
		return m->host->fail(m->host, LQ_EFULL, "the mixer has at most %d inputs", MAX_INPUTS);
	mix_input *in = malloc(sizeof *in);
	if (!in)
		return LQ_ENOMEM;
	mix_input_init(in);
	m->inputs[m->n].port = port;
	m->inputs[m->n++].in = in;
	return 0;
}

static void remove_port(void *self, uint32_t port)
{
	mixer *m = self;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->inputs[i].port == port) {
			free(m->inputs[i].in);
			m->inputs[i] = m->inputs[--m->n];
			return;
		}
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	static const struct { uint32_t sample, channels; } table[] = {
		{LQ_SAMPLE_F32, 2}, {LQ_SAMPLE_F32, 1}, {LQ_SAMPLE_S16, 2}, {LQ_SAMPLE_S16, 1}};
	if (i >= (port == PORT_OUT ? 2 : LQ__COUNT(table)))
		return LQ_END;
	*out = lq__audio_format(LQ_CODEC_RAW, table[i].sample, MIX_RATE, table[i].channels);
	return 0;
}

static int fits(const lq_format *f)
{
	return f->codec == LQ_CODEC_RAW && f->rate == MIX_RATE && f->channels >= 1 && f->channels <= 2 &&
	       (f->sample == LQ_SAMPLE_F32 || f->sample == LQ_SAMPLE_S16);
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	mixer *m = self;
	if (!fits(fmt) || (port == PORT_OUT && fmt->sample != LQ_SAMPLE_F32))
		return m->host->fail(m->host, LQ_EFORMAT, "the mixer works with raw sound of 48000 Hz with 1 or 2 channels");
	return port == PORT_OUT ? lq__format_replace(m->host, &m->out, fmt) : 0;
}

static int start(void *self)
{
	mixer *m = self;
	m->running = 1;
	m->next = m->host->now(m->host);
	m->next_level = m->next;
	m->host->wake_at(m->host, m->next + m->slack);
	return 0;
}

static void stop(void *self)
{
	mixer *m = self;
	m->running = 0;
}

static float soft_clip(mixer *m, float v)
{
	float size = fabsf(v);
	if (size <= KNEE)
		return v;
	m->clipped++;
	return copysignf(KNEE + (1 - KNEE) * tanhf((size - KNEE) / (1 - KNEE)), v);
}

static void write_out(mixer *m, float mix[MIX_TICK][2], float *to)
{
	for (uint32_t i = 0; i < MIX_TICK; i++)
		if (m->out->channels == 2) {
			to[2 * i] = soft_clip(m, mix[i][0]);
			to[2 * i + 1] = soft_clip(m, mix[i][1]);
		} else {
			to[i] = soft_clip(m, 0.5f * (mix[i][0] + mix[i][1]));
		}
}

static int tick(mixer *m, int64_t time)
{
	float mix[MIX_TICK][2];
	int64_t capture_time = LQ_TIME_NONE, t;
	uint32_t heard = 0;
	memset(mix, 0, sizeof mix);
	for (uint32_t i = 0; i < m->n; i++)
		if (mix_input_pull(m->inputs[i].in, time, m->gain, mix, &t)) {
			capture_time = heard++ ? LQ_TIME_NONE : t; /* the mix of several has none */
		}
	lq_buffer *buf = m->host->buffer_new(m->host, m->out, MIX_TICK * m->out->channels * 4);
	if (!buf)
		return LQ_ENOMEM;
	write_out(m, mix, (float *)(void *)buf->planes[0]);
	buf->samples = MIX_TICK;
	buf->pts = time;
	buf->duration = TICK_NS;
	buf->capture_time = capture_time;
	buf->flags = LQ_BUFFER_KEY;
	buf->priority = 2;
	m->ticks++;
	return lq__submit(m->host, PORT_OUT, buf);
}

static void tell_levels(mixer *m, int64_t now)
{
	if (!m->level_interval || now < m->next_level)
		return;
	m->next_level = now + m->level_interval;
	for (uint32_t i = 0; i < m->n; i++) {
		float peak = m->inputs[i].in->peak;
		lq__tell(m->host, LQ_EVENT_LEVEL, m->inputs[i].port, (int64_t)(1000 * (peak > 1 ? 1 : peak)), NULL);
		m->inputs[i].in->peak = 0;
	}
}

static int run(void *self, int64_t wall)
{
	mixer *m = self;
	int64_t now = wall - m->slack;
	int r = 0;
	if (!m->running || !m->out)
		return 0;
	if (now - m->next > MAX_CATCH_UP * TICK_NS) {
		int64_t skip = (now - m->next) / TICK_NS;
		m->skipped += (uint64_t)skip;
		m->next += skip * TICK_NS;
	}
	while (m->next <= now && !r) {
		r = tick(m, m->next);
		m->next += TICK_NS;
	}
	tell_levels(m, now);
	m->host->wake_at(m->host, m->next + m->slack);
	return r;
}

static int process(void *self, uint32_t port, lq_buffer *buf)
{
	mixer *m = self;
	mix_input *in = find(m, port);
	if (!in)
		return m->host->fail(m->host, LQ_EINVAL, "the mixer has no input %u", port);
	if (!fits(buf->format))
		return set_format(m, port, buf->format);
	mix_input_push(in, buf);
	return 0;
}

static int set_param(void *self, uint32_t index, const lq_value *value)
{
	mixer *m = self;
	if (index != P_GAIN)
		return LQ_ENOTSUP;
	m->gain = (float)value->f;
	return 0;
}

static int event(void *self, const lq_event *e)
{
	mix_input *in = find(self, e->port);
	if (e->type != LQ_EVENT_INPUT_GAIN || !in)
		return LQ_ENOTSUP;
	in->wanted = (float)lq__clamp(e->value, 0, 16000) / 1000;
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const mixer *m = self;
	lq__stat(fn, arg, PORT_OUT, "ticks", (double)m->ticks);
	lq__stat(fn, arg, PORT_OUT, "ticksSkipped", (double)m->skipped);
	lq__stat(fn, arg, PORT_OUT, "samplesClipped", (double)m->clipped);
	for (uint32_t i = 0; i < m->n; i++) {
		const mix_input *in = m->inputs[i].in;
		uint32_t port = m->inputs[i].port;
		lq__stat(fn, arg, port, "totalSamplesReceived", (double)in->received);
		lq__stat(fn, arg, port, "samplesPlayed", (double)in->played);
		lq__stat(fn, arg, port, "silentSamples", (double)in->silence);
		lq__stat(fn, arg, port, "underruns", (double)in->underruns);
		lq__stat(fn, arg, port, "samplesOverflowed", (double)in->overflow);
		lq__stat(fn, arg, port, "removedSamplesForAcceleration", (double)in->removed);
		lq__stat(fn, arg, port, "samplesWaiting", in->n);
	}
}

static const lq_param_desc params[] = {
	[P_GAIN] = {"gain", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 16, NULL, "Factor for all inputs."},
	[P_LEVEL_MS] = {"level_ms", LQ_PARAM_INT, 0, "ms", "0", 0, 60000, NULL, "How often each input's peak is told to the app (LEVEL); 0: never."},
	[P_SLACK] = {"slack", LQ_PARAM_INT, 0, "ms", "0", 0, 200, NULL, "A tick leaves so long after its time, so that what comes late is still in its place."},
};
static const lq_port_desc ports[] = {[PORT_IN] = {"in", LQ_IN, LQ_MEDIA_AUDIO, LQ_PORT_MANY | LQ_PORT_OPTIONAL},
                                     [PORT_OUT] = {"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops ops = {.create = create, .destroy = destroy, .add_port = add_port, .remove_port = remove_port, .formats = formats,
                                .set_format = set_format, .start = start, .stop = stop, .run = run, .set_param = set_param, .event = event, .stats = stats};
static const lq_filter_ops filter_ops = {.process = process};

static const lq_node_desc node = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_FILTER, .id = "filter.audiomix", .summary = "Mixes any number of sounds into one", .rank = 100,
	.flags = LQ_NODE_LIVE | LQ_NODE_PURE, .ports = ports, .n_ports = LQ__COUNT(ports), .params = params, .n_params = LQ__COUNT(params), .ops = &ops,
	.kind_ops = &filter_ops};
static const lq_node_desc *const nodes[] = {&node};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin), .abi_minor = LQ_ABI_MINOR, .name = "audiomix", .version = "0.1", .licence = "Apache-2.0",
	.summary = "Audio mixer", .nodes = nodes, .n_nodes = LQ__COUNT(nodes)};
