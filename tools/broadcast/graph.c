#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../overlay.h"

static int is(const target *t, const char *use)
{
	return !strcmp(t->use, use);
}

/* WebRTC has Opus and nothing else. */
static int wants_opus(const target *t)
{
	return is(t, "transport.whip");
}

static json_t *target_node(const spec *s, const target *t)
{
	json_t *params = json_pack("{s:o}", "url", strstr(t->url, "://") ? json_string(t->url) : overlay_path(t->url));
	if (!is(t, "transport.file") && !is(t, "transport.whip"))
		json_object_set_new(params, "give_up", json_integer(s->give_up * 1000));
	return json_pack("{s:s, s:s, s:o}", "use", t->use, "loop", "out", "params", params);
}

static void add_target(json_t *shared, const spec *s, int i)
{
	char name[16], audio[24], video[24];
	const target *t = &s->targets[i];
	snprintf(name, sizeof name, TARGET_NODE "%d", i);
	snprintf(audio, sizeof audio, "%s.audio", name);
	snprintf(video, sizeof video, "%s.video", name);
	overlay_node(shared, name, target_node(s, t));
	overlay_chain(shared, json_pack("[s, s]", wants_opus(t) ? "oenc" : "aenc", audio));
	overlay_chain(shared, json_pack("[s, s]", "venc", video));
}

/* Only what somebody takes is encoded. */
static void add_sound(json_t *shared, const spec *s)
{
	int opus = 0, aac = 0;
	for (int i = 0; i < s->n_targets; i++)
		*(wants_opus(&s->targets[i]) ? &opus : &aac) = 1;
	json_object_set_new(shared, "chains", json_pack("[[s, s]]", "compose", "venc"));
	if (aac)
		overlay_chain(shared, json_pack("[s, s]", "mix", "aenc"));
	else
		json_object_del(json_object_get(shared, "nodes"), "aenc");
	if (opus) {
		overlay_node(shared, "oenc", json_pack("{s:s, s:{s:s, s:s}}", "use", "codec.opus.enc", "params", "application", "audio", "channels", "2"));
		overlay_chain(shared, json_pack("[s, s]", "mix", "oenc"));
	}
	if (s->audio_bitrate) {
		overlay_param(shared, "aenc", "bitrate", json_integer(s->audio_bitrate));
		overlay_param(shared, "oenc", "bitrate", json_integer(s->audio_bitrate));
	}
}

static void lay_over(json_t *shared, const spec *s)
{
	add_sound(shared, s);
	for (int i = 0; i < s->n_targets; i++)
		add_target(shared, s, i);
	if (s->size)
		overlay_param(shared, "compose", "size", json_string(s->size));
	if (*s->fps)
		overlay_param(shared, "compose", "fps", json_string(s->fps));
	if (s->bitrate)
		overlay_param(shared, "venc", "bitrate", json_integer(s->bitrate));
	if (s->layout) {
		char *text = json_dumps(s->layout, JSON_COMPACT);
		overlay_param(shared, "compose", "layout", json_string(text));
		free(text);
	}
}

char *broadcast_patch(const spec *s, lq_diag *diag)
{
	overlay over;
	char *out = NULL;
	if (overlay_open(&over, BROADCAST_PROFILE, diag))
		return NULL;
	lay_over(overlay_graph(&over, "shared"), s);
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
