#include "participant.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <loquat/profile.h>

/* Files in a profile are relative to the profile; on the command line they are relative to where one is. */
static json_t *absolute(const char *file)
{
	char cwd[PATH_MAX], path[2 * PATH_MAX];
	if (*file == '/' || !getcwd(cwd, sizeof cwd))
		return json_string(file);
	snprintf(path, sizeof path, "%s/%s", cwd, file);
	return json_string(path);
}

static json_t *graph_of(json_t *profile, const char *name)
{
	return json_object_get(json_object_get(profile, "graphs"), name);
}

static void set_node(json_t *graph, const char *name, json_t *node)
{
	json_object_set_new(json_object_get(graph, "nodes"), name, node);
}

static void set_param(json_t *graph, const char *node, const char *param, json_t *value)
{
	json_t *n = json_object_get(json_object_get(graph, "nodes"), node);
	json_t *params = json_object_get(n, "params");
	if (n && !params) {
		params = json_object();
		json_object_set_new(n, "params", params);
	}
	if (params)
		json_object_set_new(params, param, value);
	else
		json_decref(value);
}

static void add_chain(json_t *graph, const char *from, const char *to)
{
	json_array_append_new(json_object_get(graph, "chains"), json_pack("[s, s]", from, to));
}

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
	set_node(shared, "file", json_pack("{s:s, s:s, s:{s:o}}", "use", "capture.file", "loop", "video", "params", "file", absolute(file)));
	set_node(publish, "stamp", json_pack("{s:s, s:s}", "use", "filter.barcode", "loop", "video"));
	replace_head(publish, "mic", "file.audio", NULL);
	replace_head(publish, "cam", "file.video", "stamp");
	json_object_del(json_object_get(publish, "nodes"), "mic");
	json_object_del(json_object_get(publish, "nodes"), "cam");
	json_object_del(json_object_get(publish, "queues"), "cam->venc");
}

static void use_test_sources(json_t *publish, const participant_options *o)
{
	set_node(publish, "mic", json_pack("{s:s, s:s}", "use", "capture.tone", "loop", "audio"));
	set_node(publish, "cam", json_pack("{s:s, s:s, s:{}}", "use", "capture.pattern", "loop", "video", "params"));
	set_param(publish, "cam", "size", json_string("640x360"));
	if (o->label)
		set_param(publish, "cam", "label", json_string(o->label));
}

static void use_nulls(json_t *shared, json_t *subscribe)
{
	set_node(shared, "speaker", json_pack("{s:s, s:s}", "use", "render.null", "loop", "audio"));
	set_node(subscribe, "window", json_pack("{s:s, s:s}", "use", "render.null", "loop", "video"));
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
	set_param(subscribe, "window", "title", json_string(title));
	set_param(subscribe, "window", "size", json_string(o->size ? o->size : "640x360"));
}

static void use_codec(json_t *publish, const char *codec)
{
	char use[64];
	json_t *old = json_object_get(json_object_get(json_object_get(publish, "nodes"), "venc"), "params");
	json_t *bitrate = json_incref(json_object_get(old, "bitrate"));
	snprintf(use, sizeof use, "codec.%s.enc", codec);
	set_node(publish, "venc", json_pack("{s:s, s:s, s:{}}", "use", use, "loop", "video", "params"));
	if (bitrate)
		set_param(publish, "venc", "bitrate", bitrate);
}

static void keep_what_arrives(json_t *shared, json_t *subscribe, const participant_options *o)
{
	if (o->record) {
		set_node(shared, "record", json_pack("{s:s, s:s, s:{s:o}}", "use", "render.file", "loop", "record", "params", "file", absolute(o->record)));
		add_chain(subscribe, "net.audio", "record.audio");
		add_chain(subscribe, "net.video", "record.video");
	}
	if (o->snapshot) {
		set_node(subscribe, "snapshot",
		         json_pack("{s:s, s:s, s:{s:o}}", "use", "render.snapshot", "loop", "record", "params", "file", absolute(o->snapshot)));
		add_chain(subscribe, "vdec", "snapshot");
	}
}

static void lay_over(json_t *profile, const participant_options *o)
{
	json_t *shared = graph_of(profile, "shared"), *publish = graph_of(profile, "publish"), *subscribe = graph_of(profile, "subscribe");
	if (!o->devices && !o->input)
		use_test_sources(publish, o);
	if (o->size)
		set_param(publish, "cam", "size", json_string(o->size));
	if (o->fps)
		set_param(publish, "cam", "fps", json_string(o->fps));
	if (o->input)
		use_file(shared, publish, o->input);
	if (o->codec)
		use_codec(publish, o->codec);
	if (o->headless)
		use_nulls(shared, subscribe);
	else
		name_window(subscribe, o);
	if (!o->headless && !o->devices)
		set_node(shared, "speaker", json_pack("{s:s, s:s}", "use", "render.null", "loop", "audio"));
	if (o->record || o->snapshot)
		json_object_set_new(json_object_get(profile, "loops"), "record", json_object());
	keep_what_arrives(shared, subscribe, o);
}

/* A merge patch cannot say "drop this member" by leaving it out: what the original has and the new one has not becomes null. */
static void nulls_for_missing(json_t *now, const json_t *before)
{
	const char *key;
	json_t *old;
	json_object_foreach((json_t *)before, key, old) {
		json_t *new = json_object_get(now, key);
		if (!new)
			json_object_set_new(now, key, json_null());
		else if (json_is_object(new) && json_is_object(old))
			nulls_for_missing(new, old);
	}
}

char *participant_patch(const participant_options *o, lq_diag *diag)
{
	lq_profile *profile = NULL;
	if (lq_profile_load(o->profile, diag, &profile))
		return NULL;
	char *text = lq_profile_json(profile), *out = NULL;
	json_t *before = text ? json_loads(text, 0, NULL) : NULL;
	json_t *now = before ? json_deep_copy(before) : NULL;
	if (graph_of(now, "shared") && graph_of(now, "publish") && graph_of(now, "subscribe")) {
		lay_over(now, o);
		nulls_for_missing(now, before);
		out = json_dumps(now, JSON_COMPACT);
	} else {
		lq_diag_add(diag, LQ_EINVAL, o->profile, "this is no profile of a call: it needs the graphs shared, publish and subscribe");
	}
	json_decref(before);
	json_decref(now);
	free(text);
	lq_profile_destroy(profile);
	return out;
}
