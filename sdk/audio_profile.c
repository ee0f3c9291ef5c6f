/* Audio profiles: what the microphone and the encoder of our sound are set to, before and while they run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "choices.h"
#include "handles.h"
#include "room.h"
#include "room_task.h"

static const struct {
	const char *channels;
	lq_param_text encoder[6];
} profiles[] = {
	[LQ_AUDIO_SPEECH] = {"1", {{"bitrate", "24000"}, {"application", "voip"}, {"frame_ms", "20"}, {"fec", "true"}, {"dtx", "true"}, {"channels", "1"}}},
	[LQ_AUDIO_STANDARD] = {"1", {{"bitrate", "48000"}, {"application", "voip"}, {"frame_ms", "20"}, {"fec", "true"}, {"dtx", "false"}, {"channels", "1"}}},
	[LQ_AUDIO_MUSIC] = {"1", {{"bitrate", "96000"}, {"application", "audio"}, {"frame_ms", "20"}, {"fec", "false"}, {"dtx", "false"}, {"channels", "1"}}},
	[LQ_AUDIO_MUSIC_STEREO] = {"2", {{"bitrate", "160000"}, {"application", "audio"}, {"frame_ms", "20"}, {"fec", "false"}, {"dtx", "false"}, {"channels", "2"}}},
};
enum { ENCODER_PARAMS = 6 };

/* Those that a node has. */
static size_t known_params(const lq_node_desc *desc, const lq_param_text *all, size_t n, lq_param_text *out)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < desc->n_params; k++)
			if (!strcmp(desc->params[k].name, all[i].name))
				out[kept++] = all[i];
	return kept;
}

void lq__audio_profile_overrides(lq_audio_profile profile, lq__choice_list *out)
{
	if (!profile)
		return;
	out->channels = (lq_param_text){"channels", profiles[profile].channels};
	out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_CAPTURE, .params = &out->channels, .n_params = 1};
	out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_FILTER, .params = &out->channels, .n_params = 1};
	out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_CODEC, .params = profiles[profile].encoder, .n_params = ENCODER_PARAMS};
}

/* The first node of a kind that our sound goes through, up to its encoder; NULL: there is none. */
static lq_node *first_behind(lq_node *source, uint32_t kind)
{
	lq_link *l;
	for (int i = 0; source && i < 8 && lq_node_descriptor(source)->kind != kind && lq_node_descriptor(source)->kind != LQ_KIND_CODEC; i++) {
		lq_node *next = NULL;
		for (uint32_t k = 0; !next && (l = lq_node_link(source, LQ_OUT, k)); k++)
			next = lq_node_descriptor(lq_link_to(l))->kind == LQ_KIND_RENDERER ? NULL : lq_link_to(l);
		source = next;
	}
	return source && lq_node_descriptor(source)->kind == kind ? source : NULL;
}

static int is_set(const lq_node *node, const lq_param_text *params, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *now = lq_node_param(node, params[i].name);
		if (!now || strcmp(now, params[i].value))
			return 0;
	}
	return 1;
}

static int replace(lq_edit *edit, lq_node *node, const lq_param_text *all, size_t n, int *any, lq_diag *diag)
{
	lq_param_text params[ENCODER_PARAMS];
	size_t kept = node ? known_params(lq_node_descriptor(node), all, n, params) : 0;
	if (!kept || is_set(node, params, kept))
		return 0;
	*any = 1;
	return lq_edit_replace(edit, node, &(lq_node_config){.params = params, .n_params = kept}, "audio profile", diag, NULL);
}

int lq__media_audio_profile(lq__media *m, const lq__media_track *t, lq_audio_profile profile, lq_diag *diag)
{
	lq_edit *edit;
	const lq_param_text channels = {"channels", profiles[profile].channels};
	int any = 0;
	lq_node *source = lq__media_has(m, t) ? lq__media_source(m, t) : NULL, *encoder = first_behind(source, LQ_KIND_CODEC);
	if (!source)
		return 0;
	if (!encoder)
		return lq_diag_add(diag, LQ_ENOTSUP, "audio profile", "the sound comes encoded");
	int r = lq_edit_create(lq__media_graph(m), &edit);
	if (r)
		return r;
	r = replace(edit, source, &channels, 1, &any, diag);
	if (!r)
		r = replace(edit, first_behind(source, LQ_KIND_FILTER), &channels, 1, &any, diag);
	if (!r)
		r = replace(edit, encoder, profiles[profile].encoder, ENCODER_PARAMS, &any, diag);
	if (!r && any)
		r = lq_edit_commit(edit, 0, diag);
	lq_edit_destroy(edit);
	return r;
}

/* ---- requests ---- */

static void work(lq__job *job)
{
	lq_room *room = job->room;
	lq_diag *diag = lq_diag_create();
	for (int s = 0; diag && room->media && !job->code && s < LQ__STREAMS; s++) {
		lq__media_track t = {.stream = (lq_stream)s, .kind = LQ_AUDIO};
		job->code = lq__media_audio_profile(room->media, &t, (lq_audio_profile)job->muted, diag);
		if (!job->code)
			lq__volume_apply(room, room->media, &t);
	}
	if (job->code)
		snprintf(job->error, sizeof job->error, "%s", lq_diag_count(diag) ? lq_diag_text(diag, 0) : lq_error_text(job->code));
	lq_diag_destroy(diag);
}

static void tell(lq_room *room, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CHANGED, .kind = LQ_AUDIO, .name = "audio_profile", .code = code, .text = text});
}

static void done(lq__job *job)
{
	tell(job->room, job->code, job->error);
	lq__job_free(job);
}

/* [control thread] */
static void apply(lq_room *room)
{
	pthread_mutex_lock(&room->lock);
	lq_audio_profile profile = room->choices.audio_profile;
	pthread_mutex_unlock(&room->lock);
	if (!room->active || room->finishing) {
		tell(room, 0, "");
		return;
	}
	lq__job *job = lq__job_new(room, 0, work, done);
	if (!job) {
		tell(room, LQ_ENOMEM, lq_error_text(LQ_ENOMEM));
		return;
	}
	job->muted = (int)profile;
	lq__job_post(job);
}

int lq_audio_profile_set(lq_room *room, lq_audio_profile profile)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || profile < LQ_AUDIO_SPEECH || profile > LQ_AUDIO_MUSIC_STEREO)
		return LQ_EINVAL;
	pthread_mutex_lock(&room->lock);
	room->choices.audio_profile = profile;
	pthread_mutex_unlock(&room->lock);
	return lq__room_run(room, apply);
}

int lq_audio_route_set(lq_room *room, lq_audio_route route)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room || route < LQ_ROUTE_SPEAKER || route > LQ_ROUTE_BLUETOOTH)
		return LQ_EINVAL;
	return LQ_ENOTSUP;
}
