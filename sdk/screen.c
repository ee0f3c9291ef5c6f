/* The screen as our sub stream, and what a stream of ours is made from. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

enum { PREVIEW_WIDTH = 640, PREVIEW_HEIGHT = 480, SCREEN_FPS = 15 };

/* With the lock held. */
static void screen_choice(const lq__screen *s, lq_track_kind kind, lq__choice_list *out)
{
	const char *use = out->n ? out->device.use : "capture.screen", *display = *s->display || !out->n ? s->display : out->device.device;
	if (kind == LQ_AUDIO && out->n)
		return; /* the app chose where the sound comes from */
	out->n = 1;
	out->at[0] = (lq_profile_override){.kind = LQ_KIND_CAPTURE, .use = kind == LQ_AUDIO ? "capture.microphone" : use, .params = out->params[0]};
	if (kind == LQ_AUDIO) {
		lq__choice_param(out, "device", "%s", *s->sound_device ? s->sound_device : "@DEFAULT_MONITOR@");
		return;
	}
	lq__choice_param(out, "display", "%s", display);
	lq__choice_param(out, "window", "%" PRIu64, s->window);
	lq__choice_param(out, "x", "%d", s->x);
	lq__choice_param(out, "y", "%d", s->y);
	lq__choice_param(out, "size", "%ux%u", s->width, s->height);
	lq__choice_param(out, "fps", "%u/1", s->fps ? s->fps : SCREEN_FPS);
	lq__choice_param(out, "cursor", "%s", s->cursor ? "true" : "false");
}

void lq__screen_choice(lq_room *room, const lq__media_track *t, lq__choice_list *out)
{
	pthread_mutex_lock(&room->lock);
	if (t->stream == LQ_STREAM_SUB && room->screen.on) {
		screen_choice(&room->screen, t->kind, out);
	} else if (t->kind == LQ_VIDEO && t->preview) {
		if (!out->n)
			out->at[out->n++] = (lq_profile_override){.kind = LQ_KIND_CAPTURE, .params = out->params[0]};
		lq__choice_param(out, "size", "%dx%d", PREVIEW_WIDTH, PREVIEW_HEIGHT);
	}
	pthread_mutex_unlock(&room->lock);
}

/* ---- the share ---- */

static int set_on(lq_room *room, int on)
{
	pthread_mutex_lock(&room->lock);
	int was = room->screen.on;
	room->screen.on = on;
	pthread_mutex_unlock(&room->lock);
	return was;
}

static void tell(lq_room *room, lq_screen_state state, int code, const char *text)
{
	lq__room_event(room, &(lq_sdk_event){.type = LQ_ON_SCREEN, .stream = LQ_STREAM_SUB, .state = (int)state, .code = code, .text = text});
}

/* Both tracks of the share are given up. */
static void drop(lq_room *room)
{
	room->pubs[LQ_STREAM_SUB][LQ_AUDIO - 1].wanted = room->pubs[LQ_STREAM_SUB][LQ_VIDEO - 1].wanted = 0;
}

void lq__screen_state(lq_room *room, lq_stream stream, lq_track_kind kind, lq_screen_state state, int code, const char *text)
{
	if (stream != LQ_STREAM_SUB || kind != LQ_VIDEO)
		return;
	pthread_mutex_lock(&room->lock);
	int on = room->screen.on;
	pthread_mutex_unlock(&room->lock);
	if (!on || room->pubs[stream][kind - 1].renew)
		return;
	if (state != LQ_SCREEN_STOPPED) {
		tell(room, state, code, text);
		return;
	}
	drop(room);
	set_on(room, 0);
	tell(room, state, code, text); /* from here on another may begin */
	lq__publish_sync(room);
}

void lq__screen_left(lq_room *room)
{
	if (!set_on(room, 0))
		return;
	drop(room);
	tell(room, LQ_SCREEN_STOPPED, 0, "the room was left");
}

static void do_start(lq__api_task *t)
{
	lq__pub *sub = t->room->pubs[LQ_STREAM_SUB];
	sub[LQ_VIDEO - 1].wanted = 1;
	sub[LQ_AUDIO - 1].wanted |= t->on;
	lq__publish_sync(t->room);
}

/* What is just being made is of the old share, also if a new one begins before it is ready. */
static void do_stop(lq__api_task *t)
{
	for (int i = 0; t->room->pub_busy && i < 2; i++)
		t->room->pubs[LQ_STREAM_SUB][i].renew = t->room->pubs[LQ_STREAM_SUB][i].wanted && !t->room->pubs[LQ_STREAM_SUB][i].built;
	drop(t->room);
	lq__publish_sync(t->room);
	tell(t->room, LQ_SCREEN_STOPPED, 0, "");
}

static int take_params(const lq_screen_params *p, lq__screen *out)
{
	if (p->size < sizeof *p || p->window > UINT32_MAX || p->x < 0 || p->y < 0 || p->x > 32767 || p->y > 32767)
		return LQ_EINVAL;
	if (p->width > 16384 || p->height > 16384 || p->fps > 240 || (p->display && strlen(p->display) >= sizeof out->display) ||
	    (p->sound_device && strlen(p->sound_device) >= sizeof out->sound_device))
		return LQ_ERANGE;
	*out = (lq__screen){.on = 1, .sound = p->sound == LQ_ON, .cursor = p->cursor != LQ_OFF, .x = p->x, .y = p->y, .width = p->width, .height = p->height,
	                    .fps = p->fps, .window = p->window};
	snprintf(out->display, sizeof out->display, "%s", p->display ? p->display : "");
	snprintf(out->sound_device, sizeof out->sound_device, "%s", p->sound_device ? p->sound_device : "");
	return 0;
}

int lq_screen_start(lq_room *room, const lq_screen_params *params)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	lq_screen_params defaults = LQ_INIT(lq_screen_params);
	lq__screen screen;
	if (!room)
		return LQ_EINVAL;
	if (lq__is_audience(room))
		return LQ_EPERM;
	int r = take_params(params ? params : &defaults, &screen);
	if (r)
		return r;
	pthread_mutex_lock(&room->lock);
	if (room->screen.on)
		r = LQ_EEXIST;
	else
		room->screen = screen;
	pthread_mutex_unlock(&room->lock);
	if (!r && (r = lq__room_request(room, NULL, LQ_STREAM_SUB, LQ_VIDEO, screen.sound, do_start)))
		set_on(room, 0);
	return r;
}

int lq_screen_stop(lq_room *room)
{
	if (lq__is_dead(room))
		return LQ_ESTATE;
	if (!room)
		return LQ_EINVAL;
	if (!set_on(room, 0))
		return LQ_ESTATE;
	return lq__room_request(room, NULL, LQ_STREAM_SUB, LQ_VIDEO, 0, do_stop);
}
