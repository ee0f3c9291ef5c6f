#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../overlay.h"

#define OPUS_RATE 128000

static int is(const target *t, const char *use)
{
	return !strcmp(t->use, use);
}

static int ends(const target *t, const char *ending)
{
	size_t n = strlen(ending), length = strlen(t->url);
	return is(t, "transport.file") && length > n && !strcmp(t->url + length - n, ending);
}

/* ---- targets ---- */

static json_t *target_node(const spec *s, const target *t)
{
	json_t *params = json_pack("{s:o}", "url", strstr(t->url, "://") ? json_string(t->url) : overlay_path(t->url));
	if (is(t, "transport.whip") && s->n_targets > 1) /* one weak server is not to spoil the picture of all */
		json_object_set_new(params, "adapt", json_false());
	if (s->ca_file && (is(t, "transport.rtmp") || is(t, "transport.whip")))
		json_object_set_new(params, "ca_file", overlay_path(s->ca_file));
	if (!is(t, "transport.file"))
		json_object_set_new(params, "give_up", json_integer(s->give_up * 1000));
	if (s->user && !is(t, "transport.whip")) /* who is sent on comes with one track after the other */
		json_object_set_new(params, "tracks", json_string("both"));
	return json_pack("{s:s, s:s, s:o}", "use", t->use, "loop", "out", "params", params);
}

static void target_name(int i, const char *port, char out[24])
{
	snprintf(out, 24, TARGET_NODE "%d%s%s", i, *port ? "." : "", port);
}

static void add_targets(json_t *shared, const spec *s)
{
	char name[24];
	for (int i = 0; i < s->n_targets; i++) {
		target_name(i, "", name);
		overlay_node(shared, name, target_node(s, &s->targets[i]));
	}
}

static void feed(json_t *graph, const char *from, int i, const char *port)
{
	char to[24];
	target_name(i, port, to);
	overlay_chain(graph, json_pack("[s, s]", from, to));
}

/* What both kinds of broadcast encode by. */
static void set_rates(json_t *graph, const spec *s)
{
	if (s->size)
		overlay_param(graph, "compose", "size", json_string(s->size));
	if (*s->fps)
		overlay_param(graph, "compose", "fps", json_string(s->fps));
	if (s->bitrate)
		overlay_param(graph, "venc", "bitrate", json_integer(s->bitrate));
	if (s->audio_bitrate)
		overlay_param(graph, "aenc", "bitrate", json_integer(s->audio_bitrate));
}

/* ---- a mix ---- */

/* WebRTC has Opus and nothing else. */
static int wants_opus(const target *t)
{
	return is(t, "transport.whip");
}

/* Only what somebody takes is encoded. */
static void encode_sound(json_t *shared, const spec *s)
{
	int opus = 0, aac = 0;
	for (int i = 0; i < s->n_targets; i++)
		*(wants_opus(&s->targets[i]) ? &opus : &aac) = 1;
	if (aac)
		overlay_chain(shared, json_pack("[s, s]", "mix", "aenc"));
	else
		json_object_del(json_object_get(shared, "nodes"), "aenc");
	if (!opus)
		return;
	overlay_node(shared, "oenc", json_pack("{s:s, s:{s:s, s:s, s:i}}", "use", "codec.opus.enc", "params", "application", "audio", "channels", "2",
	             "bitrate", s->audio_bitrate ? (int)s->audio_bitrate : OPUS_RATE));
	overlay_chain(shared, json_pack("[s, s]", "mix", "oenc"));
}

static void mix(json_t *shared, const spec *s)
{
	json_object_set_new(shared, "chains", json_pack("[[s, s]]", "compose", "venc"));
	encode_sound(shared, s);
	for (int i = 0; i < s->n_targets; i++) {
		feed(shared, wants_opus(&s->targets[i]) ? "oenc" : "aenc", i, "audio");
		feed(shared, "venc", i, "video");
	}
	if (s->layout) {
		char *text = json_dumps(s->layout, JSON_COMPACT);
		overlay_param(shared, "compose", "layout", json_string(text));
		free(text);
	}
}

/* ---- one member's stream ---- */

/* Targets that carry the same codecs share what is made for them. A codec that they carry goes on as it is; from any other the picture is put on a canvas of a fixed
 * size, so that a change of its size is none for the target. */
static const struct carrier {
	const char *name, *codecs, *encoder;
} carriers[] = {{"a", "h264", "codec.h264.enc"}, {"b", "h264 vp9", "codec.h264.enc"}, {"c", "h264 vp8 vp9", NULL}, {"d", "vp8 vp9", "codec.vp8.enc"}};

static int carrier_of(const target *t)
{
	return ends(t, ".mkv") ? 2 : ends(t, ".webm") ? 3 : ends(t, ".mp4") ? 1 : 0;
}

/* Opus goes on as it is where players of such a target know it; else it becomes AAC. */
static int keeps_opus(const target *t)
{
	return wants_opus(t) || ends(t, ".mkv") || ends(t, ".webm") || ends(t, ".mp4");
}

/* `use` or one of the others, which have those parameters. */
static json_t *either(const char *loop, const char *use, const char *const *others, const char *codecs, const json_t *params)
{
	json_t *list = json_pack("[s]", use), *all = json_copy((json_t *)params);
	for (; *others; others++)
		json_array_append_new(list, json_string(*others));
	json_object_set_new(all, "codecs", json_string(codecs));
	return json_pack("{s:o, s:s, s:o}", "use", list, "loop", loop, "params", all);
}

static json_t *params_of(json_t *graph, const char *node)
{
	return json_object_get(json_object_get(json_object_get(graph, "nodes"), node), "params");
}

static void add_carrier(json_t *subscribe, json_t *shared, const struct carrier *c)
{
	static const char *const decoders[] = {"codec.h264.dec", "codec.vp8.dec", "codec.vp9.dec", NULL}, *const canvas[] = {"filter.compose", NULL};
	const char *const encoder[] = {c->encoder, NULL};
	char in[16], on[16], out[16];
	json_t *none = json_object(), *rate = json_copy(params_of(shared, "venc"));
	json_object_del(rate, "buffer_ms"); /* which only H.264 has here */
	int is_h264 = c->encoder && !strcmp(c->encoder, "codec.h264.enc");
	snprintf(in, sizeof in, "in_%s", c->name);
	snprintf(on, sizeof on, "on_%s", c->name);
	snprintf(out, sizeof out, "out_%s", c->name);
	overlay_node(subscribe, in, either("video", "filter.forward", decoders, c->codecs, none));
	overlay_node(subscribe, on, either("canvas", "filter.forward", canvas, c->codecs, params_of(shared, "compose")));
	overlay_node(subscribe, out, either("canvas", "filter.forward", encoder, c->codecs, !c->encoder ? none : is_h264 ? params_of(shared, "venc") : rate));
	overlay_param(subscribe, on, "ask_interval", json_integer(0));
	overlay_param(subscribe, out, "ask_interval", json_integer(0));
	overlay_chain(subscribe, json_pack("[s, s, s, s]", "net.video", in, on, out));
	json_decref(none);
	json_decref(rate);
}

/* Through a mixer, which fills what is missing with silence. */
static void make_aac(json_t *subscribe, json_t *shared)
{
	overlay_node(subscribe, "level", json_incref(json_object_get(json_object_get(shared, "nodes"), "mix")));
	overlay_node(subscribe, "aenc", json_incref(json_object_get(json_object_get(shared, "nodes"), "aenc")));
	overlay_chain(subscribe, json_pack("[s, s, s, s]", "net.audio", "adec", "level", "aenc"));
}

static void forward(json_t *shared, json_t *subscribe, const spec *s)
{
	static const char *const of_a_mix[] = {"mix", "compose", "venc", "aenc"};
	int opus = 0, aac = 0, used[sizeof carriers / sizeof *carriers] = {0};
	json_object_set_new(subscribe, "chains", json_array());
	json_object_set_new(subscribe, "queues", json_object());
	json_object_del(json_object_get(subscribe, "nodes"), "vdec");
	for (int i = 0; i < s->n_targets; i++) {
		const target *t = &s->targets[i];
		char from[16];
		int c = carrier_of(t), *sound = keeps_opus(t) ? &opus : &aac;
		if (!used[c]++)
			add_carrier(subscribe, shared, &carriers[c]);
		snprintf(from, sizeof from, "out_%s", carriers[c].name);
		feed(subscribe, from, i, "video");
		if (!(*sound)++ && sound == &aac)
			make_aac(subscribe, shared);
		if (sound == &opus && opus == 1) {
			overlay_node(subscribe, "opus", json_pack("{s:s, s:s}", "use", "filter.forward", "loop", "audio"));
			overlay_chain(subscribe, json_pack("[s, s]", "net.audio", "opus"));
		}
		feed(subscribe, sound == &opus ? "opus" : "aenc", i, "audio");
	}
	if (!aac)
		json_object_del(json_object_get(subscribe, "nodes"), "adec");
	for (size_t i = 0; i < sizeof of_a_mix / sizeof *of_a_mix; i++)
		json_object_del(json_object_get(shared, "nodes"), of_a_mix[i]);
	json_object_set_new(shared, "chains", json_array());
}

/* ---- both ---- */

static void lay_over(const overlay *over, const spec *s)
{
	json_t *shared = overlay_graph(over, "shared");
	set_rates(shared, s);
	add_targets(shared, s);
	if (s->user)
		forward(shared, overlay_graph(over, "subscribe"), s);
	else
		mix(shared, s);
}

char *broadcast_patch(const spec *s, lq_diag *diag)
{
	overlay over;
	char *out = NULL;
	if (overlay_open(&over, BROADCAST_PROFILE, diag))
		return NULL;
	lay_over(&over, s);
	if (!(out = overlay_patch(&over)))
		lq_diag_add(diag, LQ_ENOMEM, BROADCAST_PROFILE, "out of memory");
	overlay_close(&over);
	return out;
}

int broadcast_target(const spec *s, const char *node)
{
	int i, end = 0;
	return sscanf(node, TARGET_NODE "%d%n", &i, &end) == 1 && !node[end] && i >= 0 && i < s->n_targets ? i : -1;
}
