/* capture.camera.virtual and capture.microphone.virtual: the test picture and the test tone as devices with names, which differ in picture and pitch, and can
 * be pulled out. They wrap capture.pattern and capture.tone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/util.h"
#include "testsrc_nodes.h"
#include "virtual.h"

enum { C_DEVICE, C_SIZE, C_FPS };
enum { M_DEVICE, M_RATE, M_CHANNELS, M_VOLUME };
enum { MAX_VALUES = 16 }; /* parameters of what is wrapped */

typedef struct source {
	const lq_host *host;
	const lq_node_desc *inner_desc;
	void *inner;
	virtual_watch watch;
	double volume; /* of a microphone: 1 is the tone's own amplitude */
} source;

static lq_value *value_of(const lq_node_desc *desc, lq_value *values, const char *name)
{
	uint32_t i = 0;
	while (strcmp(desc->params[i].name, name))
		i++;
	values[i].type = desc->params[i].type;
	return &values[i];
}

static source *source_new(const lq_host *host, const lq_node_desc *inner, const char *kind)
{
	source *s = calloc(1, sizeof *s);
	if (s) {
		s->host = host;
		s->inner_desc = inner;
		s->watch.kind = kind;
	}
	return s;
}

static int made(source *s, int r, const lq_value *values, void **self)
{
	if (!r)
		r = s->inner_desc->n_params > MAX_VALUES ? LQ_ERANGE : s->inner_desc->ops->create(s->host, values, &s->inner);
	if (r)
		free(s);
	else
		*self = s;
	return r;
}

/* ---- the camera ---- */

static int create_camera(const lq_host *host, const lq_value *params, void **self)
{
	source *s = source_new(host, &lq__pattern, "camera");
	lq_value values[MAX_VALUES] = {0};
	char name[128];
	if (!s)
		return LQ_ENOMEM;
	int r = lq__virtual_choose(host, "camera", params[C_DEVICE].s, s->watch.id, name, sizeof name);
	*value_of(&lq__pattern, values, "size") = params[C_SIZE];
	*value_of(&lq__pattern, values, "fps") = params[C_FPS];
	value_of(&lq__pattern, values, "pattern")->i = lq__virtual_hash(s->watch.id) % 2; /* moving or bars */
	value_of(&lq__pattern, values, "barcode")->i = 1;
	value_of(&lq__pattern, values, "flash")->i = 0;
	value_of(&lq__pattern, values, "label")->s = s->watch.id;
	return made(s, r, values, self);
}

/* ---- the microphone ---- */

#define LOUDNESS 0.2

/* A tone of its own for each: 300 to 1,550 Hz in steps that are told apart. */
static double pitch(const char *id)
{
	return 300 + 50 * (lq__virtual_hash(id) % 26);
}

static int create_microphone(const lq_host *host, const lq_value *params, void **self)
{
	source *s = source_new(host, &lq__tone, "microphone");
	lq_value values[MAX_VALUES] = {0};
	char name[128];
	if (!s)
		return LQ_ENOMEM;
	int r = lq__virtual_choose(host, "microphone", params[M_DEVICE].s, s->watch.id, name, sizeof name);
	*value_of(&lq__tone, values, "rate") = params[M_RATE];
	*value_of(&lq__tone, values, "channels") = params[M_CHANNELS];
	value_of(&lq__tone, values, "frequency")->f = pitch(s->watch.id);
	value_of(&lq__tone, values, "volume")->f = LOUDNESS * params[M_VOLUME].f;
	value_of(&lq__tone, values, "chirp")->i = 0;
	value_of(&lq__tone, values, "frame_ms")->i = 0;
	value_of(&lq__tone, values, "sample")->i = 0;
	return made(s, r, values, self);
}

static int set_volume(void *self, uint32_t index, const lq_value *value)
{
	source *s = self;
	lq_value values[MAX_VALUES] = {0};
	lq_value *v = value_of(&lq__tone, values, "volume");
	if (index != M_VOLUME)
		return LQ_ENOTSUP;
	v->f = LOUDNESS * value->f;
	return lq__tone.ops->set_param(s->inner, (uint32_t)(v - values), v);
}

/* ---- both ---- */

static void destroy(void *self)
{
	source *s = self;
	s->inner_desc->ops->destroy(s->inner);
	free(s);
}

static int formats(void *self, uint32_t port, uint32_t i, lq_format *out)
{
	const source *s = self;
	return s->inner_desc->ops->formats(s->inner, port, i, out);
}

static int start(void *self)
{
	source *s = self;
	s->watch.gone = 0;
	s->watch.next = 0;
	if (!lq__virtual_is_there(s->watch.kind, s->watch.id))
		return s->host->fail(s->host, LQ_ENODEV, "the virtual %s %s has gone", s->watch.kind, s->watch.id);
	return s->inner_desc->ops->start(s->inner);
}

static int read_source(void *self, int64_t deadline, int64_t *next)
{
	source *s = self;
	int r = lq__virtual_look(&s->watch, s->host);
	return r ? r : ((const lq_capture_ops *)s->inner_desc->kind_ops)->read(s->inner, deadline, next);
}

static void stats(void *self, lq_stat_fn fn, void *arg)
{
	const source *s = self;
	s->inner_desc->ops->stats(s->inner, fn, arg);
}

static int cameras(uint32_t i, lq_device *out)
{
	return lq__virtual_device("camera", i, out);
}

static int microphones(uint32_t i, lq_device *out)
{
	return lq__virtual_device("microphone", i, out);
}

static const lq_param_desc camera_params[] = {
	[C_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Id of the camera; empty: the first."},
	[C_SIZE] = {"size", LQ_PARAM_SIZE, 0, "pixels", "1280x720", 16, 8192, NULL, "Size of the picture."},
	[C_FPS] = {"fps", LQ_PARAM_FRACTION, 0, "1/s", "30/1", 0, 0, NULL, "Frame rate."},
};
static const lq_param_desc microphone_params[] = {
	[M_DEVICE] = {"device", LQ_PARAM_STRING, 0, NULL, "", 0, 0, NULL, "Id of the microphone; empty: the first."},
	[M_RATE] = {"rate", LQ_PARAM_INT, 0, "Hz", "48000", 8000, 192000, NULL, "Samples a second."},
	[M_CHANNELS] = {"channels", LQ_PARAM_INT, 0, NULL, "1", 1, 2, NULL, "1 or 2, both with the same sound."},
	[M_VOLUME] = {"volume", LQ_PARAM_FLOAT, LQ_PARAM_RUNTIME, NULL, "1", 0, 4, NULL, "Factor for the sound; 0: silent."},
};
static const lq_port_desc video_ports[] = {{"out", LQ_OUT, LQ_MEDIA_VIDEO, 0}};
static const lq_port_desc audio_ports[] = {{"out", LQ_OUT, LQ_MEDIA_AUDIO, 0}};
static const lq_node_ops camera_ops = {.create = create_camera, .destroy = destroy, .formats = formats, .start = start, .stats = stats};
static const lq_node_ops microphone_ops = {
	.create = create_microphone, .destroy = destroy, .formats = formats, .start = start, .set_param = set_volume, .stats = stats};
static const lq_capture_ops camera_capture = {.devices = cameras, .read = read_source};
static const lq_capture_ops microphone_capture = {.devices = microphones, .read = read_source};

const lq_node_desc lq__virtual_camera = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.camera.virtual", .summary = "A camera that shows a test picture",
	.rank = 10, .flags = LQ_NODE_LIVE, .ports = video_ports, .n_ports = 1, .params = camera_params, .n_params = LQ__COUNT(camera_params),
	.ops = &camera_ops, .kind_ops = &camera_capture};
const lq_node_desc lq__virtual_microphone = {
	.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_CAPTURE, .id = "capture.microphone.virtual", .summary = "A microphone that hears a test tone",
	.rank = 10, .flags = LQ_NODE_LIVE, .ports = audio_ports, .n_ports = 1, .params = microphone_params, .n_params = LQ__COUNT(microphone_params),
	.ops = &microphone_ops, .kind_ops = &microphone_capture};
