/* render.app: the node beside the profile's renderer that an app's frame callbacks hang on. */
#include <stdlib.h>

#include "config.h"
#include "media.h"
#include "views_private.h"

typedef struct tap {
	const lq_host *host;
	lq__view *view;
	lq__meter *meter; /* NULL: of a picture */
	lq_format format;
	int first_seen;
	double frames, freezes, frozen; /* frozen: s */
	int64_t first, last; /* arrival */
	double mean;         /* s between frames, of the last 30 or so */
} tap;

static int create(const lq_host *host, const lq_value *params, void **self)
{
	tap *t = calloc(1, sizeof *t);
	if (!t)
		return LQ_ENOMEM;
	t->host = host;
	*self = t;
	return 0;
}

static void destroy(void *self)
{
	tap *t = self;
	if (t->view)
		lq__view_unref(t->view);
	lq__meter_unref(t->meter);
	free(t);
}

int lq__tap_attach(const lq_node_desc *desc, void *self, void *view)
{
	tap *t = self;
	t->view = view;
	return 0;
}

int lq__tap_size(const lq_node_desc *desc, void *self, void *track)
{
	const tap *t = self;
	((lq__media_track *)track)->width = t->format.width;
	((lq__media_track *)track)->height = t->format.height;
	return 0;
}

int lq__tap_meter(const lq_node_desc *desc, void *self, void *meter)
{
	tap *t = self;
	t->meter = meter;
	return 0;
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	if (i > 1)
		return LQ_END;
	*out = i ? (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_AUDIO, .codec = LQ_CODEC_RAW, .sample = LQ_SAMPLE_F32}
	         : (lq_format){.struct_size = sizeof *out, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420};
	return 0;
}

static int set_format(void *self, uint32_t port, const lq_format *fmt)
{
	((tap *)self)->format = *fmt;
	return 0;
}

/* A freeze as webrtc-stats defines it: an interval longer than max(3 d, d + 150 ms), d the mean of the last 30. */
static void count(tap *t, int64_t now)
{
	if (t->frames > 0) {
		double d = (double)(now - t->last) / 1e9;
		double limit = t->mean * 3 > t->mean + 0.15 ? t->mean * 3 : t->mean + 0.15;
		if (t->frames > 5 && d > limit) {
			t->freezes++;
			t->frozen += d;
		} else {
			double n = t->frames < 30 ? t->frames : 30;
			t->mean += (d - t->mean) / n;
		}
	} else {
		t->first = now;
	}
	t->last = now;
	t->frames++;
}

static int render(void *self, uint32_t port, lq_buffer *buf)
{
	tap *t = self;
	const lq_format *f = buf->format;
	if (buf->flags & LQ_BUFFER_EOS && !buf->n_planes && !buf->size)
		return 0;
	if (t->meter && f->media == LQ_MEDIA_AUDIO)
		lq__meter_add(t->meter, (const float *)(const void *)buf->planes[0], buf->samples * f->channels);
	if (!t->view)
		return 0;
	if (!t->first_seen) {
		t->first_seen = 1;
		lq__view_first(t->view, f->width, f->height);
	}
	count(t, t->host->now(t->host));
	lq_frame frame = {.pts = buf->pts, .capture_time = buf->capture_time};
	if (f->media == LQ_MEDIA_VIDEO) {
		frame.width = f->width;
		frame.height = f->height;
		for (int i = 0; i < 3; i++) {
			frame.planes[i] = buf->planes[i];
			frame.strides[i] = buf->strides[i];
		}
	} else {
		frame.samples = (const float *)(const void *)buf->planes[0];
		frame.n_samples = buf->samples;
		frame.rate = f->rate;
		frame.channels = f->channels;
	}
	lq__view_frame(t->view, &frame);
	return 0;
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	tap *t = self;
	fn(arg, 0, &(lq_stat){"framesRendered", t->frames});
	if (t->format.media != LQ_MEDIA_VIDEO)
		return;
	double seconds = (double)(t->last - t->first) / 1e9;
	fn(arg, 0, &(lq_stat){"framesPerSecond", seconds > 0 ? (t->frames - 1) / seconds : 0});
	fn(arg, 0, &(lq_stat){"freezeCount", t->freezes});
	fn(arg, 0, &(lq_stat){"totalFreezesDuration", t->frozen});
	fn(arg, 0, &(lq_stat){"frameWidth", t->format.width});
	fn(arg, 0, &(lq_stat){"frameHeight", t->format.height});
}

static const lq_port_desc ports[] = {{"in", LQ_IN, LQ_MEDIA_NONE, 0}};
static const lq_node_ops ops = {
	.create = create,
	.destroy = destroy,
	.formats = formats,
	.set_format = set_format,
	.stats = stats,
};
static const lq_renderer_ops renderer_ops = {.render = render};
static const lq_node_desc desc = {
	.struct_size = sizeof(lq_node_desc),
	.kind = LQ_KIND_RENDERER,
	.id = LQ__TAP_ID,
	.summary = "Hands frames to the app",
	.rank = 100,
	.ports = ports,
	.n_ports = 1,
	.ops = &ops,
	.kind_ops = &renderer_ops,
};
static const lq_node_desc *const nodes[] = {&desc, &lq__mirror_desc};

const lq_plugin lq__views_plugin = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "loquat-sdk",
	.version = PACKAGE_VERSION,
	.licence = "Apache-2.0",
	.summary = "The SDK's own nodes",
	.nodes = nodes,
	.n_nodes = 2,
};
