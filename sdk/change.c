/* lq_stream_swap and its kin: checked at once, done on the media thread, told by LQ_ON_CHANGED. */
#include "change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <loquat/log.h>

#include "choices.h"
#include "room.h"

void lq__change_free(lq__change *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n_settings; i++) {
		free((char *)c->settings[i].name);
		free((char *)c->settings[i].value);
	}
	free(c->node);
	free(c->use);
	free(c->name);
	free(c->before);
	free(c);
}

static int copy(const char *from, char **to)
{
	return from && !(*to = strdup(from)) ? LQ_ENOMEM : 0;
}

static int copy_settings(lq__change *c, const lq_setting *settings, uint32_t n)
{
	for (; c->n_settings < n; c->n_settings++) {
		lq_param_text *to = &c->settings[c->n_settings];
		to->name = strdup(settings[c->n_settings].name);
		to->value = strdup(settings[c->n_settings].value);
		if (!to->name || !to->value) {
			c->n_settings++;
			return LQ_ENOMEM;
		}
	}
	return 0;
}

static int are_good(const lq_setting *settings, uint32_t n)
{
	if (n > LQ__SETTINGS_MAX || (n && !settings))
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (!settings[i].name || !settings[i].value)
			return 0;
	return 1;
}

static int change_new(lq__change_type type, const char *node, const char *use, const char *name, const lq_setting *settings, uint32_t n, lq__change **out)
{
	if (!node || !*node || (use && !*use) || !are_good(settings, n))
		return LQ_EINVAL;
	lq__change *c = calloc(1, sizeof *c);
	if (!c)
		return LQ_ENOMEM;
	c->type = type;
	int r = copy(node, &c->node);
	if (!r)
		r = copy(use, &c->use);
	if (!r)
		r = copy(name, &c->name);
	if (!r)
		r = copy_settings(c, settings, n);
	if (r)
		lq__change_free(c);
	else
		*out = c;
	return r;
}

static void tell(lq_room *room, const lq__media_track *t, const char *node, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_CHANGED, .user = t->user, .stream = t->stream, .kind = t->kind, .name = node, .code = code,
	                                     .text = text});
}

/* Chosen devices are kept for later where nothing runs. */
static int is_device(const lq__change *c)
{
	return c->type == LQ__CHANGE_SOURCE || c->type == LQ__CHANGE_SPEAKER;
}

static void done(lq__job *job)
{
	const lq__change *c = job->change;
	if (job->code && is_device(c))
		lq__choice_failed(job->room, &job->tracks[0], c);
	tell(job->room, &job->tracks[0], c->name ? c->name : c->node, job->code, job->error);
	lq__job_free(job);
}

/* [control thread] */
void lq__room_change(lq_room *room, const lq__media_track *track, lq__change *c)
{
	const char *node = c->name ? c->name : c->node;
	int may = !room->finishing && (room->active || is_device(c)); /* a preview may run before the room is joined */
	lq__job *job = may ? lq__job_new(room, 1, lq__work_change, done) : NULL;
	if (!job) {
		int code = may ? LQ_ENOMEM : is_device(c) ? 0 : LQ_ESTATE;
		tell(room, track, node, code, !code ? "" : code == LQ_ESTATE ? "the stream does not run: the room is not joined" : lq_error_text(code));
		lq__change_free(c);
		return;
	}
	job->tracks[0] = *track;
	job->change = c;
	lq__job_post(job);
}

int lq_stream_swap(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *node, const char *use, const lq_setting *settings,
                   uint32_t n_settings)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq__change *c;
	if (!use && !n_settings)
		return LQ_EINVAL; /* nothing would change */
	int r = change_new(LQ__CHANGE_SWAP, node, use, NULL, settings, n_settings, &c);
	return r ? r : lq__room_request_change(room, user, stream, kind, c);
}

int lq_stream_insert(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *behind, const char *name, const char *use,
                     const lq_setting *settings, uint32_t n_settings)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq__change *c;
	if (!name || !*name || strlen(name) > 63 || strpbrk(name, "/.") || !use)
		return LQ_EINVAL;
	int r = change_new(LQ__CHANGE_INSERT, behind, use, name, settings, n_settings, &c);
	return r ? r : lq__room_request_change(room, user, stream, kind, c);
}

int lq_stream_take_out(lq_room *room, const char *user, lq_stream stream, lq_track_kind kind, const char *node)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq__change *c;
	int r = change_new(LQ__CHANGE_TAKE_OUT, node, NULL, NULL, NULL, 0, &c);
	return r ? r : lq__room_request_change(room, user, stream, kind, c);
}
