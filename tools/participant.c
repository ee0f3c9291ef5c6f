#include "participant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overlay.h"

/* Replaces the head of each chain that begins with `node`. */
static void replace_head(json_t *graph, const char *node, const char *with, const char *then)
{
	json_t *chain;
	size_t i;
	json_array_foreach(json_object_get(graph, "chains"), i, chain) {
		const char *head = json_string_value(json_array_get(chain, 0));
		if (!head || strcmp(head, node))
			continue;
		json_array_set_new(chain, 0, json_string(with));
		if (then)
			json_array_insert_new(chain, 1, json_string(then));
	}
}

/* One file gives sound and picture, so it is one node, in the graph that is built once per room. */
static void use_file(json_t *shared, json_t *publish, const char *file)
{
	overlay_node(shared, "file", json_pack("{s:s, s:s, s:{s:o}}", "use", "capture.file", "loop", "video", "params", "file", overlay_path(file)));
	overlay_node(publish, "stamp", json_pack("{s:s, s:s}", "use", "filter.barcode", "loop", "video"));
	replace_head(publish, "mic", "file.audio", NULL);
	replace_head(publish, "cam", "file.video", "stamp");
	json_object_del(json_object_get(publish, "nodes"), "mic");
	json_object_del(json_object_get(publish, "nodes"), "cam");
	json_object_del(json_object_get(publish, "queues"), "cam->venc");
}

static void set_queue(json_t *graph, const char *key, json_t *queue)
{
	json_t *queues = json_object_get(graph, "queues");
	if (!queues) {
		queues = json_object();
		json_object_set_new(graph, "queues", queues);
	}
	json_object_set_new(queues, key, queue);
}

/* A node keeps its parameters where it becomes one of these. */
static void set_use(json_t *graph, const char *node, json_t *use)
{
	json_object_set_new(json_object_get(json_object_get(graph, "nodes"), node), "use", use);
}

/* A node goes, and what leads to it; what it stood between is linked. */
static void drop_node(json_t *graph, const char *name)
{
	json_t *chains = json_object_get(graph, "chains");
	size_t n = strlen(name);
	for (size_t i = json_array_size(chains); i-- > 0;) {
		json_t *chain = json_array_get(chains, i);
		for (size_t k = json_array_size(chain); k-- > 0;) {
			const char *e = json_string_value(json_array_get(chain, k));
			if (e && !strncmp(e, name, n) && (!e[n] || e[n] == '.'))
				json_array_remove(chain, k);
		}
		if (json_array_size(chain) < 2)
			json_array_remove(chains, i);
	}
	json_object_del(json_object_get(graph, "nodes"), name);
}

/* Both tracks from one node; MPEG-TS brings them in pieces of half a second. */
static void use_source(json_t *shared, json_t *publish, const participant_options *o)
{
	int is_file = strstr(o->source, "://") == NULL, anew = o->codec || o->bitrate;
	overlay_node(shared, "in", json_pack("{s:s, s:s, s:{s:o, s:b, s:s}}", "use", "capture.url", "loop", "video", "params", "url",
	                                 is_file ? overlay_path(o->source) : json_string(o->source), "loop", o->loop, "b_frames", anew ? "decode" : "pass"));
	drop_node(publish, "aec"); /* nobody hears our speaker there */
	replace_head(publish, "mic", "in.audio", NULL);
	replace_head(publish, "cam", "in.video", NULL);
	json_object_del(json_object_get(publish, "nodes"), "mic");
	json_object_del(json_object_get(publish, "nodes"), "cam");
	json_object_del(json_object_get(publish, "queues"), "cam->venc");
	set_use(publish, "aenc", json_pack("[s, s]", "filter.relay", "codec.opus.enc"));
	if (!anew)
		set_use(publish, "venc", json_pack("[s, s]", "filter.relay", "codec.h264.enc"));
	else if (!o->codec)
		set_use(publish, "venc", json_string("codec.h264.enc"));
	if (o->bitrate)
		overlay_param(publish, "venc", "bitrate", json_integer(o->bitrate));
	set_queue(publish, "in->venc", json_pack("{s:i}", "buffers", 60));
	set_queue(publish, "in->aenc", json_pack("{s:i}", "buffers", 200));
	set_queue(publish, "venc->net", json_pack("{s:i, s:s}", "ms", 2000, "policy", "drop-to-keyframe"));
	set_queue(publish, "aenc->net", json_pack("{s:i, s:s}", "ms", 2000, "policy", "drop-oldest"));
}

static void use_test_sources(json_t *publish, const participant_options *o)
{
	overlay_node(publish, "mic", json_pack("{s:s, s:s}", "use", "capture.tone", "loop", "audio"));
	overlay_node(publish, "cam", json_pack("{s:s, s:s, s:{}}", "use", "capture.pattern", "loop", "video", "params"));
	overlay_param(publish, "cam", "size", json_string("640x360"));
	if (o->label)
		overlay_param(publish, "cam", "label", json_string(o->label));
}

static void use_nulls(json_t *shared, json_t *subscribe)
{
	overlay_node(shared, "speaker", json_pack("{s:s, s:s}", "use", "render.null", "loop", "audio"));
	overlay_node(subscribe, "window", json_pack("{s:s, s:s}", "use", "render.null", "loop", "video"));
}

/* "use" is one id or a list of them. */
static int uses(json_t *graph, const char *node, const char *id)
{
	json_t *use = json_object_get(json_object_get(json_object_get(graph, "nodes"), node), "use"), *one;
	size_t i;
	json_array_foreach(use, i, one)
		if (json_is_string(one) && !strcmp(json_string_value(one), id))
			return 1;
	return json_is_string(use) && !strcmp(json_string_value(use), id);
}

static void name_window(json_t *subscribe, const participant_options *o)
{
	char title[160];
	if (!uses(subscribe, "window", "render.window"))
		return; /* a profile of one's own may show pictures otherwise */
	snprintf(title, sizeof title, "%s sees", o->label ? o->label : "loquat");
	overlay_param(subscribe, "window", "title", json_string(title));
	overlay_param(subscribe, "window", "size", json_string(o->size ? o->size : "640x360"));
}

int participant_knows_codec(const char *codec)
{
	return !strcmp(codec, "h264") || !strcmp(codec, "vp8") || !strcmp(codec, "vp9");
}

static void use_codec(json_t *publish, const char *codec)
{
	char use[64];
	json_t *old = json_object_get(json_object_get(json_object_get(publish, "nodes"), "venc"), "params");
	json_t *bitrate = json_incref(json_object_get(old, "bitrate"));
	snprintf(use, sizeof use, "codec.%s.enc", codec);
	overlay_node(publish, "venc", json_pack("{s:s, s:s, s:{}}", "use", use, "loop", "video", "params"));
	if (bitrate)
		overlay_param(publish, "venc", "bitrate", bitrate);
}

static void keep_what_arrives(json_t *shared, json_t *subscribe, const participant_options *o)
{
	if (o->record) {
		overlay_node(shared, "record", json_pack("{s:s, s:s, s:{s:o}}", "use", "render.file", "loop", "record", "params", "file", overlay_path(o->record)));
		overlay_chain(subscribe, json_pack("[s, s]", "net.audio", "record.audio"));
		overlay_chain(subscribe, json_pack("[s, s]", "net.video", "record.video"));
	}
	if (o->snapshot) {
		overlay_node(subscribe, "snapshot",
		         json_pack("{s:s, s:s, s:{s:o}}", "use", "render.snapshot", "loop", "record", "params", "file", overlay_path(o->snapshot)));
		overlay_chain(subscribe, json_pack("[s, s]", "vdec", "snapshot"));
	}
}

static void lay_over(overlay *over, const participant_options *o)
{
	json_t *shared = overlay_graph(over, "shared"), *publish = overlay_graph(over, "publish"), *subscribe = overlay_graph(over, "subscribe");
	if (!o->devices && !o->input && !o->source)
		use_test_sources(publish, o);
	if (o->size)
		overlay_param(publish, "cam", "size", json_string(o->size));
	if (o->fps)
		overlay_param(publish, "cam", "fps", json_string(o->fps));
	if (o->input)
		use_file(shared, publish, o->input);
	if (o->codec)
		use_codec(publish, o->codec);
	if (o->source)
		use_source(shared, publish, o);
	if (o->headless)
		use_nulls(shared, subscribe);
	else
		name_window(subscribe, o);
	if (!o->headless && !o->devices)
		overlay_node(shared, "speaker", json_pack("{s:s, s:s}", "use", "render.null", "loop", "audio"));
	if (o->record || o->snapshot)
		json_object_set_new(json_object_get(over->now, "loops"), "record", json_object());
	keep_what_arrives(shared, subscribe, o);
}

char *participant_patch(const participant_options *o, lq_diag *diag)
{
	overlay over;
	char *out = NULL;
	if (overlay_open(&over, o->profile, diag))
		return NULL;
	if (overlay_graph(&over, "shared") && overlay_graph(&over, "publish") && overlay_graph(&over, "subscribe")) {
		lay_over(&over, o);
		out = overlay_patch(&over);
	} else {
		lq_diag_add(diag, LQ_EINVAL, o->profile, "this is no profile of a call: it needs the graphs shared, publish and subscribe");
	}
	overlay_close(&over);
	return out;
}
